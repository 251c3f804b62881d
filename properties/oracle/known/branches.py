"""Known deviations in other branches: the order of a concatenation, squeeze-and-excitation, transitions."""

from __future__ import annotations

from properties.graph.ir import Op
from properties.oracle.known.case import Case, branch, is_extra, join_of, kinds, known, sources, users

__all__ = [
    "concatenation_in_other_order",
    "extra_gate",
    "extra_transition",
    "gate_elsewhere",
    "no_gate",
    "norm_in_gate",
    "patches_in_other_order",
]

_GATES = {"sigmoid", "hardsigmoid"}


def _is_reordered(case: Case) -> bool:
    """Whether a concatenation reads the same tensors in another order."""
    return case.edit.kind == "wiring" and case.edit.attribute == "order" and case.ours.kind == "cat"


def _is_gate(ops: list[Op]) -> bool:
    """Whether the operators are squeeze-and-excitation: a mean, a sigmoid, a product."""
    found = {op.kind for op in ops}
    return {"global_avg_pool", "mul"} <= found and bool(_GATES & found)


@known(
    slug="patches-in-other-order",
    says="the patches are merged in another order",
    link="https://github.com/berniwal/swin-transformer-pytorch/issues/22",
)
def patches_in_other_order(case: Case) -> bool:
    """A concatenation of slices is in another order."""
    return _is_reordered(case) and set(sources(case.reference, case.edit.reference[0])) == {"slice"}


@known(
    slug="concatenation-in-other-order",
    says="the concatenation is in another order, as in cat([out, x]): later channels change places",
    link="https://github.com/kuangliu/pytorch-cifar/blob/master/models/densenet.py",
)
def concatenation_in_other_order(case: Case) -> bool:
    """A concatenation reads the same tensors in another order."""
    return _is_reordered(case)


@known(
    slug="norm-in-gate",
    says="batch norm inside squeeze-and-excitation",
    link="https://github.com/xiaolai-sqlai/mobilenetv3/issues/30",
)
def norm_in_gate(case: Case) -> bool:
    """A batch norm that should not be there stands between a global pool and a product."""
    if not is_extra(case, "batch_norm"):
        return False
    chain = kinds([case.candidate.ops[at] for at in branch(case.candidate, case.edit.candidate[0])])
    return "global_avg_pool" in chain and join_of(case.candidate, case.edit.candidate[0]) == "mul"


@known(
    slug="gate-elsewhere",
    says="squeeze-and-excitation in another place",
    link="https://github.com/xiaolai-sqlai/mobilenetv3/issues/26",
)
def gate_elsewhere(case: Case) -> bool:
    """A mean, a sigmoid and a product moved."""
    return case.edit.kind == "wiring" and _is_gate(case.missing())


@known(
    slug="no-gate",
    says="squeeze-and-excitation is missing here",
    link="https://github.com/xiaolai-sqlai/mobilenetv3/issues/26",
)
def no_gate(case: Case) -> bool:
    """A mean, a sigmoid and a product are missing."""
    return case.edit.kind == "operator-missing" and _is_gate(case.missing())


@known(
    slug="extra-gate",
    says="squeeze-and-excitation where there should be none",
    link="https://github.com/xiaolai-sqlai/mobilenetv3/issues/26",
)
def extra_gate(case: Case) -> bool:
    """A mean, a sigmoid and a product should not be there."""
    return case.edit.kind == "operator-extra" and _is_gate(case.extra())


@known(
    slug="extra-transition",
    says="a transition after the last dense block",
    link="https://github.com/Lasagne/Recipes/pull/84",
)
def extra_transition(case: Case) -> bool:
    """A convolution and an average pool that should not be there stand at the end of the net."""
    if case.edit.kind != "operator-extra" or not {"conv", "avg_pool"} <= {op.kind for op in case.extra()}:
        return False
    last = users(case.candidate, case.edit.candidate)
    return bool(last) and set(last) <= {"global_avg_pool", "batch_norm"} and case.edit.at > len(case.reference) - 8
