"""Where recorded operators stand, which layers they belong to, and what a recording leaves behind, which is nothing."""

import gc
import weakref

import pytest
import torch
from support.pairs import SHAPE, Net, are_same, conv
from torch import nn
from torch.nn.utils import parametrize

from properties.graph.torch.capture import CaptureError, capture

MODES = pytest.mark.parametrize("mode", ["eval", "train"])


def _kinds(net, mode="train"):
    graph = capture(net, input_shape=SHAPE, mode=mode)
    assert () == graph.notes  # it was recorded
    return [op.kind for op in graph.ops[1:-1]]


class _Symmetric(nn.Module):
    def forward(self, weight):
        return weight.triu() + weight.triu(1).transpose(-1, -2)


def test_parametrisations_are_computed_from_what_is_stored():
    """A weight that is made of another one is data; the stored one is the parameter."""
    net = nn.Sequential(conv())
    parametrize.register_parametrization(net[0], "weight", _Symmetric())
    graph = capture(net, input_shape=SHAPE, mode="train")

    assert ["parameter", "triu", "triu", "permute", "add", "conv"] == [op.kind for op in graph.ops[1:-1]]
    assert "0.parametrizations.weight.original" in graph.used_params
    assert "0.parametrizations.weight.0" == graph.ops[2].where


@pytest.mark.filterwarnings("ignore:.torch.nn.utils.weight_norm. is deprecated")
def test_weight_norm_by_hook_and_by_parametrisation_are_the_same():
    """The old form computes the weight in a hook before the layer runs, and there it stands."""
    old, new = nn.utils.weight_norm(conv()), nn.utils.parametrizations.weight_norm(conv())
    graph = capture(nn.Sequential(old), input_shape=SHAPE)

    assert are_same(nn.Sequential(old), nn.Sequential(new))
    assert {"0"} == {op.where for op in graph.ops[1:-1]}


def test_hooks_belong_to_their_module():
    """What a hook makes of a module's input or output is part of what that module does."""
    net = nn.Sequential(conv(), conv())
    net[0].register_forward_hook(lambda module, given, output: output.relu())
    net[1].register_forward_pre_hook(lambda module, given: (given[0] * 2,))
    graph = capture(net, input_shape=SHAPE)

    assert [("conv", "0"), ("relu", "0"), ("mul", "1"), ("conv", "1")] == [
        (op.kind, op.where) for op in graph.ops[1:-1]
    ]


def test_hooks_on_tensors_stay_silent():
    """They wait for a gradient, and none comes."""

    def run(n, x):
        y = n.a(x)
        if y.requires_grad:
            y.register_hook(lambda gradient: gradient * 2)
        return y

    assert ["conv"] == _kinds(Net(run, a=conv()))


def test_a_module_of_two_names_goes_by_the_one_that_is_called():
    """A layer that two blocks share stands in the block that runs it."""

    class Block(nn.Module):
        def __init__(self, shared):
            super().__init__()
            self.shared = shared

        def forward(self, x):
            return self.shared(x)

    shared = conv()
    net = nn.Sequential(Block(shared), Block(shared))

    assert ["0.shared", "1.shared"] == [op.where for _, op in capture(net, input_shape=SHAPE).of_kind("conv")]


def test_a_module_that_raises_and_is_caught_leaves_its_place():
    """What runs after it stands where it stands."""

    class Raises(nn.Module):
        def forward(self, x):
            raise ValueError("not today")

    def run(n, x):
        try:
            return n.b(x)
        except ValueError:
            return x.relu()

    (op,) = capture(nn.Sequential(Net(run, b=Raises())), input_shape=SHAPE).ops[1:-1]

    assert ("relu", "0") == (op.kind, op.where)


def test_flat_weights_of_a_recurrent_layer_are_its_parameters():
    """It keeps a list of them beside their names."""
    net = Net(lambda n, x: n.l(x.flatten(2))[0], l=nn.LSTM(144, 5))

    assert {"l.weight_ih_l0", "l.weight_hh_l0", "l.bias_ih_l0", "l.bias_hh_l0"} == capture(
        net, input_shape=SHAPE
    ).used_params


@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated")
def test_compiled_parts_run_as_they_are_written():
    """Nothing is compiled, and what is compiled already is not asked."""
    compiled = torch.compile(lambda y: y.relu() * 2)

    assert ["conv", "relu", "mul"] == _kinds(Net(lambda n, x: compiled(n.a(x)), a=conv()))


def test_functions_that_transform_functions_are_left_to_others():
    """Within vmap a tensor has another size than it says."""
    net = Net(lambda n, x: torch.func.vmap(lambda image: image * 2)(n.a(x)), a=conv())

    with pytest.raises(CaptureError, match="not an operator"):  # nor does any other way go through
        capture(net, input_shape=SHAPE)


@MODES
def test_nothing_is_kept(mode):
    """What forward left in attributes and lists is gone, new and old, and no tensor of the net's lives on."""

    def run(n, x):
        n.seen.append(x)
        n.last = n.a(x)
        n.calls += 1
        return n.last

    net = Net(run, a=conv())
    net.seen, net.calls = [], 0
    graph = capture(net, input_shape=SHAPE, mode=mode)
    weight = weakref.ref(net.a.weight)

    assert ([], 0, False) == (net.seen, net.calls, hasattr(net, "last"))
    assert all(parameter.device.type == "cpu" for parameter in net.parameters())
    del net
    gc.collect()
    assert weight() is None
    assert graph.ops


def test_the_net_stands_as_it_did_after_an_error():
    """Hooks, tensors and modes are put back whatever is raised; the next net is recorded as if nothing had been."""

    def run(n, x):
        n.a(x)
        raise KeyError("gone")

    net = nn.Sequential(Net(run, a=conv()))
    weight = net[0].a.weight
    with pytest.raises(CaptureError, match="net raises"):
        capture(net, input_shape=SHAPE)

    assert weight is net[0].a.weight
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in net.modules())
    assert torch.ones(1).device.type == "cpu"
    assert ["conv"] == _kinds(nn.Sequential(conv()))


def test_recording_twice_gives_the_same():
    """Nothing about a graph is left to chance or to what was recorded before."""
    net = nn.Sequential(conv(), nn.BatchNorm2d(8), nn.Dropout(0.1), conv())

    assert capture(net, input_shape=SHAPE, mode="train") == capture(net, input_shape=SHAPE, mode="train")
