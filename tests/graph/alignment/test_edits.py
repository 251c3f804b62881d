"""From a correspondence to edits: one cause, one edit, of the right kind, at the right place."""

import pytest
import torch
from support.blocks import stack
from support.pairs import Net, conv, normal_form
from torch import nn

from properties.graph.alignment.align import align
from properties.graph.alignment.edits import Edit, edits_between


def _edits(right, wrong, mode="eval") -> list[Edit]:
    reference, candidate = normal_form(right, mode).graph, normal_form(wrong, mode).graph
    return edits_between(reference, candidate, align(reference, candidate))


@pytest.mark.parametrize(
    ("layer", "position", "expected"),
    [
        (nn.BatchNorm2d(8, eps=1e-3), 4, ("attribute", "eps", 1e-5, 1e-3)),
        (nn.BatchNorm2d(8, momentum=0.2), 1, ("attribute", "momentum", 0.1, 0.2)),
        (conv(bias=False), 3, ("parameter", "bias", True, False)),
        (conv(groups=2), 3, ("attribute", "groups", 1, 2)),
        (nn.GELU(), 2, ("operator-replaced", "", "relu", "gelu")),
    ],
)
def test_a_changed_layer_is_one_edit(layer, position, expected):
    """A setting, a tensor or an operator that differs is named with both its values."""
    (edit,) = _edits(stack(), stack((position, layer)), "train")

    assert expected == (edit.kind, edit.attribute, edit.before, edit.after)


def test_what_follows_is_no_edit():
    """A wider layer widens the next one's input, and a larger kernel takes more padding: one edit each."""
    wide = stack((0, conv(out=16)), (1, nn.BatchNorm2d(16)), (3, conv(16)))
    large = stack((3, conv(size=5)))

    assert [["out_channels"], ["kernel_size"]] == [
        [edit.attribute for edit in _edits(stack(), net)] for net in (wide, large)
    ]


def test_a_missing_operator_is_one_edit_and_so_is_an_extra_one():
    """The two directions of one difference."""
    (missing,), (extra,) = _edits(stack(), stack((2, nn.Identity()))), _edits(stack((2, nn.Identity())), stack())

    assert ("operator-missing", 1, 0) == (missing.kind, len(missing.reference), len(missing.candidate))
    assert ("operator-extra", 0, 1) == (extra.kind, len(extra.reference), len(extra.candidate))


def test_an_extra_operator_before_the_output_says_nothing_about_outputs():
    """As many tensors are returned as should be."""
    (edit,) = _edits(nn.Sequential(conv()), nn.Sequential(conv(), nn.ReLU()))

    assert "operator-extra" == edit.kind


def test_operands_in_another_order_are_wiring():
    """The same operands the other way around."""
    right = Net(lambda n, x: torch.cat([x, n.a(x)], 1), a=conv())
    wrong = Net(lambda n, x: torch.cat([n.a(x), x], 1), a=conv())
    (edit,) = _edits(right, wrong)

    assert ("wiring", "order") == (edit.kind, edit.attribute)


def test_other_operands_are_wiring():
    """A skip that starts elsewhere."""
    right = Net(lambda n, x: (lambda y: n.b(y.relu()) + y)(n.a(x)), a=conv(), b=conv())
    wrong = Net(lambda n, x: (lambda y: n.b(y) + y)(n.a(x).relu()), a=conv(), b=conv())
    (edit,) = _edits(right, wrong)

    assert "wiring" == edit.kind


def test_outputs_in_another_order_are_an_output_edit():
    """Two heads exchanged."""
    right, wrong = (
        Net(lambda n, x, turn=turn: (n.a(x).relu(), n.b(x).tanh())[::turn], a=conv(), b=conv()) for turn in (1, -1)
    )
    (edit,) = _edits(right, wrong)

    assert ("output", "order", (0, 1), (1, 0)) == (edit.kind, edit.attribute, edit.before, edit.after)


@pytest.mark.parametrize(
    ("wrong", "effects"),
    [
        (lambda n, x: n.a(x.relu_()), ("changes its input",)),
        (lambda n, x: (n.t.mul_(2), n.a(x.relu()))[1], ("changes a buffer",)),
    ],
)
def test_what_a_forward_pass_changes_is_an_output_edit(wrong, effects):
    """What is left behind in an input or a buffer is said, beside the operators that do it."""
    nets = (Net(run, a=conv(), t=nn.Buffer(torch.ones(1))) for run in (lambda n, x: n.a(x.relu()), wrong))
    found = [edit for edit in _edits(*nets) if edit.kind == "output"]

    assert [("effect", (), effects)] == [(edit.attribute, edit.before, edit.after) for edit in found]


def test_a_type_is_an_edit_where_it_begins():
    """A net in another precision differs at its input, not at each operator."""
    (edit,) = _edits(stack(), stack().double())

    assert ("dtype", "float32", "float64") == (edit.attribute, edit.before, edit.after)


def test_a_shared_tensor_is_an_edit():
    """One layer in two places for two layers."""
    right = Net(lambda n, x: n.b(n.a(x).relu()), a=conv(), b=conv())
    wrong = Net(lambda n, x: n.a(n.a(x).relu()), a=conv(), b=conv())

    assert {("parameter", "shared")} == {(edit.kind, edit.attribute) for edit in _edits(right, wrong)}


def test_the_content_of_a_buffer_is_an_edit_in_any_role():
    """A fixed filter is told apart whether it is a convolution's weight or multiplied by hand."""

    def net(value, run):
        return Net(run, a=conv(), t=nn.Buffer(torch.full((8, 1, 3, 3), value)))

    def as_weight(n, x):
        return torch.nn.functional.conv2d(n.a(x), n.t, groups=8)

    for run in (as_weight, lambda n, x: n.a(x) * n.t.sum()):
        (edit,) = _edits(net(1.0, run), net(2.0, run))
        assert ("parameter", "content") == (edit.kind, edit.attribute)


def test_a_proof_leaves_no_edit():
    """Equal nets have none."""
    assert [] == _edits(stack(), stack(), "train")


def test_edits_come_in_the_order_of_the_data():
    """Three mistakes, first to last."""
    wrong = stack((1, nn.BatchNorm2d(8, eps=1e-3)), (3, conv(bias=False)), (5, nn.GELU()))

    assert ["eps", "bias", ""] == [edit.attribute for edit in _edits(stack(), wrong)]
