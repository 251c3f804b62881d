"""Known deviations in what is random in train mode: dropout and stochastic depth."""

from __future__ import annotations

from properties.oracle.known.case import Case, join_of, known

__all__ = ["drop_connect", "dropout_elsewhere", "dropout_in_block", "dropout_in_one_net"]

_ONE_SIDED = ("operator-missing", "operator-extra")
_RANDOM = {"bernoulli", "rand"}


def _is_dropout(case: Case, *, moved: bool) -> bool:
    """Whether dropouts alone moved, or are there in one net alone."""
    ops = [*case.missing(), *case.extra()] if case.edit.kind in (*_ONE_SIDED, "wiring") else []
    is_dropout = bool(ops) and all(op.kind.endswith("dropout") for op in ops)
    is_moved = case.edit.kind == "wiring" and case.edit.attribute == "moved"
    return is_dropout and is_moved == moved


@known(
    slug="dropout-in-block",
    says="dropout inside the residual block, which Wide ResNet has for CIFAR and not for ImageNet",
    link="https://github.com/pytorch/vision/issues/2196",
)
def dropout_in_block(case: Case) -> bool:
    """A dropout of one net alone stands on a branch into an addition."""
    if not _is_dropout(case, moved=False):
        return False
    graph, at = (
        (case.reference, case.edit.reference[0])
        if case.edit.kind == "operator-missing"
        else (case.candidate, case.edit.candidate[0])
    )
    return join_of(graph, at) == "add"


@known(
    slug="dropout-elsewhere",
    says="dropout in another place",
    link="https://github.com/pytorch/vision/pull/107",
)
def dropout_elsewhere(case: Case) -> bool:
    """A dropout moved."""
    return _is_dropout(case, moved=True)


@known(
    slug="dropout-in-one-net",
    says="dropout is there in one net alone, or in another place",
    link="https://github.com/pytorch/vision/issues/92",
)
def dropout_in_one_net(case: Case) -> bool:
    """A dropout is missing or should not be there."""
    return _is_dropout(case, moved=False)


@known(
    slug="drop-connect",
    says="drop-connect (stochastic depth) in one net alone",
    link="https://github.com/tensorflow/tpu/issues/381",
)
def drop_connect(case: Case) -> bool:
    """Random numbers that are no dropout's are missing or should not be there."""
    ops = case.missing() if case.edit.kind == "operator-missing" else case.extra()
    is_random = any(op.kind in _RANDOM for op in ops) and not any(op.kind.endswith("dropout") for op in ops)
    return case.edit.kind in _ONE_SIDED and is_random
