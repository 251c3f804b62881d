"""What a recording shows: gradients, memory, places, constants, hooks; and what it leaves behind, which is nothing."""

import gc
import weakref

import numpy as np
import pytest
import torch
from support.pairs import SHAPE, Net, are_same, conv, normal_form
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrize
from torch.utils.checkpoint import checkpoint

from properties.graph.torch.capture import CaptureError, capture

MODES = pytest.mark.parametrize("mode", ["eval", "train"])


def _kinds(net, mode="train"):
    graph = capture(net, input_shape=SHAPE, mode=mode)
    assert () == graph.notes  # it was recorded
    return [op.kind for op in graph.ops[1:-1]]


def _roles(net):
    found = capture(net, input_shape=SHAPE, mode="train")
    return [(op.kind, {role: param.key for role, param in op.params.items()}) for op in found.ops[1:-1]]


def test_data_is_a_detach():
    """What ``.data`` gives has the numbers and no gradient, as ``detach`` says it."""
    old = Net(lambda n, x: torch.cat([n.a(x).data, x.new_zeros(2, 1, 12, 12)], 1), a=conv())
    new = Net(lambda n, x: torch.cat([n.a(x).detach(), x.new_zeros(2, 1, 12, 12)], 1), a=conv())
    plain = Net(lambda n, x: torch.cat([n.a(x), x.new_zeros(2, 1, 12, 12)], 1), a=conv())

    assert are_same(old, new, "train")
    assert not are_same(old, plain, "train")


def test_data_of_a_weight_is_no_weight_of_the_layer():
    """A layer on ``weight.data`` does not train it; one on a frozen weight's keeps its role."""
    net = Net(lambda n, x: F.conv2d(x, n.a.weight.data), a=conv(bias=False))
    assert [("parameter", {"value": "a.weight"}), ("detach", {}), ("conv", {})] == _roles(net)

    net.requires_grad_(False)
    assert [("conv", {"weight": "a.weight"})] == _roles(net)


def test_a_write_through_data_is_hidden_from_autograd():
    """The new value has the old gradient."""

    def run(n, x):
        y = n.a(x)
        y.data.mul_(2)
        return y

    assert ["conv", "detach", "mul", "put"] == _kinds(Net(run, a=conv()))


def test_a_parameter_made_of_a_result_is_cut_off():
    """``nn.Parameter`` of a computed tensor is a new leaf."""
    assert ["conv", "detach", "conv"] == _kinds(Net(lambda n, x: n.b(nn.Parameter(n.a(x))), a=conv(), b=conv()))


def test_a_tensor_that_gets_other_memory_is_refused():
    """Exchanging a tensor's memory writes to it without an operator."""
    net = Net(lambda n, x: (setattr(n.a.weight, "data", n.a.weight.data.clamp(-1, 1)), n.a(x))[1], a=conv())

    with pytest.raises(CaptureError, match="given other memory"):
        capture(net, input_shape=SHAPE)


def _in_place(n, x):
    y = n.a(x)
    y.unsqueeze_(1).squeeze_(1)
    y.transpose_(2, 3)
    return y


def test_changes_of_size_in_place_are_views():
    """``unsqueeze_`` and its kin give the object another size; its memory and the other views of it stay."""
    assert are_same(Net(_in_place, a=conv()), Net(lambda n, x: n.a(x).transpose(2, 3), a=conv()))

    def run(n, x):
        y = n.a(x)
        view = y[:, 0]
        view.unsqueeze_(1)
        view.mul_(2)
        return y

    assert are_same(Net(run, a=conv()), Net(lambda n, x: (lambda y: (y[:, 0].mul_(2), y)[1])(n.a(x)), a=conv()))


def test_out_is_where_and_not_what():
    """A result that goes to a tensor made for it is that result."""

    def run(n, x):
        y = n.a(x)
        with torch.no_grad():
            return torch.add(y, 1, out=torch.empty_like(y))

    def plain(n, x):
        with torch.no_grad():
            return n.a(x) + 1

    assert are_same(Net(run, a=conv()), Net(plain, a=conv()))


def test_aliases_are_written_through():
    """What ``contiguous`` and ``to`` give is the tensor itself where nothing has to change."""

    def run(n, x):
        y = n.a(x)
        y.contiguous().add_(1)
        y.to(torch.float32).mul_(3)
        return y

    assert are_same(Net(run, a=conv()), Net(lambda n, x: (n.a(x) + 1) * 3, a=conv()))


def test_tensors_made_in_forward_can_be_written_to():
    """A tensor of zeros that gets results in parts is theirs, gradients included."""

    def run(n, x):
        whole = torch.zeros(2, 16, 12, 12)
        whole[:, :8] = n.a(x)
        whole[:, 8:] = n.b(x)
        return whole

    graph = normal_form(Net(run, a=conv(), b=conv()), "train").graph

    assert ["conv", "pad", "conv", "slice", "cat"] == [op.kind for op in graph.ops[1:-1]]


