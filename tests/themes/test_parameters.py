"""Closed forms of what layers own and cost against torch's layers, and the statistics of fresh weights."""

from __future__ import annotations

import pytest
import torch
import torchinfo
from hypothesis import given
from hypothesis import strategies as st
from support.subjects import subject_of
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from properties.graph.analysis.costs import expected_shapes, macs, op_macs, torchinfo_macs
from properties.graph.rules.canonical import canonicalise
from properties.graph.torch.capture import capture
from properties.measures.distributions import distribution_of, mismatch
from properties.strategies import conv_configs

NORMAL = "normal(0.01)"
SHAPE = (64, 32, 3, 3)


def layer(config):
    """The drawn convolution on the meta device."""
    kind = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}[len(config.size)]
    return kind(
        config.in_channels,
        config.out_channels,
        config.kernel_size,
        stride=config.stride,
        padding=config.padding,
        dilation=config.dilation,
        groups=config.groups,
        bias=config.bias,
        device="meta",
    )


def graph_of(net, *shape):
    """A graph at batch 2, as a subject has it."""
    return canonicalise(capture(net, input_shape=shape)).graph


@given(conv_configs())
def test_a_convolution_owns_and_costs_what_the_closed_form_says(config):
    """For every drawn convolution the tensors' sizes follow, and torch counts two operations per multiply-add."""
    net = layer(config)
    try:
        config.output_shape()
    except ValueError:
        return
    shape = config.input_shape
    graph = graph_of(net, *shape)
    (position,) = [position for position, _ in graph.of_kind("conv")]
    with FlopCounterMode(display=False) as counter:
        net(torch.empty(shape, device="meta"))

    owned = {key: tuple(tensor.shape) for key, tensor in net.named_parameters()}
    assert owned == expected_shapes(graph, position)
    assert counter.get_total_flops() == 2 * op_macs(graph, position)


@given(st.integers(1, 9), st.integers(1, 9), st.booleans(), st.integers(1, 3))
def test_a_linear_layer_owns_and_costs_what_the_closed_form_says(inputs, outputs, bias, batch):
    """The same for linear layers."""
    net = nn.Linear(inputs, outputs, bias=bias, device="meta")
    graph = graph_of(net, batch, inputs)
    (position,) = [position for position, _ in graph.of_kind("linear")]

    assert {key: tuple(tensor.shape) for key, tensor in net.named_parameters()} == expected_shapes(graph, position)
    assert op_macs(graph, position) == batch * inputs * outputs
    assert macs(graph) == inputs * outputs


def test_torchinfos_total_for_googlenet_is_the_published_one():
    """A batch of 20 costs 31.82 G multiply-adds as torchinfo counts them (facts D)."""
    graph = graph_of(subject_of("googlenet").meta, 20, 3, 224, 224)

    assert round(torchinfo_macs(graph) / 1e9, 2) == 31.82


@pytest.mark.parametrize(
    ("published", "name"),
    [(3.858, "resnet50_v1"), (4.089, "resnet50")],
)
def test_the_stride_decides_the_multiply_adds(published, name):
    """The paper's form costs less than torchvision's (facts B)."""
    assert round(macs(subject_of(name).graph()) / 1e9, 3) == published


def test_torchinfo_counts_norms_and_biases_where_torch_does_not():
    """The two counters differ by exactly the norms and the biases of convolutions and linear layers."""
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4 * 6 * 6, 5)).eval()
    graph = graph_of(net, 2, 3, 8, 8)
    counted = torchinfo.summary(net, input_size=(2, 3, 8, 8), verbose=0).total_mult_adds

    assert counted == torchinfo_macs(graph)
    assert counted - 2 * macs(graph) == 2 * (4 * 6 * 6 + (4 + 4) + 5)


@pytest.mark.parametrize(
    ("name", "fill"),
    [
        ("zeros", lambda w: w.zero_()),
        ("ones", lambda w: w.fill_(1)),
        ("default", lambda w: nn.init.kaiming_uniform_(w, a=5**0.5)),
        ("kaiming_normal_fan_out", lambda w: nn.init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu")),
        (NORMAL, lambda w: nn.init.normal_(w, std=0.01)),
        ("truncated_normal(0.01)", lambda w: nn.init.trunc_normal_(w, std=0.01, a=-2, b=2)),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_what_torch_draws_fits(name, fill, seed):
    """torch.nn.init's function of that name is accepted, seed after seed."""
    torch.manual_seed(seed)

    assert mismatch(fill(torch.empty(SHAPE)), distribution_of(name, SHAPE)) is None


@pytest.mark.parametrize(
    ("name", "fill", "complaint"),
    [
        ("zeros", lambda w: nn.init.normal_(w, std=1e-6), "the value"),
        ("ones", lambda w: w.fill_(0.99), "the value 0.99"),
        ("default", lambda w: nn.init.kaiming_uniform_(w, a=1), "the value"),
        ("kaiming_normal_fan_out", lambda w: nn.init.kaiming_normal_(w, mode="fan_in"), "standard deviation"),
        (NORMAL, lambda w: nn.init.normal_(w, std=0.011), "standard deviation"),
        (NORMAL, lambda w: nn.init.normal_(w, mean=0.002, std=0.01), "mean"),
        (NORMAL, lambda w: nn.init.uniform_(w, -(0.0003**0.5), 0.0003**0.5), "share"),
        ("truncated_normal(0.01)", lambda w: nn.init.normal_(w, std=3), "the value"),
    ],
)
def test_what_differs_does_not(name, fill, complaint):
    """Another bound, spread, centre or shape is seen, and said."""
    torch.manual_seed(0)
    found = mismatch(fill(torch.empty(SHAPE)), distribution_of(name, SHAPE))

    assert found is not None
    assert complaint in found[0]


def test_an_unknown_distribution_is_an_error():
    """A misspelt name in a spec is no silent pass."""
    with pytest.raises(ValueError, match="kaiming_normal_fan_uot"):
        distribution_of("kaiming_normal_fan_uot", SHAPE)
