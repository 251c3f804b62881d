"""Undoing edits: a complete list makes the reference of the candidate, and an incomplete one does not."""

import pytest
import torch
from support.blocks import stack
from support.pairs import Net, conv, normal_form
from torch import nn

from properties.graph.alignment.align import align
from properties.graph.alignment.edits import Edit, edits_between
from properties.graph.alignment.patch import explained


def _compared(right, wrong, mode="train"):
    reference, candidate = (normal_form(net, mode).graph for net in (right, wrong))
    return reference, candidate, edits_between(reference, candidate, align(reference, candidate))


WRONG = {
    "setting": stack((4, nn.BatchNorm2d(8, eps=1e-3))),
    "width": stack((0, conv(out=16)), (1, nn.BatchNorm2d(16)), (3, conv(16))),
    "kernel": stack((3, conv(size=5))),
    "bias": stack((3, conv(bias=False))),
    "missing": stack((2, nn.Identity())),
    "extra": stack((2, nn.Sequential(nn.ReLU(), conv(), nn.BatchNorm2d(8), nn.Sigmoid()))),
    "replaced": stack((2, nn.GELU())),
    "first and last": stack((0, conv(groups=2)), (6, nn.Identity())),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_all_edits_account_for_every_difference(wrong):
    """Widths downstream, padding of a larger kernel and rewired neighbours follow from the edits."""
    assert explained(*_compared(stack(), wrong))


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_an_edit_less_leaves_a_difference(wrong):
    """A list that forgets one edit explains nothing."""
    reference, candidate, edits = _compared(stack(), wrong)

    assert not any(explained(reference, candidate, edits[:at] + edits[at + 1 :]) for at in range(len(edits)))


def test_two_mistakes_take_two_edits():
    """One of two settings is not enough, both are."""
    wrong = stack((1, nn.BatchNorm2d(8, eps=1e-3)), (4, nn.BatchNorm2d(8, momentum=0.9)))
    reference, candidate, edits = _compared(stack(), wrong)

    assert [False, False, True] == [explained(reference, candidate, some) for some in (edits[:1], edits[1:], edits)]


def test_operands_are_part_of_the_proof():
    """A skip from another place is explained by its edit, and by no edit about something else."""
    right = Net(lambda n, x: (lambda y: n.b(y.relu()) + y)(n.a(x)), a=conv(), b=conv())
    wrong = Net(lambda n, x: (lambda y: n.b(y) + y)(n.a(x).relu()), a=conv(), b=conv())
    reference, candidate, edits = _compared(right, wrong)
    (at,) = edits[0].reference

    assert explained(reference, candidate, edits)
    assert not explained(reference, candidate, [Edit("attribute", (at,), edits[0].candidate, "eps", 1, 2)])


def test_concatenations_keep_their_order():
    """The order of operands that no edit mentions is not undone."""
    right = Net(lambda n, x: torch.cat([n.b(n.a(x)), n.a(x)], 1), a=conv(), b=nn.ReLU())
    wrong = Net(lambda n, x: torch.cat([n.a(x), n.b(n.a(x))], 1), a=conv(bias=False), b=nn.ReLU())
    reference, candidate, edits = _compared(right, wrong)

    assert explained(reference, candidate, edits)
    assert not explained(reference, candidate, [edit for edit in edits if edit.kind != "wiring"])


def test_the_last_resort_explains_nothing():
    """The edit for differences without words is no explanation."""
    reference, candidate, _ = _compared(stack(), stack((2, nn.GELU())))
    last = Edit("wiring", (len(reference) - 1,), (len(candidate) - 1,), "structure")

    assert not explained(reference, candidate, [last])
