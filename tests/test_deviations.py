"""Single mistakes: each pair of nets differs in one thing, in the modes that it shows in, and is told apart."""

import pytest
import torch
from _mistakes import MISTAKES
from _pairs import differing_modes, normal_form

from properties.graph.align import align
from properties.graph.edits import edits_between


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
def test_an_edit_says_it(mistake):
    """Words are found for each difference: no pair that differs goes without an edit, and few take more than one."""
    right, wrong = (normal_form(net, "train").graph for net in mistake.nets())

    assert 1 <= len(edits_between(right, wrong, align(right, wrong))) <= 3
