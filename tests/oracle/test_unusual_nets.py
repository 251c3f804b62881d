"""Nets that most tools fail on: lazy, compiled, calling themselves, with scores that are no numbers."""

import json

import pytest
import torch
from torch import nn

from properties import check
from properties.describe import describe
from properties.errors import CandidateError
from properties.render.text import lines


class Net(nn.Module):
    """A convolution and a classifier."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        """Logits."""
        return self.fc(self.conv(x).relu().mean((2, 3)))


class Lazy(Net):
    """The same, whose layers take their sizes from the first input."""

    def __init__(self):
        super().__init__()
        self.conv = nn.LazyConv2d(8, 3, padding=1)
        self.fc = nn.LazyLinear(5)


class Wider(Lazy):
    """Another width."""

    def __init__(self):
        super().__init__()
        self.conv = nn.LazyConv2d(9, 3, padding=1)


class CallsItself(Net):
    """Large batches of small images go through in parts."""

    def forward(self, x):
        """Logits."""
        if x.shape[0] > 1 and x.shape[-1] < 20:
            return torch.cat([self(part) for part in x.split(1)])
        return super().forward(x)


def compiled():
    """A compiled net."""
    return torch.compile(Net())


def compiled_within():
    """A net with a compiled layer."""
    net = Net()
    net.conv = torch.compile(net.conv)
    return net


def compiled_and_wider():
    """A compiled net of another width, whose layers are lazy."""
    return torch.compile(Wider())


@pytest.mark.parametrize("candidate", [Lazy, compiled, compiled_within])
def test_they_are_judged(candidate):
    """At the reference's size."""
    assert "identical" == check(candidate, Net, input_shape=(3, 24, 24)).verdict


@pytest.mark.parametrize("candidate", [Wider, compiled_and_wider])
def test_they_deviate_where_they_do(candidate):
    """Lazy or compiled, another width is another width."""
    assert "deviates" == check(candidate, Net, input_shape=(3, 24, 24)).verdict


def test_a_lazy_instance_stays_lazy():
    """Its sizes are the caller's to give."""
    net = Lazy()
    verdict = check(net, Net, input_shape=(3, 24, 24)).verdict

    assert ("identical", True) == (verdict, nn.parameter.is_lazy(net.conv.weight))


def test_a_lazy_reference_needs_an_input():
    """Nothing tells how many channels it is for."""
    with pytest.raises(CandidateError, match="take their sizes from the first input; give its size with --input"):
        check(Net, Lazy)


def test_a_lazy_net_is_described_at_an_input_that_is_given():
    """Else one line says what to give."""
    assert (1, 8, 24, 24) == next(layer.output for layer in describe(Lazy, input_shape=(1, 3, 24, 24)).layers)
    with pytest.raises(CandidateError, match="give it with --input"):
        describe(Lazy)


def test_a_net_that_calls_itself_can_be_captured():
    """What it returns to itself is what it returns to others."""
    report = check(CallsItself, CallsItself, input_shape=(3, 12, 12), profile="quick")

    assert "identical" == report.verdict


@pytest.mark.parametrize("factor", [float("nan"), float("inf")])
def test_scores_that_are_no_numbers_are_told_in_words(factor):
    """The report is JSON all the same."""

    class Wrong(Net):
        def forward(self, x):
            return super().forward(x) * factor

    report = check(Wrong, Net, input_shape=(3, 24, 24))
    written = json.dumps(report.to_dict(), allow_nan=False)

    assert "deviates" == report.verdict
    assert "infinite or NaN, unlike the reference's" in "\n".join(map(str, lines(report)))
    assert '"logits": "inf"' in written
