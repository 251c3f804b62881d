"""What a recording shows of memory and gradients: aliases, writes in place, parts without gradients, buffers."""

import pytest
import torch
from support.pairs import SHAPE, Net, are_same, conv, normal_form
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from properties.graph.torch.capture import CaptureError, capture


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


def test_normal_forms_do_not_depend_on_memory():
    """A net with memory and one without have one graph."""
    real = Net(_in_place, a=conv())

    assert normal_form(real).graph.ops == normal_form(Net(_in_place, a=conv()).to("meta")).graph.ops
