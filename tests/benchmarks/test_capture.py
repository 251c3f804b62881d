"""A capture beside a forward pass on the meta device, and beside torch.export, in one run.

The target is 3 times the forward pass; ``extra_info`` has the medians of all three and their ratios, in the processor's
time, because nothing is computed and nothing waits.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec

import pytest
import torch

from properties.graph.torch.capture import capture
from properties.targets.libraries import import_torchvision

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("torchvision") is None, reason="torchvision is not installed"),
    pytest.mark.filterwarnings("ignore:The default weight initialization"),
]

NETS = ("resnet50", "googlenet", "vit_b_16", "densenet121", "swin_t", "maxvit_t")


@pytest.fixture
def one_thread():
    """What the meta device does keeps one thread busy; more would only disturb."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _seconds(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


@pytest.mark.parametrize("name", NETS)
def test_a_capture_takes_a_few_forward_passes(benchmark, one_thread, name):
    """Captures and forward passes in turns, so that both meet the same machine; torch.export once."""
    with torch.device("meta"):
        net = import_torchvision().models.get_model(name, weights=None).eval()
        image = torch.empty(2, 3, 224, 224)
    rounds = 5 if benchmark.enabled else 1
    forward: list[float] = []
    captured: list[float] = []
    net(image)
    benchmark.pedantic(
        lambda: captured.append(_seconds(lambda: capture(net, input_shape=(2, 3, 224, 224)))),
        setup=lambda: forward.append(_seconds(lambda: net(image))),
        rounds=rounds,
        warmup_rounds=1 if benchmark.enabled else 0,
    )
    exported = _seconds(lambda: torch.export.export(net, (image,), strict=False)) if benchmark.enabled else 0.0
    one, other = statistics.median(forward), statistics.median(captured)
    benchmark.extra_info.update(
        forward_seconds=one,
        capture_seconds=other,
        export_seconds=exported,
        ratio=other / one,
        export_ratio=exported / one,
    )

    assert rounds <= len(captured)
