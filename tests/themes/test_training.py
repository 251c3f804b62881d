"""The theme training: which layers a gradient is expected at, statistics by the formula, dropout by its rate."""

from __future__ import annotations

import pytest
import torch
from mutants.behaviour import Small
from mutants.nets import plain
from torch import nn

from properties.graph.analysis.flow import connected
from properties.measures.derivative import Slopes, slopes
from properties.measures.dropouts import drawn_by
from properties.measures.statistics import followed, misses
from properties.runs.train_run import train_run


class Cut(nn.Module):
    """A gradient reaches the second layer and not the first."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4)
        self.idle = nn.Linear(4, 4)

    def forward(self, x):
        """Return ``(N, 4)``."""
        return self.second(self.first(x).detach())


def test_a_gradient_is_expected_where_a_path_leads():
    """Not behind a detach, and not at a layer that nothing reads; the graph and autograd agree."""
    subject = plain(Small, 3, 8, 8)
    cut = plain(Cut, 3, 8, 4)

    assert (frozenset(dict(subject.net.named_parameters())), True) == connected(subject.graph("train"))
    assert (frozenset({"second.weight", "second.bias"}), False) == connected(cut.graph("train"))
    assert frozenset({"second.weight", "second.bias"}) == train_run(cut).reached


def test_statistics_are_those_of_the_formula():
    """A norm that is called twice moves twice, each time by its momentum, with the unbiased variance."""
    norm = nn.BatchNorm2d(3, momentum=0.25)
    subject = plain(lambda: nn.Sequential(norm, nn.ReLU(), norm), 3, 4, 4)
    run = train_run(subject)
    expected = followed(run)

    assert [True, True] == [call.moves for call in run.calls]
    assert 2 == int(run.after["0.num_batches_tracked"])
    assert {"0.running_mean", "0.running_var"} == set(expected)
    assert all(not misses(run.after[key], *expected[key]) for key in expected)
    assert misses(run.after["0.running_var"] * 1.01, *expected["0.running_var"])


def test_a_counter_has_to_be_right_where_it_is_read():
    """Without a momentum the statistics are means over all batches so far; with one, nothing reads the counter."""
    norm = nn.BatchNorm2d(3, momentum=None)
    run = train_run(plain(lambda: nn.Sequential(norm, nn.ReLU(), norm), 3, 4, 4))
    expected = followed(run)

    assert {"0.running_mean", "0.running_var", "0.num_batches_tracked"} == set(expected)
    assert all(not misses(run.after[key], *expected[key]) for key in expected)
    assert misses(run.after["0.num_batches_tracked"] - 1, *expected["0.num_batches_tracked"])


@pytest.mark.parametrize("layer", [nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d])
@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 1.0])
def test_torchs_dropout_drops_at_its_rate(layer, p):
    """Torch's own layers lie within six standard deviations, at rates 0 and 1 exactly."""
    seen = drawn_by(layer(p))

    assert abs(seen.dropped - p) <= 6 * (p * (1 - p) / seen.units) ** 0.5
    assert seen.scaled
    assert seen.silent


def test_quotient_and_gradient_agree():
    """For a smooth net the two agree to six digits."""
    found = slopes(plain(Small, 3, 8, 8), 1e-7)

    assert found.quotient == pytest.approx(found.gradient, rel=1e-6)
    assert abs(found.gradient) > 1e-3
    assert found.known
    assert found.agree


def test_a_kink_is_no_evidence():
    """Where the two sides differ nothing is known; where they agree, another gradient is a mistake."""
    assert not Slopes(ahead=1.0, behind=0.0, gradient=1.0, rounding=0.0).known
    assert Slopes(ahead=2.0, behind=2.0001, gradient=0.2, rounding=0.0).known
    assert not Slopes(ahead=2.0, behind=2.0001, gradient=0.2, rounding=0.0).agree


def test_a_run_draws_nothing_from_outside():
    """The random state is the same after a run as before it."""
    before = torch.get_rng_state()
    train_run(plain(Small, 3, 8, 8))

    assert torch.equal(before, torch.get_rng_state())