def test_gradients_that_are_off_for_a_part():
    """Under no_grad and in inference mode alike, what is made there is detached; the rest is not."""

    def run(guard):
        def forward(n, x):
            y = n.a(x)
            with guard():
                z = n.b(y.detach())
            return y + z.clone()

        return Net(forward, a=conv(), b=conv())

    assert ["conv", "detach", "conv", "detach", "add"] == _kinds(run(torch.no_grad))
    assert ["conv", "detach", "conv", "detach", "add"] == _kinds(run(torch.inference_mode))


class _Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return (x * 2).clamp(0, 1)

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 2


def test_a_backward_of_its_own_is_opened_and_named():
    """The operators of its forward stand in the graph, and that another backward belongs to them."""
    net = Net(lambda n, x: n.b(_Scaled.apply(n.a(x))), a=conv(), b=conv())

    assert ["conv", "mul", "clamp", "conv", "backward"] == _kinds(net)


def test_checkpointing_without_reentry_is_nothing():
    """A part that is computed again in backward is the same part, its dropout included."""

    def run(part):
        return Net(lambda n, x: n.b(part(n, n.c(x))), a=conv(), b=conv(), c=conv())

    again = run(lambda n, y: checkpoint(lambda z: F.dropout(n.a(z), 0.3, n.training), y, use_reentrant=False))
    once = run(lambda n, y: F.dropout(n.a(y), 0.3, n.training))

    assert capture(once, input_shape=SHAPE, mode="train").ops == capture(again, input_shape=SHAPE, mode="train").ops


def test_checkpointing_with_reentry_is_a_backward_of_its_own():
    """Its part runs without gradients; what follows does not."""
    net = Net(lambda n, x: n.b(checkpoint(n.a, n.c(x), use_reentrant=True)), a=conv(), b=conv(), c=conv())

    assert ["conv", "conv", "detach", "conv", "backward"] == _kinds(net)


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


@MODES
def test_random_operators_are_operators(mode):
    """Draws are recorded and not drawn, whatever draws them."""
    net = Net(lambda n, x: n.a(x) + torch.rand(12) + torch.randn_like(x) + torch.bernoulli(x.sigmoid()), a=conv())
    before = torch.get_rng_state()

    assert ["conv", "rand", "add", "randn_like", "add", "sigmoid", "bernoulli", "add"] == _kinds(net, mode)
    assert torch.equal(before, torch.get_rng_state())


def test_a_course_that_chance_decides_is_refused():
    """A number that was drawn is not known."""
    with pytest.raises(CaptureError, match="depends on the numbers"):
        capture(Net(lambda n, x: n.a(x) if torch.rand(1) < 0.5 else x, a=conv()), input_shape=SHAPE)


def test_constants_made_in_forward_are_operators():
    """They fold as they do where a net makes them in its constructor."""
    net = Net(lambda n, x: n.a(x) * torch.arange(12) + torch.full((1,), 2.0), a=conv())

    assert ["conv", "arange", "mul", "full", "add"] == _kinds(net)


@pytest.mark.parametrize("make", [
    lambda x: x[:, [2, 1, 0]],
    lambda x: x[:, np.array([2, 1, 0])],
    lambda x: x[:, torch.tensor([2, 1, 0])],
    lambda x: x[:, torch.tensor([2, 1, 0], device=x.device)],
    lambda x: x[:, x.new_tensor([2, 1, 0], dtype=torch.int64)],
    lambda x: x[:, torch.as_tensor([2, 1, 0], device=x.device)],
], ids=["list", "array", "tensor", "on the device", "new_tensor", "as_tensor"])  # fmt: skip
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_data_that_becomes_a_tensor_keeps_its_content(make, device):
    """A table in forward counts by its content, also where the net has no memory."""
    digests = [
        [op.attributes["digest"] for _, op in capture(net.to(device), input_shape=SHAPE).of_kind("constant")]
        for net in (
            Net(lambda n, x: n.a(make(x)), a=conv(3)),
            Net(lambda n, x: n.a(x[:, [2, 1, 0]]), a=conv(3)),
            Net(lambda n, x: n.a(x[:, [0, 1, 2]]), a=conv(3)),
        )
    ]

    assert digests[0] == digests[1] != digests[2]
    assert None not in digests[0]


def test_a_tensor_that_is_registered_nowhere_is_a_constant():
    """It has its content and the name that the net has for it; its own values stay, even if forward writes to it."""
    net = Net(lambda n, x: n.a(x) * n.plain.mul_(2), a=conv())
    net.plain = torch.arange(12.0)
    graph = capture(net, input_shape=SHAPE)

    assert ["conv", "constant", "mul", "mul"] == [op.kind for op in graph.ops[1:-1]]
    assert torch.equal(torch.arange(12.0), net.plain)


def test_values_of_constants_may_be_asked_for():
    """What is made of nothing but constants is known, also where it says that it is on the net's device."""
    net = Net(
        lambda n, x: n.a(x) * float(torch.arange(4, device=x.device).float().mean()) if torch.tensor(1) > 0 else x,
        a=conv(),
    )

    assert ["conv", "mul"] == _kinds(net)


