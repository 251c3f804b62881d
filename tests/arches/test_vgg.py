"""VGG-11/13/16/19 with and without batch norm: published counts, Table 1's columns, and the layers' order."""

from __future__ import annotations

import pytest
import torch
from support.subjects import on_meta
from torch import nn

import arches


@pytest.mark.parametrize(
    ("expected", "build"),
    [
        (132_863_336, arches.vgg11),
        (133_047_848, arches.vgg13),
        (138_357_544, arches.vgg16),
        (143_667_240, arches.vgg19),
    ],
)
def test_parameters(expected, build):
    """torchvision's documentation gives these counts; the paper's Table 2 prints 133, 133, 138, 144 million."""
    assert expected == sum(p.numel() for p in on_meta(build).parameters())


@pytest.mark.parametrize(
    ("millions", "build"), [(133, arches.vgg11), (133, arches.vgg13), (138, arches.vgg16), (144, arches.vgg19)]
)
def test_parameters_of_the_paper(millions, build):
    """Simonyan & Zisserman 2014, Table 2, prints the counts in whole millions."""
    assert millions == round(sum(p.numel() for p in on_meta(build).parameters()) / 1e6)


@pytest.mark.parametrize(
    ("layers", "plain", "with_norm"),
    [
        (11, arches.vgg11, arches.vgg11_bn),
        (13, arches.vgg13, arches.vgg13_bn),
        (16, arches.vgg16, arches.vgg16_bn),
        (19, arches.vgg19, arches.vgg19_bn),
    ],
)
def test_a_net_is_named_after_its_weight_layers(layers, plain, with_norm):
    """Table 1 counts convolutions and linear layers; batch norm adds none."""
    for build in (plain, with_norm):
        assert layers == sum(isinstance(layer, nn.Conv2d | nn.Linear) for layer in on_meta(build).modules())


@pytest.mark.parametrize("build", [arches.vgg11_bn, arches.vgg13_bn, arches.vgg16_bn, arches.vgg19_bn])
def test_batch_norm_stands_between_convolution_and_relu(build):
    """In the ``_bn`` nets a batch norm of as many channels follows each convolution, and a ReLU follows it."""
    layers = list(on_meta(build).features)
    after = [layers[i + 1 : i + 3] for i, layer in enumerate(layers) if isinstance(layer, nn.Conv2d)]
    widths = [layer.out_channels for layer in layers if isinstance(layer, nn.Conv2d)]
    assert widths == [norm.num_features for norm, _ in after]
    assert all(isinstance(relu, nn.ReLU) for _, relu in after)


@pytest.mark.parametrize("build", [arches.vgg11, arches.vgg13, arches.vgg16, arches.vgg19])
def test_plain_nets_have_no_norm(build):
    """The paper's nets have no normalisation."""
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in on_meta(build).modules())


def test_dropout_rate_is_the_callers():
    """``dropout`` sets both rates."""
    layers = on_meta(arches.vgg11, dropout=0.25).modules()
    assert [0.25, 0.25] == [layer.p for layer in layers if isinstance(layer, nn.Dropout)]


@pytest.mark.parametrize("build", [arches.vgg11, arches.vgg19_bn])
def test_average_pool_is_the_identity_at_224(build):
    """At 224x224 the adaptive pool finds a 7x7 map and returns it."""
    net = on_meta(build)
    assert (1, 512, 7, 7) == net.features(torch.empty(1, 3, 224, 224, device="meta")).shape
    x = torch.randn(1, 512, 7, 7)
    assert torch.equal(x, net.avgpool(x))
