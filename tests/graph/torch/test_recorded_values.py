"""What a recording knows of values: constants, chance, data that becomes a tensor, and questions that get no answer."""

import numpy as np
import pytest
import torch
from support.pairs import SHAPE, Net, conv
from torch.nn import functional as F

from properties.graph.torch.capture import CaptureError, capture

MODES = pytest.mark.parametrize("mode", ["eval", "train"])


def _kinds(net, mode="train"):
    graph = capture(net, input_shape=SHAPE, mode=mode)
    assert () == graph.notes  # it was recorded
    return [op.kind for op in graph.ops[1:-1]]


@MODES
def test_random_operators_are_operators(mode):
    """Draws are recorded and not drawn, whatever draws them."""
    net = Net(lambda n, x: n.a(x) + torch.rand(12) + torch.randn_like(x) + torch.bernoulli(x.sigmoid()), a=conv())
    before = torch.get_rng_state()

    assert ["conv", "rand", "add", "randn_like", "add", "sigmoid", "bernoulli", "add"] == _kinds(net, mode)
    assert torch.equal(before, torch.get_rng_state())


def test_a_course_that_chance_decides_is_a_question():
    """A number that was drawn is not known; a pass was made to see, and the random state is what it was."""
    net = Net(lambda n, x: n.a(x) if torch.rand(1) < 2 else x, a=conv())
    before = torch.get_rng_state()
    graph = capture(net, input_shape=SHAPE)

    assert ["rand", "conv"] == [op.kind for op in graph.ops if op.kind in ("rand", "conv")]
    assert [("content", 1)] == [(each.operator, each.answer) for each in graph.asked.questions]
    assert torch.equal(before, torch.get_rng_state())


def test_constants_made_in_forward_are_folded():
    """They are their content, however it was come by; what holds one number everywhere says which."""
    net = Net(lambda n, x: n.a(x) * torch.arange(12) + torch.full((1,), 2.0), a=conv())

    assert ["conv", "constant", "mul", "full", "add"] == _kinds(net)


def _masked(n, x):
    mask = torch.zeros(12)
    mask[3:] = 1
    return n.a(x) * mask


def test_what_is_written_in_place_is_no_constant():
    """A table that is filled part by part is told by its operators."""
    found = [
        [op.attributes.get("digest") for _, op in capture(Net(run, a=conv()), input_shape=SHAPE).of_kind("constant")]
        for run in (
            lambda n, x: n.a(x) * torch.arange(12).flip(0),
            lambda n, x: n.a(x) * (11 - torch.arange(12)),
            lambda n, x: n.a(x) * torch.arange(12),
        )
    ]

    assert found[0] == found[1] != found[2]
    assert "constant" not in _kinds(Net(_masked, a=conv()))


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
    """Nor are those of a constant that something was written to: what they answer is seen in a pass with memory."""

    def run(n, x):
        table = torch.zeros(2)
        table[0] = 1
        return n.a(x) if table.sum() > 0 else x

    assert "conv" == _kinds(Net(run, a=conv()))[-1]


def test_a_refusal_that_the_net_swallows_is_heard():
    """A net that asks for a value and goes on without it would do something else on real tensors."""

    def run(n, x):
        try:
            return n.a(x) if x.sum().item() > 0 else x
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
