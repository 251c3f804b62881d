"""Predicting every operator's size, beside a forward pass on the meta device that finds out by running.

The target is a hundredth of the forward pass; ``extra_info`` has both times, in seconds, and their ratio.
"""

from __future__ import annotations

from timeit import repeat

import pytest
import torch
from support.subjects import subject_of

from properties.graph.sizes.plan import compile_sizes


@pytest.mark.benchmark(min_time=0.001)
@pytest.mark.parametrize("name", ["resnet50", "googlenet", "vgg16"])
def test_size_prediction(benchmark, name):
    """One (batch, height, width) costs at most 1/100 of a meta-device forward of the same net."""
    subject = subject_of(name)
    net, plan, image = subject.meta, compile_sizes(subject.graph()), torch.empty(2, 3, 224, 224, device="meta")

    with torch.no_grad():
        net(image)
        forward = min(repeat(lambda: net(image), number=1, repeat=5))
    predicted = min(repeat(lambda: plan(2, 224, 224), number=200, repeat=5)) / 200
    benchmark.extra_info.update(
        operators=len(plan.graph), forward_seconds=forward, prediction_seconds=predicted, ratio=predicted / forward
    )
    shapes = benchmark(plan, 2, 224, 224)

    assert len(shapes) == len(plan.graph)