def test_values_that_were_written_in_place_are_not_known():
    """Nor are those of a constant that something was written to."""

    def run(n, x):
        table = torch.zeros(2)
        table[0] = 1
        return n.a(x) if table.sum() > 0 else x

    with pytest.raises(CaptureError, match="depends on the numbers"):
        capture(Net(run, a=conv()), input_shape=SHAPE)


def test_a_refusal_that_the_net_swallows_is_heard():
    """A net that asks for a value and goes on without it would do something else on real tensors."""

    def run(n, x):
        try:
            return n.a(x) if x.sum() > 0 else x
        except RuntimeError:
            return x

    with pytest.raises(CaptureError, match="goes on without it"):
        capture(Net(run, a=conv()), input_shape=SHAPE)


def test_a_net_believes_to_be_where_it_is():
    """Its tensors say that they are on its own device, and moving them there is nothing."""

    def run(n, x):
        assert (True, False, False) == (x.is_cpu, x.is_meta, x.is_cuda)
        assert torch.device("cpu") == x.device == n.a.weight.device
        return n.a(x.to("cpu")).to(n.a.weight.device) + torch.zeros(1, device=x.device)

    assert ["conv", "full", "add"] == _kinds(Net(run, a=conv()))


def test_flat_weights_of_a_recurrent_layer_are_its_parameters():
    """It keeps a list of them beside their names."""
    net = Net(lambda n, x: n.l(x.flatten(2))[0], l=nn.LSTM(144, 5))

    assert {"l.weight_ih_l0", "l.weight_hh_l0", "l.bias_ih_l0", "l.bias_hh_l0"} == capture(
        net, input_shape=SHAPE
    ).used_params


def test_a_buffer_that_is_replaced_is_written_to():
    """An attribute that holds another tensor afterwards has changed, as if it had been copied over."""
    net = Net(lambda n, x: (setattr(n, "t", n.t * 0.9), n.a(x))[1], a=conv(), t=nn.Buffer(torch.ones(1)))
    before = net.t

    assert ("", "changes a buffer") == capture(net, input_shape=SHAPE).output.attributes["paths"]
    assert net.t is before


def _observes(write):
    def run(n, x):
        low = x.amin((0, 2, 3))
        if n.low.numel() == 0:
            write(n, low)
        return n.a(x)

    return Net(run, a=conv(), low=nn.Buffer(torch.zeros(0)))


@pytest.mark.parametrize("write", [lambda n, low: n.low.resize_(8).copy_(low), lambda n, low: setattr(n, "low", low)],
                         ids=["resized", "replaced"])  # fmt: skip
def test_a_buffer_that_changes_its_size_is_left_to_others(write):
    """An observer sizes its buffers in its first forward pass; torch.export is asked, and the buffer stays."""
    net = _observes(write)
    graph = capture(net, input_shape=SHAPE)

    assert "size" in graph.notes[0]
    assert (0,) == net.low.shape


def test_fake_quantisation_is_refused_in_words():
    """Its operator writes to several tensors, and to buffers that have no size yet; afterwards they have none."""
    quantised = torch.ao.quantization.default_fused_per_channel_wt_fake_quant()

    with pytest.raises(CaptureError, match="writes to several tensors"):
        capture(nn.Sequential(quantised), input_shape=SHAPE, mode="train")

    assert (0,) == quantised.activation_post_process.min_val.shape


def test_autocast_is_noted():
    """The type that a part computes in is in the graph, whatever the way."""

    def run(n, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = n.a(x)
        with torch.autocast("cpu", enabled=False):
            return n.b(y.float())

    for device in ("meta", "cpu"):
        graph = capture(Net(run, a=conv(), b=conv()).to(device), input_shape=SHAPE)
        assert ["bfloat16", None] == [op.attributes.get("autocast") for _, op in graph.of_kind("conv")]


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


def test_repeatable_algorithms_change_no_graph():
    """torch takes some layers apart on other devices than the CPU so that they repeat; the graph shows the layer."""
    net = Net(lambda n, x: F.interpolate(n.a(x), scale_factor=2, mode="bilinear"), a=conv())
    before = torch.are_deterministic_algorithms_enabled()
    found = []
    try:
        for repeatable in (True, False):
            torch.use_deterministic_algorithms(repeatable)
            found.append(capture(net, input_shape=SHAPE))
            assert repeatable == torch.are_deterministic_algorithms_enabled()
    finally:
        torch.use_deterministic_algorithms(before)

    assert found[0].ops == found[1].ops
    assert ["conv", "upsample_bilinear2d"] == [op.kind for op in found[0].ops[1:-1]]


def test_normal_forms_do_not_depend_on_memory():
    """A net with memory and one without have one graph."""
    real = Net(_in_place, a=conv())

    assert normal_form(real).graph.ops == normal_form(Net(_in_place, a=conv()).to("meta")).graph.ops
