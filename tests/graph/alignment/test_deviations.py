"""Single mistakes: each pair of nets differs in one thing, in the modes that it shows in, and is told apart."""

import pytest
import torch
from support.mistakes import MISTAKES
from support.pairs import differing_modes, normal_form

from properties.graph.alignment.align import align
from properties.graph.alignment.edits import edits_between
from properties.graph.alignment.patch import explained


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_it_is_told_apart(mistake):
    """The two are different graphs, in the modes in which they differ and in no other."""
    right, wrong = mistake.nets()

    assert mistake.mode == differing_modes(right, wrong)


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_the_same_net_is_not(mistake):
    """Each of the two, built again, is one graph with itself."""
    torch.manual_seed(0)
    first = mistake.nets()
    torch.manual_seed(0)
    second = mistake.nets()

    assert [""] * 2 == [differing_modes(one, other) for one, other in zip(first, second, strict=True)]


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_its_edits_say_it(mistake):
    """Words are found for each difference, few of them, and undoing them in the wrong net makes the right one."""
    right, wrong = (normal_form(net, "train").graph for net in mistake.nets())
    edits = edits_between(right, wrong, align(right, wrong))

    assert 1 <= len(edits) <= 3
    assert explained(right, wrong, edits)
