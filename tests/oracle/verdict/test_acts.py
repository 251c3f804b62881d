"""What a pass does besides computing: the random state that it sets, hooks, operators and backwards of its own."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from properties import check
from properties.graph.torch.leaves import Leaves


class Net(nn.Module):
    """A small net; ``middle`` sees the features and the net."""

    def __init__(self, middle=lambda net, h: h):
        super().__init__()
        self.middle = middle
        self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x):
        """One pass."""
        h = self.middle(self, self.conv(x).relu())
        return self.second(self.first(h.mean((2, 3))).relu())


def judged(candidate, reference):
    """The report of a check of two such nets."""
    return check(lambda: Net(candidate), lambda: Net(reference), input_shape=(3, 32, 32))


def dropped(net, h):
    """A dropout."""
    return F.dropout(h, 0.5, net.training)


def dropped_alike(net, h):
    """The same one in every pass."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return F.dropout(h, 0.5, net.training)


def hooked(net, h):
    """A gradient is cut off where it is large."""
    if h.requires_grad:
        h.register_hook(lambda gradient: gradient.clamp(-1e6, 1e6))
    return h


class Double(torch.autograd.Function):
    """An autograd function of the net's own."""

    @staticmethod
    def forward(ctx, x):
        """Twice."""
        return x * 2

    @staticmethod
    def backward(ctx, gradient):
        """Twice."""
        return gradient * 2


def test_a_random_state_that_is_set_is_a_deviation():
    """Where something is drawn, and in either net."""
    alike, missing = judged(dropped_alike, dropped), judged(dropped, dropped_alike)

    assert ("deviates", "deviates") == (alike.verdict, missing.verdict)
    assert "sets the random state" in alike.deviations[0].message
    assert "does not set the random state" in missing.deviations[0].message
    assert "test_acts.py:" in alike.deviations[0].message


def test_a_random_state_that_is_set_in_both_is_none():
    """And one that is set where nothing is drawn, and put back."""

    def for_nothing(net, h):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return h

    both, nothing = judged(dropped_alike, dropped_alike), judged(for_nothing, lambda net, h: h)

    assert [("identical", ())] * 2 == [(report.verdict, report.deviations) for report in (both, nothing)]


def test_a_hook_on_a_gradient_bars_the_proof():
    """Unless both nets have it."""
    report, same = judged(hooked, lambda net, h: h), judged(hooked, hooked)

    assert ("undistinguished", "identical") == (report.verdict, same.verdict)
    assert any("a hook sees a gradient" in note for note in report.notes)


def test_a_backward_of_its_own_bars_the_proof():
    """What it does when it is differentiated again is not known."""
    report = judged(lambda net, h: Double.apply(h), lambda net, h: Double.apply(h))

    assert "undistinguished" == report.verdict
    assert any("backward function" in note for note in report.notes)


def test_a_cast_that_numbers_do_not_show_is_a_deviation():
    """They are computed in float64, where nothing is cast."""

    def cast(net, h):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return F.linear(h, net.first.weight.new_ones(h.shape[-1], h.shape[-1]))

    def plain(net, h):
        return F.linear(h, net.first.weight.new_ones(h.shape[-1], h.shape[-1]))

    assert ("deviates", "identical") == (judged(cast, plain).verdict, judged(cast, cast).verdict)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_two_parameters_on_one_memory_are_one(device):
    """And two that only look alike, or share a memory in part, are two."""
    net = Net().to(device)
    apart = Leaves.of(net).tied
    net.second.weight.data = net.first.weight.data
    tied = Leaves.of(net).tied
    net.second.weight.data = net.first.weight.data[:4]
    in_part = Leaves.of(net).tied

    assert ({}, {"second.weight": "first.weight"}, {}) == (dict(apart), dict(tied), dict(in_part))


def _on_one_memory():
    net = Net()
    net.second.weight.data = net.first.weight.data
    return net


@pytest.mark.parametrize("make", [lambda: _on_one_memory, _on_one_memory], ids=["function", "net"])
def test_two_nets_with_two_parameters_on_one_memory_are_the_same(make):
    """And such a one is not the same as one with two memories."""
    same, other = (check(make(), reference, input_shape=(3, 32, 32)) for reference in (_on_one_memory, Net))

    assert ("identical", ()) == (same.verdict, same.deviations)
    assert "deviates" == other.verdict
    assert "shared" in other.deviations[0].message
