"""Aligning the deepest ResNets: two that differ in every downsampling block, and one with itself.

The targets are 50 ms for two that differ and 20 ms for a proof.
"""

from __future__ import annotations

import pytest
import torch

import arches
from properties.graph.alignment.align import align, isomorphism
from properties.graph.ir import OpGraph
from properties.graph.rules.canonical import canonicalise
from properties.graph.torch.capture import capture


@pytest.fixture(scope="module")
def graphs() -> tuple[OpGraph, OpGraph]:
    """The paper's ResNet-152 and torchvision's, in normal form."""
    found = []
    for build in (arches.resnet152_v1, arches.resnet152):
        with torch.device("meta"):
            net = build()
        found.append(canonicalise(capture(net, input_shape=(2, 3, 224, 224), mode="eval")).graph)
    return found[0], found[1]


def test_align_two_that_differ(benchmark, graphs):
    """Every operator finds its partner, though three blocks have their stride elsewhere."""
    reference, candidate = graphs
    found = benchmark(align, reference, candidate)

    assert not found.exact
    assert len(reference) == len(found.pairs)


def test_prove_one_the_same(benchmark, graphs):
    """The proof, checked operator by operator and tensor by tensor."""
    reference, _ = graphs
    found = benchmark(isomorphism, reference, reference)

    assert found.exact
    assert all(key == other for key, other in found.tensors.items())
