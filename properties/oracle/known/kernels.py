"""Known deviations in a convolution's kernel size and padding."""

from __future__ import annotations

from properties.graph.ir import Op, OpGraph
from properties.oracle.known.case import (
    Case,
    branch,
    is_depthwise,
    is_of_stem,
    join_of,
    kernel,
    known,
    weighted,
)

__all__ = [
    "branch_of_3x3_for_5x5",
    "branch_of_5x5_for_3x3",
    "expansion_of_3x3",
    "padding_of_other_axis",
    "small_stem",
    "stem_of_1x1",
    "two_3x3_for_5x5",
    "uneven_padding",
]


def _is_kernel(case: Case, before: int, after: int) -> bool:
    """Whether a convolution's kernel went from one size to another."""
    values = case.changes("kernel_size")
    return (
        values is not None and case.ours.kind == "conv" and (kernel(case.ours), kernel(case.theirs)) == (before, after)
    )


def _is_in_concatenation(case: Case) -> bool:
    """Whether the reference's branch runs into a concatenation."""
    return join_of(case.reference, case.edit.reference[0]) == "cat"


def _next_layer(graph: OpGraph, position: int) -> Op | None:
    """The next convolution or linear layer of its chain."""
    chain = branch(graph, position)
    return next(iter(weighted(graph, chain[chain.index(position) + 1 :])), None)


def _sides(padding: object) -> list[object]:
    """A padding, axis by axis."""
    return list(padding) if isinstance(padding, tuple) else []


def _is_uneven(padding: object) -> bool:
    """Whether an axis has more padding at one end than at the other."""
    return any(isinstance(side, tuple) and side[0] != side[1] for side in _sides(padding))


@known(
    slug="branch-of-3x3-for-5x5",
    says="Inception's 5x5 branch built as 3x3, as in torchvision's GoogLeNet",
    link="https://github.com/pytorch/vision/issues/906",
)
def branch_of_3x3_for_5x5(case: Case) -> bool:
    """On a branch into a concatenation, a kernel is 3x3 in place of 5x5."""
    return _is_kernel(case, 5, 3) and _is_in_concatenation(case)


@known(
    slug="branch-of-5x5-for-3x3",
    says="Inception's 5x5 branch as in the paper; torchvision's GoogLeNet has 3x3 there",
    link="https://github.com/pytorch/vision/issues/906",
)
def branch_of_5x5_for_3x3(case: Case) -> bool:
    """On a branch into a concatenation, a kernel is 5x5 in place of 3x3."""
    return _is_kernel(case, 3, 5) and _is_in_concatenation(case)


@known(
    slug="expansion-of-3x3",
    says="the expansion is a 3x3 convolution instead of a 1x1",
    link="https://github.com/aladdinpersson/Machine-Learning-Collection/issues/77",
)
def expansion_of_3x3(case: Case) -> bool:
    """Before a depthwise convolution, a kernel is 3x3 in place of 1x1."""
    if not _is_kernel(case, 1, 3):
        return False
    following = _next_layer(case.reference, case.edit.reference[0])
    return following is not None and is_depthwise(following)


@known(
    slug="stem-of-1x1",
    says="the stem is a 1x1 convolution, whose padding adds a border",
    link="https://github.com/weiaicunzai/pytorch-cifar100/blob/master/models/mobilenetv2.py",
)
def stem_of_1x1(case: Case) -> bool:
    """The first convolution's kernel is 1x1 in place of 3x3, and its padding stayed."""
    if not (_is_kernel(case, 3, 1) and is_of_stem(case)):
        return False
    return any(side not in (0, (0, 0)) for side in _sides(case.theirs.attributes["padding"]))


@known(
    slug="small-stem",
    says="the small stem of a CIFAR net in a net for ImageNet",
    link="https://github.com/kuangliu/pytorch-cifar/issues/18",
)
def small_stem(case: Case) -> bool:
    """The first convolution's kernel is 3x3 in place of 7x7."""
    return _is_kernel(case, 7, 3) and is_of_stem(case)


@known(
    slug="uneven-padding",
    says="TensorFlow's SAME padding, uneven at stride 2, against an even one",
    link="https://github.com/keras-team/keras/issues/16363",
)
def uneven_padding(case: Case) -> bool:
    """One net pads one end of an axis more than the other, and the other net does not."""
    values = case.changes("padding")
    return values is not None and _is_uneven(values[0]) != _is_uneven(values[1])


@known(
    slug="padding-of-other-axis",
    says="padding of height and width exchanged",
    link="https://github.com/lukemelas/EfficientNet-PyTorch/pull/235",
)
def padding_of_other_axis(case: Case) -> bool:
    """The two axes' padding changed places."""
    values = case.changes("padding")
    if values is None:
        return False
    before, after = _sides(values[0])[-2:], _sides(values[1])[-2:]
    return len(before) == 2 and before[0] != before[1] and before == after[::-1]


@known(
    slug="two-3x3-for-5x5",
    says="a 5x5 convolution as two of 3x3",
    link="https://github.com/kuangliu/pytorch-cifar/issues/5",
)
def two_3x3_for_5x5(case: Case) -> bool:
    """Two convolutions of 3x3 stand in place of one of 5x5."""
    if case.edit.kind != "operator-replaced":
        return False
    before, after = weighted(case.reference, case.edit.reference), weighted(case.candidate, case.edit.candidate)
    sides = [[op.attributes.get("kernel_size") for op in ops] for ops in (before, after)]
    return sides == [[(5, 5)], [(3, 3), (3, 3)]]
