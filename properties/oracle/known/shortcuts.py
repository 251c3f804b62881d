"""Known deviations in residual blocks: where the shortcut leaves, what stands on it, and what follows the addition."""

from __future__ import annotations

from properties.graph.ir import Op, OpGraph
from properties.graph.labels import label_of
from properties.oracle.known.case import (
    Case,
    branch,
    is_depthwise,
    is_extra,
    is_missing,
    join_of,
    kinds,
    known,
    sources,
    users,
    weighted,
)

__all__ = [
    "no_relu_after_addition",
    "norm_on_identity",
    "projection_for_identity",
    "relu_before_addition",
    "relu_in_place_on_shortcut",
    "relu_on_shortcut",
    "shortcut_of_option_a",
    "shortcut_of_option_b",
    "shortcut_of_other_activation",
]

_PADDED = {"pad", "cat", "slice", "constant", "full", "avg_pool", "zeros", "mul"}


def _is_pointwise(op: Op) -> bool:
    """Whether a convolution is pointwise: its kernel is 1 along every axis."""
    return set(op.attributes.get("kernel_size", (0,))) == {1}


def _is_on_shortcut(case: Case) -> bool:
    """Whether the candidate's operator stands on a projection: a branch of one layer into an addition."""
    at = case.edit.candidate[0]
    chain = weighted(case.candidate, branch(case.candidate, at))
    is_short = len(chain) == 1 or (len(chain) == 2 and is_depthwise(chain[0]) and _is_pointwise(chain[1]))
    return join_of(case.candidate, at) == "add" and is_short


def _reads_activated(graph: OpGraph, op: Op) -> bool:
    """Whether it reads a ReLU of a batch norm."""
    activations = [graph.ops[source] for source in op.inputs if graph.ops[source].kind == "relu"]
    return any(graph.ops[relu.inputs[0]].kind == "batch_norm" for relu in activations)


def _projects(ops: list[Op]) -> bool:
    """Whether the operators are a projection: a convolution, with its norm and a pool before it."""
    return kinds(ops) in (["conv"], ["conv", "batch_norm"], ["avg_pool", "conv", "batch_norm"])


@known(
    slug="relu-in-place-on-shortcut",
    says="an in-place ReLU changes what the shortcut adds",
    link="https://github.com/rosinality/vq-vae-2-pytorch/issues/60",
)
def relu_in_place_on_shortcut(case: Case) -> bool:
    """An addition reads what a ReLU made, where it should read what the ReLU reads."""
    if case.edit.kind != "wiring" or case.edit.attribute != "operands" or case.ours.kind != "add":
        return False
    expected = {str(label_of(case.reference.ops[source])) for source in case.ours.inputs}
    activations = [case.candidate.ops[source] for source in case.theirs.inputs]
    return any(op.kind == "relu" and str(label_of(case.candidate.ops[op.inputs[0]])) in expected for op in activations)


@known(
    slug="shortcut-of-other-activation",
    says="pre-activation: the shortcut leaves before the norm and ReLU in one net and after them in the other",
    link="https://github.com/kuangliu/pytorch-cifar/issues/9",
)
def shortcut_of_other_activation(case: Case) -> bool:
    """The shortcut reads a ReLU of a batch norm in one net, and not in the other."""
    if case.edit.kind != "wiring" or case.edit.attribute != "operands":
        return False
    is_shortcut = case.ours.kind == "add" or join_of(case.reference, case.edit.reference[0]) == "add"
    return is_shortcut and _reads_activated(case.reference, case.ours) != _reads_activated(case.candidate, case.theirs)


@known(
    slug="relu-on-shortcut",
    says="a ReLU on the shortcut",
    link="https://github.com/iamhankai/ghostnet.pytorch/issues/21",
)
def relu_on_shortcut(case: Case) -> bool:
    """A ReLU that should not be there stands on a projection."""
    return is_extra(case, "relu") and _is_on_shortcut(case)


@known(
    slug="relu-before-addition",
    says="the ReLU is before the addition",
    link="https://github.com/kuangliu/pytorch-cifar/issues/4",
)
def relu_before_addition(case: Case) -> bool:
    """A ReLU feeds an addition, which it should follow or where none should be."""
    if case.edit.kind == "wiring" and case.edit.attribute == "moved" and kinds(case.missing()) == ["relu"]:
        is_after = "add" in sources(case.reference, case.edit.reference[0])
        return is_after and "add" in users(case.candidate, case.edit.candidate)
    return is_extra(case, "relu") and "add" in users(case.candidate, case.edit.candidate) and not _is_on_shortcut(case)


@known(
    slug="no-relu-after-addition",
    says="the ReLU after the addition is missing",
    link="https://arxiv.org/abs/1512.03385",
)
def no_relu_after_addition(case: Case) -> bool:
    """A ReLU that reads an addition is missing."""
    return is_missing(case, "relu") and "add" in sources(case.reference, case.edit.reference[0])


@known(
    slug="projection-for-identity",
    says="a projection on a shortcut that should be the identity",
    link="https://github.com/kuangliu/pytorch-cifar/blob/master/models/mobilenetv2.py",
)
def projection_for_identity(case: Case) -> bool:
    """A convolution that should not be there stands on a branch of its own into an addition."""
    is_projection = case.edit.kind == "operator-extra" and _projects(case.extra())
    return is_projection and users(case.candidate, case.edit.candidate) == ["add"] and _is_on_shortcut(case)


@known(
    slug="norm-on-identity",
    says="a batch norm on the identity shortcut",
    link="https://arxiv.org/abs/1611.05431",
)
def norm_on_identity(case: Case) -> bool:
    """A batch norm that should not be there stands on a branch without layers into an addition."""
    is_norm = is_extra(case, "batch_norm") and users(case.candidate, case.edit.candidate) == ["add"]
    return is_norm and not weighted(case.candidate, branch(case.candidate, case.edit.candidate[0]))


@known(
    slug="shortcut-of-option-a",
    says="shortcut of option A (subsampled and padded with zeros) instead of option B (projection)",
    link="https://github.com/akamaster/pytorch_resnet_cifar10/blob/master/README.md",
)
def shortcut_of_option_a(case: Case) -> bool:
    """Slices, pools and padding stand in place of a projection."""
    if case.edit.kind != "operator-replaced" or not _projects(case.missing()):
        return False
    return {op.kind for op in case.extra()} <= _PADDED and not weighted(case.candidate, case.edit.candidate)


@known(
    slug="shortcut-of-option-b",
    says="shortcut of option B (projection) instead of option A (subsampled and padded with zeros)",
    link="https://github.com/akamaster/pytorch_resnet_cifar10/blob/master/README.md",
)
def shortcut_of_option_b(case: Case) -> bool:
    """A projection stands in place of slices, pools and padding."""
    if case.edit.kind != "operator-replaced" or not _projects(case.extra()):
        return False
    return {op.kind for op in case.missing()} <= _PADDED and not weighted(case.reference, case.edit.reference)
