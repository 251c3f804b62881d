"""What is returned: fields by their names, and what stands beside the tensors."""

from collections import namedtuple
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from properties import check


class Returning(nn.Module):
    """A small net; ``give`` makes what it returns of its features and its scores."""

    def __init__(self, give):
        super().__init__()
        self.give = give
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.fc = nn.Linear(8, 4)

    def forward(self, x):
        """Both, in some container."""
        features = self.conv(x).relu().mean((2, 3))
        return self.give(features, self.fc(features))


def judged(candidate, reference):
    """The report of a check of two such nets."""
    return check(lambda: Returning(candidate), lambda: Returning(reference), input_shape=(3, 16, 16))


Named = namedtuple("Named", "features scores")
Turned = namedtuple("Turned", "scores features")
Called = namedtuple("Called", "embedding scores")


@dataclass
class Fields:
    """The same as a dataclass."""

    scores: torch.Tensor
    features: torch.Tensor


EXCHANGED = {
    "named tuple": (lambda f, s: Turned(f, s), lambda f, s: Named(f, s)),
    "dataclass": (lambda f, s: Fields(f, s), lambda f, s: Named(f, s)),
    "dict": (lambda f, s: {"features": s, "scores": f}, lambda f, s: {"features": f, "scores": s}),
    "one name in common": (lambda f, s: Called(s, f), lambda f, s: Named(f, s)),
}
ALIKE = {
    "another order": (lambda f, s: Turned(s, f), lambda f, s: Named(f, s)),
    "another order of a dict": (lambda f, s: {"s": s, "f": f}, lambda f, s: {"f": f, "s": s}),
    "a tuple without names": (lambda f, s: (f, s), lambda f, s: Named(f, s)),
    "a name that is called otherwise": (lambda f, s: Called(f, s), lambda f, s: Named(f, s)),
    "a key for a field": (lambda f, s: {"f": f, "s": s}, lambda f, s: Named(f, s)),
}


@pytest.mark.parametrize("name", EXCHANGED)
def test_exchanged_names_are_one_deviation(name):
    """Whoever reads a field gets the other one's tensor."""
    report = judged(*EXCHANGED[name])

    assert ("deviates", 1) == (report.verdict, len(report.deviations))
    assert report.deviations[0].kind == "output"


def test_exchanged_names_are_told_with_both():
    """The reference's first."""
    said = judged(*EXCHANGED["named tuple"]).deviations[0].message

    assert said == "what should be returned as .features and .scores is returned as .scores and .features"


@pytest.mark.parametrize("name", ALIKE)
def test_equal_names_belong_together_and_others_go_by_their_place(name):
    """A container is a matter of taste."""
    assert judged(*ALIKE[name]).verdict == "identical"


BESIDE = {
    "another number": (
        lambda f, s: (s, 0.1),
        lambda f, s: (s, 0.4),
        "what is returned as [1] is 0.1, but should be 0.4",
    ),
    "another text": (
        lambda f, s: {"scores": s, "kind": "mean"},
        lambda f, s: {"kind": "sum", "scores": s},
        "what is returned as ['kind'] is 'mean', but should be 'sum'",
    ),
    "no number": (lambda f, s: (s, None), lambda f, s: (s, 4), "what should be returned as [1], 4, is not returned"),
    "a computed number": (
        lambda f, s: (s, s.shape[0]),
        lambda f, s: (s, s.shape[1]),
        "what is returned as [1] is 2, but should be 4",
    ),
}
SAME_BESIDE = {
    "equal numbers": (lambda f, s: (s, 1, True, ""), lambda f, s: (s, 1.0, True, "")),
    "under another name": (lambda f, s: {"scores": s, "weight": 0.4}, lambda f, s: (s, 0.4)),
    "None in one alone": (lambda f, s: (s, None), lambda f, s: s),
    "a number more": (lambda f, s: (s, 0.4), lambda f, s: s),
}


@pytest.mark.parametrize("name", BESIDE)
def test_another_value_beside_the_tensors_is_one_deviation(name):
    """A script computes with it."""
    candidate, reference, said = BESIDE[name]
    report = judged(candidate, reference)

    assert ("deviates", [said]) == (report.verdict, [deviation.message for deviation in report.deviations])
    assert ("both", "output") == (report.deviations[0].mode, report.deviations[0].kind)


@pytest.mark.parametrize("name", SAME_BESIDE)
def test_equal_values_are_none_and_additional_ones_are_named(name):
    """Nobody misses what the reference does not return."""
    report = judged(*SAME_BESIDE[name])

    assert report.verdict == "identical"
    assert (name == "a number more") == ("the candidate also returns 0.4, as [1]" in report.notes)
