"""From a net to a graph: what is kept, where it stands, what is left untouched, and what is said when it fails."""

import random
import warnings
from dataclasses import dataclass
from typing import NamedTuple

import pytest
import torch
from support.pairs import SHAPE, Net, conv, normal_form
from torch import Tensor, nn
from torch.nn import functional as F

from properties.graph.alignment.align import isomorphism
from properties.graph.question import Under
from properties.graph.rules.canonical import canonicalise
from properties.graph.torch import ways as ways_module
from properties.graph.torch.autograd import Witness
from properties.graph.torch.capture import CaptureError, capture
from properties.graph.torch.leaves import Leaves
from properties.graph.torch.lower import lower
from properties.graph.torch.make_fx import trace_by_make_fx


def _block() -> nn.Module:
    return nn.Sequential(conv(bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.Dropout(0.1))


def _kinds(net: nn.Module, mode: str = "eval") -> list[str]:
    return [op.kind for op in normal_form(net, mode).graph.ops]


def test_operators_come_with_roles_settings_and_places():
    """A layer has its tensors by role, its defaults filled in and its module's path."""
    _, op, *_ = capture(nn.Sequential(conv(stride=2)), input_shape=SHAPE).ops

    assert ("conv", "0", (2, 8, 6, 6)) == (op.kind, op.where, op.shape)
    assert {"weight": "0.weight", "bias": "0.bias"} == {role: param.key for role, param in op.params.items()}
    assert ((3, 3), (2, 2), (1, 1), (1, 1), 1) == tuple(
        op.attributes[name] for name in ("kernel_size", "stride", "padding", "dilation", "groups")
    )


def test_the_mode_decides_about_dropout_and_statistics():
    """Dropout stands in train mode only, and the norm knows the mode."""
    assert ["input", "conv", "batch_norm", "relu", "output"] == _kinds(_block())
    assert ["input", "conv", "batch_norm", "relu", "dropout", "output"] == _kinds(_block(), "train")


def test_a_layer_called_twice_has_one_place():
    """Repeated calls go by the same path, without a counter."""
    net = Net(lambda n, x: n.a(n.b(n.a(x))), a=conv(), b=conv())

    assert ["a", "b", "a"] == [op.where for _, op in capture(net, input_shape=SHAPE).of_kind("conv")]


def test_a_functional_operator_stands_in_the_module_that_runs_it():
    """A ReLU without a module of its own goes by the surrounding one."""
    net = nn.Sequential(Net(lambda n, x: F.relu(n.a(x)) + x, a=conv()))

    assert {"relu": "0", "add": "0"} == {
        op.kind: op.where for op in capture(net, input_shape=SHAPE).ops if op.where == "0"
    }


@dataclass
class _Record:
    logits: Tensor
    aux: Tensor | None


class _Pair(NamedTuple):
    first: Tensor
    second: Tensor


@pytest.mark.parametrize(
    ("wrap", "paths"),
    [
        (lambda y, z: y, ("",)),
        (lambda y, z: (y, None, [z]), ("[0]", "[2][0]")),
        (lambda y, z: {"out": y, "aux": z}, ("['out']", "['aux']")),
        (lambda y, z: _Record(y, None), (".logits",)),
        (lambda y, z: _Pair(y, z), (".first", ".second")),
    ],
)
def test_outputs_are_found_in_any_container(wrap, paths):
    """Tuples, dicts, dataclasses, named tuples and heads that are None give their tensors with their places."""
    net = Net(lambda n, x: wrap(n.a(x), x.relu()), a=conv())

    assert paths == capture(net, input_shape=SHAPE).output.attributes["paths"]


def test_an_unknown_container_is_refused():
    """What holds no tensors that anyone can find is an error with the type's name."""
    with pytest.raises(CaptureError, match="net raises") as raised:
        capture(Net(lambda n, x: {n.a(x)}, a=conv()), input_shape=SHAPE)

    assert "set" in str(raised.value.cause)


def test_tied_tensors_go_by_their_first_name():
    """A second name of a tensor is no second tensor."""
    net = Net(lambda n, x: n.a(x) + n.b(x), a=conv(bias=False), b=conv(bias=False))
    net.b.weight = net.a.weight
    graph = capture(net, input_shape=SHAPE)

    assert ({"b.weight": "a.weight"}, {"a.weight"}, 576) == (dict(graph.tied), set(graph.used_params), graph.num_params)


def test_a_net_without_memory_can_be_captured():
    """On the meta device the graph is the same, but contents are unknown."""
    with torch.device("meta"):
        bare = Net(lambda n, x: n.a(x) * n.t, a=conv(), t=nn.Buffer(torch.ones(8, 1, 1)))
    real = Net(lambda n, x: n.a(x) * n.t, a=conv(), t=nn.Buffer(torch.ones(8, 1, 1)))

    digests = [
        next(capture(net, input_shape=SHAPE).of_kind("parameter"))[1].params["value"].digest for net in (bare, real)
    ]

    assert digests[0] is None
    assert isinstance(digests[1], str)


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_nothing_else_changes(mode):
    """Modes, tensors, hooks, random states, gradient mode, default type and warning filters stay as they were."""
    net = _block().train()
    net[1].eval()
    net(torch.randn(SHAPE))

    def state():
        hooks = [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in net.modules()]
        globals_ = torch.get_rng_state().tolist(), random.getstate(), torch.is_grad_enabled(), torch.get_default_dtype()
        tensors = {key: value.tolist() for key, value in net.state_dict().items()}
        return [m.training for m in net.modules()], hooks, globals_, tensors, list(warnings.filters)

    before = state()
    capture(net, input_shape=SHAPE, mode=mode)

    assert before == state()


def test_a_net_that_raises_leaves_nothing_behind_either():
    """Statistics that moved before the net raised are put back."""

    def run(n, x):
        y = n.b(x)
        raise ValueError(f"no rows in {tuple(y.shape)}")

    net = Net(run, b=nn.BatchNorm2d(8)).eval()
    with pytest.raises(CaptureError, match=r"raises at \(2, 8, 12, 12\)") as raised:
        capture(net, input_shape=SHAPE, mode="train")

    assert "no rows in (2, 8, 12, 12)" == str(raised.value.cause)
    assert (0, [False, False]) == (int(net.b.num_batches_tracked), [m.training for m in net.modules()])


def test_a_course_that_depends_on_numbers_is_that_of_an_ordinary_image():
    """The question is kept with its answer, and the other course is captured where that is asked for."""
    net = Net(lambda n, x: n.a(x) if (x > 0).any() else x, a=conv())
    graph = capture(net, input_shape=SHAPE)
    (asked,) = graph.asked.questions
    other = capture(net, input_shape=SHAPE, under=Under(holding=("another",)))

    assert ("content", 1) == (asked.operator, asked.answer)
    assert (["conv"], []) == tuple([op.kind for op in each.ops[1:-1]] for each in (graph, other))


def test_a_number_that_a_course_goes_on_with_is_refused():
    """Such a net has no one graph; the error says so, and torch's logs stay silent."""
    net = Net(lambda n, x: n.a(x) if x.sum().item() > 0 else x, a=conv())

    with pytest.raises(CaptureError, match="depends on the numbers"):
        capture(net, input_shape=SHAPE)


def test_a_net_without_memory_has_no_content_to_ask_for():
    """It must be built with some first."""
    net = Net(lambda n, x: n.a(x) if (x > 0).any() else x, a=conv()).to("meta")

    with pytest.raises(CaptureError, match="depends on the numbers"):
        capture(net, input_shape=SHAPE)


def test_a_conditional_operator_is_refused():
    """Neither is torch.cond walked as if it had one branch."""
    net = Net(lambda n, x: torch.cond(x.sum() > 0, lambda y: y.relu(), lambda y: y.sigmoid(), (x,)), a=conv())

    with pytest.raises(CaptureError, match="traced"):
        capture(net, input_shape=SHAPE)


def test_an_unknown_mode_is_refused():
    """There are two modes."""
    with pytest.raises(ValueError, match="'eval' or 'train', got 'test'"):
        capture(_block(), input_shape=SHAPE, mode="test")


def _refuse(word):
    def refuse(*_, **__):
        raise RuntimeError(word)

    return refuse


@pytest.fixture
def unrecorded(monkeypatch):
    """A torch that lacks the names that recording leans on."""
    monkeypatch.setattr(ways_module, "obstacle", lambda: "torch 3.0 is new")


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_other_ways_give_the_same_graph_with_the_same_places(mode, unrecorded, monkeypatch):
    """A net that cannot be recorded is exported, then traced by make_fx; a note says which, and why."""
    net = nn.Sequential(_block(), Net(lambda n, x: n.a(x).relu_() + x, a=conv()))
    exported = capture(net, input_shape=SHAPE, mode=mode)
    monkeypatch.setattr(torch.export, "export", _refuse("not today"))
    traced = capture(net, input_shape=SHAPE, mode=mode)
    monkeypatch.undo()
    recorded = capture(net, input_shape=SHAPE, mode=mode)

    assert recorded.ops == exported.ops
    assert isomorphism(canonicalise(recorded).graph, canonicalise(traced).graph)
    assert [op.where for op in recorded.ops] == [op.where for op in traced.ops]
    assert [
        (),
        ("captured by torch.export, because it cannot be recorded: torch 3.0 is new",),
        ("captured by make_fx, because it cannot be recorded and torch.export refuses it: torch 3.0 is new",),
    ] == [graph.notes for graph in (recorded, exported, traced)]


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")
def test_a_scripted_layer_goes_by_make_fx():
    """A ScriptModule takes no hooks and torch.export cannot call it; the last way can."""
    graph = capture(nn.Sequential(conv(), torch.jit.script(nn.ReLU())), input_shape=SHAPE)

    assert ["input", "conv", "relu", "output"] == [op.kind for op in graph.ops]
    assert "make_fx" in graph.notes[0]
    assert "1 is a ScriptModule" in graph.notes[0]


def test_make_fx_sees_gradients_switched_off():
    """Operators under no_grad are detached on that way too."""
    net = Net(_copies_without_gradient, a=conv()).train()
    trace = trace_by_make_fx(net, torch.empty(SHAPE), Witness(Under()))
    graph = lower(trace, Leaves.of(net), ("",), "train")

    assert 1 == len(list(graph.of_kind("detach")))


def _copies_without_gradient(n, x):
    y = n.a(x)
    with torch.no_grad():
        z = y.relu()
    return y + z


def test_autograd_is_heard_about_outputs():
    """An output that autograd cut off is detached in the train graph although no operator says so."""

    def run(n, x):
        with torch.inference_mode():
            return n.a(x)

    assert "detach" in _kinds(Net(run, a=conv()), "train")
    assert "detach" not in _kinds(Net(lambda n, x: n.a(x), a=conv()), "train")


class _Doubles(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return 2 * gradient


def test_the_place_of_a_backward_of_its_own_counts():
    """The same custom backward further down is another net."""
    early = Net(lambda n, x: n.b(_Doubles.apply(n.a(x))), a=conv(), b=conv())
    late = Net(lambda n, x: _Doubles.apply(n.b(n.a(x))), a=conv(), b=conv())

    assert isomorphism(normal_form(early, "train").graph, normal_form(early, "train").graph)
    assert not isomorphism(normal_form(early, "train").graph, normal_form(late, "train").graph)


def test_the_refusal_of_torch_export_is_the_one_reported(unrecorded, monkeypatch):
    """If all ways fail, the error is torch.export's, which is the more telling one."""
    monkeypatch.setattr(torch.export, "export", _refuse("first"))
    monkeypatch.setattr(ways_module, "trace_by_make_fx", _refuse("second"))

    with pytest.raises(CaptureError, match="first"):
        capture(_block(), input_shape=SHAPE)


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_a_plain_average_over_all_batches_is_a_momentum_of_none(mode):
    """The factor of a cumulative average depends on a counter; the graph says None, and the layer keeps its None."""
    net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4, momentum=None))

    (_, norm), *_ = capture(net, input_shape=(2, 3, 5, 5), mode=mode).of_kind("batch_norm")

    assert norm.attributes["momentum"] is None
    assert net[1].momentum is None
