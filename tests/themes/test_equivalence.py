"""The theme equivalence: weights move by structure, whatever the layers are called and wherever they are registered."""

from __future__ import annotations

import pytest
import torch
from mutants.behaviour import Small
from mutants.equivalence import InAnotherOrder
from mutants.nets import plain
from torch import nn

from properties.measures.twins import evaluated, key_map, pair_of
from properties.themes import equivalence


class OtherNames(nn.Module):
    """``Small`` under other names."""

    def __init__(self):
        super().__init__()
        self.classify = nn.Linear(6, 4)
        self.norm = nn.BatchNorm2d(6)
        self.filters = nn.Conv2d(3, 6, 3, padding=1)

    def forward(self, x):
        """Return ``(N, 4)``."""
        return self.classify(torch.relu(self.norm(self.filters(x))).mean((2, 3)))


def test_weights_move_by_structure():
    """Every tensor finds the one in the same place, and the two then compute the same."""
    subject = plain(Small, 3, 8, 8, twin=OtherNames)
    ours, theirs = pair_of(subject)
    image = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0)).double()

    assert {
        "conv.weight": "filters.weight",
        "fc.bias": "classify.bias",
        "bn.running_var": "norm.running_var",
    }.items() <= (key_map(subject) or {}).items()
    assert evaluated(ours, image)[0] == pytest.approx(evaluated(theirs, image)[0], rel=1e-9)


def test_nets_with_other_graphs_are_not_compared():
    """Without a correspondence no weights are moved; that the graphs differ is said by a property of its own."""
    subject = plain(lambda: nn.Sequential(nn.Conv2d(3, 4, 1)), 3, 8, 8, twin=Small)

    assert key_map(subject) is None
    assert not equivalence.twin_has_the_same_function.concerns(subject)
    assert not equivalence.twin_accepts_the_same_images.concerns(plain(Small, 3, 8, 8))


@pytest.mark.slow
@pytest.mark.parametrize("name", equivalence.__all__)
def test_a_twin_under_other_names_passes(name):
    """Names and order decide nothing in any property of the theme."""
    for twin in (OtherNames, InAnotherOrder):
        getattr(equivalence, name).verify(plain(Small, 3, 8, 8, twin=twin))
