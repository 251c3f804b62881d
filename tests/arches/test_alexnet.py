"""AlexNet in torchvision's form: the published count, and where it leaves the paper."""

from __future__ import annotations

import torch
from support.subjects import on_meta
from torch import nn

import arches


def test_parameters():
    """torchvision's documentation gives 61,100,840 parameters."""
    assert 61_100_840 == sum(p.numel() for p in on_meta(arches.alexnet).parameters())


def test_widths_are_torchvisions():
    """The convolutions have 64, 192, 384, 256, 256 filters (the paper's footnote: 384 in the fourth)."""
    widths = [layer.out_channels for layer in on_meta(arches.alexnet).features if isinstance(layer, nn.Conv2d)]
    assert [64, 192, 384, 256, 256] == widths


def test_dropout_stands_before_the_linear_layers():
    """Dropout, linear, ReLU, twice, and a linear layer: https://github.com/pytorch/vision/issues/549."""
    expected = ["Dropout", "Linear", "ReLU", "Dropout", "Linear", "ReLU", "Linear"]
    assert expected == [type(layer).__name__ for layer in on_meta(arches.alexnet).classifier]


def test_dropout_rate_is_the_callers():
    """``dropout`` sets both rates."""
    layers = on_meta(arches.alexnet, dropout=0.25).modules()
    assert [0.25, 0.25] == [layer.p for layer in layers if isinstance(layer, nn.Dropout)]


def test_average_pool_is_the_identity_at_224():
    """At 224x224 the adaptive pool finds a 6x6 map and returns it."""
    net = on_meta(arches.alexnet)
    assert (1, 256, 6, 6) == net.features(torch.empty(1, 3, 224, 224, device="meta")).shape
    x = torch.randn(1, 256, 6, 6)
    assert torch.equal(x, net.avgpool(x))
