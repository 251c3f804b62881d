"""Known deviations in where a stride stands: within a block, within a stage, or in the table of stages."""

from __future__ import annotations

from properties.oracle.known.case import (
    Case,
    branch,
    is_depthwise,
    is_in_bottleneck,
    kernel,
    kinds,
    known,
    weighted,
)

__all__ = [
    "stride_in_earlier_block",
    "stride_in_later_block",
    "stride_on_3x3",
    "stride_on_first_1x1",
    "strides_of_other_stages",
]


def _places(case: Case) -> tuple[int, int] | None:
    """Where the stride should stand and where it stands, for one that moved, as positions in the reference."""
    if case.edit.attribute != "stride" or len(case.edit.reference) != 2:
        return None
    first, second = case.edit.reference
    is_on_first = set(case.edit.before) == {1}
    return (second, first) if is_on_first else (first, second)


def _moves(case: Case, *, onto: int, away_from: int) -> bool:
    """Whether a stride moved within a bottleneck, between kernels of these sizes."""
    places = _places(case)
    if places is None:
        return False
    should, stands = (case.reference.ops[place] for place in places)
    chain = weighted(case.reference, branch(case.reference, places[0]))
    is_bottleneck = is_in_bottleneck(chain) and should in chain and chain[0] in (should, stands)
    return is_bottleneck and stands in chain and (kernel(stands), kernel(should)) == (onto, away_from)


def _crosses_addition(case: Case, first: int, last: int) -> bool:
    """Whether a block ends between two positions in the reference."""
    return "add" in kinds(case.reference.ops[first:last])


@known(
    slug="stride-on-first-1x1",
    says="ResNet v1: the stride is on the first 1x1 convolution, as in the paper; v1.5 has it on the 3x3",
    link="https://github.com/pytorch/vision/issues/191",
)
def stride_on_first_1x1(case: Case) -> bool:
    """The stride moved from a bottleneck's 3x3 convolution to its first one."""
    return _moves(case, onto=1, away_from=3)


@known(
    slug="stride-on-3x3",
    says="ResNet v1.5: the stride is on the 3x3 convolution; v1, the paper's, has it on the first 1x1",
    link="https://github.com/pytorch/vision/issues/191",
)
def stride_on_3x3(case: Case) -> bool:
    """The stride moved from a bottleneck's first convolution to its 3x3 one."""
    return _moves(case, onto=3, away_from=1)


@known(
    slug="strides-of-other-stages",
    says="strides of the stages as in the paper's table; the authors' code and its ports differ from it",
    link="https://github.com/tensorflow/tpu/issues/383",
)
def strides_of_other_stages(case: Case) -> bool:
    """The stride moved from one depthwise convolution to another."""
    places = _places(case)
    return places is not None and all(is_depthwise(case.reference.ops[place]) for place in places)


@known(
    slug="stride-in-later-block",
    says="the stride is in a later block of the stage, as in slim, and not in the first",
    link="https://github.com/tensorflow/models/issues/2130",
)
def stride_in_later_block(case: Case) -> bool:
    """The stride moved to a later layer, past an addition."""
    places = _places(case)
    return places is not None and places[1] > places[0] and _crosses_addition(case, *places)


@known(
    slug="stride-in-earlier-block",
    says="the stride is in an earlier block; slim has it at the end of a stage",
    link="https://github.com/tensorflow/models/issues/2130",
)
def stride_in_earlier_block(case: Case) -> bool:
    """The stride moved to an earlier layer, past an addition."""
    places = _places(case)
    return places is not None and places[1] < places[0] and _crosses_addition(case, places[1], places[0])
