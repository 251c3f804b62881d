"""Nets that ask about anything but sizes: the other answer is tried, and what it changes is found."""

import time

import pytest
import torch
from torch import is_grad_enabled, nn

from properties import check


class Net(nn.Module):
    """A small net; ``first`` sees the image, the net and may give back another image."""

    def __init__(self, first=lambda net, x: x):
        super().__init__()
        self.first = first
        self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 5)
        self.passes = 0
        self.last = None
        self.store = {}

    def forward(self, x):
        """One pass."""
        h = self.bn(self.conv(self.first(self, x))).relu()
        return self.fc(h.mean((2, 3)))


def judged(candidate, reference=lambda net, x: x, **options):
    """The report of a check of two such nets."""
    return check(lambda: Net(candidate), lambda: Net(reference), input_shape=(3, 32, 32), **options)


def guarded(net, x):
    """Looks at numbers where nobody hears what comes of it."""
    try:
        if (x.abs() > 1000).any():
            return x / 1000
    except Exception:
        return x
    return x


def shown(net, x):
    """Looks at numbers openly."""
    return x / 1000 if (x.abs() > 1000).any() else x


OTHERWISE = {
    "inference mode": lambda net, x: x * 2 if torch.is_inference_mode_enabled() else x,
    "no gradients": lambda net, x: x if torch.is_grad_enabled() else x * 2,
    "no gradients, by a name of the file": lambda net, x: x if is_grad_enabled() else x * 2,
    "an image that wants a gradient": lambda net, x: x * 2 if x.requires_grad else x,
    "memory": lambda net, x: x if x.is_contiguous() else x.flip(1),
    "the clock": lambda net, x: x * 2 if time.time() > time.time() + 0.5 else x,
    "numbers, in a try": guarded,
    "numbers": shown,
}


class Counts(Net):
    """It does something else after many passes."""

    def forward(self, x):
        """One pass."""
        self.passes += 1
        return super().forward(x * 2 if self.passes > 25 else x)


@pytest.mark.parametrize("name", [name for name in OTHERWISE if name != "the clock"])
def test_another_path_behind_another_answer_is_found(name):
    """It is told with the question; what shows without gradients shows in plain numbers, too."""
    report = judged(OTHERWISE[name])

    assert ("deviates" if "gradient" in name else "conditional") == report.verdict
    assert "should not be there" in report.deviations[0].message or "is missing" in report.deviations[0].message
    assert "test_told_otherwise.py:" in report.deviations[0].message


def test_a_counter_is_set_to_the_numbers_that_it_may_be_compared_with():
    """No finite number of passes would exclude that something happens after 1,000."""
    report, same = (check(Counts, reference, input_shape=(3, 32, 32)) for reference in (Net, Counts))

    assert ("conditional", "identical") == (report.verdict, same.verdict)
    assert "where passes, which is kept from pass to pass, is 2" in report.deviations[0].message


@pytest.mark.parametrize("name", OTHERWISE)
def test_both_nets_may_do_something_else(name):
    """If it is the same."""
    report = judged(OTHERWISE[name], OTHERWISE[name])

    assert ("identical", ()) == (report.verdict, report.deviations)


@pytest.mark.parametrize(
    "harmless",
    [
        lambda net, x: x if x.is_contiguous() else x.contiguous(),
        lambda net, x: x if torch.is_grad_enabled() or not x.requires_grad else x + 0,
        lambda net, x: setattr(net, "last", x.shape) or x,
        lambda net, x: setattr(net, "passes", net.passes + 1) or x,
        lambda net, x: x if time.time() > 0 else x * 2,
    ],
    ids=["contiguous", "no effect", "a size kept", "a counter", "a date"],
)
def test_an_answer_without_effect_is_no_deviation(harmless):
    """Whatever is asked."""
    report = judged(harmless)

    assert ("identical", ()) == (report.verdict, report.deviations)


def test_an_assertion_about_numbers_is_none_of_the_networks_operators():
    """A net that checks its input computes the same; that it looks is no proof of sameness, though."""

    def asserts(net, x):
        assert torch.isfinite(x).all()
        return x

    report = judged(asserts)

    assert ("undistinguished", ()) == (report.verdict, report.deviations)
    assert any("depends on numbers" in note for note in report.notes)


def test_how_it_is_compiled_is_a_note():
    """A path for a compiler computes the same otherwise, or should."""
    report = judged(lambda net, x: x * 2 if torch.compiler.is_compiling() else x)

    assert "identical" == report.verdict
    assert any("torch.compiler.is_compiling()" in note for note in report.notes)


def test_a_store_bars_the_proof():
    """What a pass leaves for later ones may be out of date then."""

    def stores(net, x):
        return x * net.store.setdefault(x.shape[2], 1.0)

    report = judged(stores)

    assert "undistinguished" == report.verdict
    assert any("store keeps" in note for note in report.notes)
