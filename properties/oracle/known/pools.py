"""Known deviations in pooling: how sizes are rounded, what an average counts, and which pool it is."""

from __future__ import annotations

from properties.oracle.known.case import (
    Case,
    is_missing,
    is_setting,
    join_of,
    kernel,
    kinds,
    known,
    layers_above,
    replaces,
)

__all__ = [
    "average_with_padding",
    "average_without_padding",
    "max_pool_for_average",
    "no_max_pool_in_stem",
    "pool_of_2x2_for_3x3",
    "pool_of_3x3_for_2x2",
    "pool_rounds_down",
    "pool_rounds_up",
]


def _is_window_between_branches(case: Case, before: int, after: int) -> bool:
    """Whether a max pool after a concatenation has another kernel size."""
    is_pool = case.changes("kernel_size") is not None and case.ours.kind == "max_pool"
    follows_branches = is_pool and "cat" in kinds(case.reference.ops[: case.edit.reference[0]])
    return follows_branches and (kernel(case.ours), kernel(case.theirs)) == (before, after)


@known(
    slug="pool-rounds-up",
    says="Caffe's pooling, which rounds sizes up (ceil_mode)",
    link="https://github.com/jwyang/faster-rcnn.pytorch/issues/343",
)
def pool_rounds_up(case: Case) -> bool:
    """A max pool has ceil_mode, and should not."""
    return is_setting(case, "max_pool", "ceil_mode", after=True)


@known(
    slug="pool-rounds-down",
    says="pooling that rounds sizes down, where the net has Caffe's, which rounds up (ceil_mode)",
    link="https://github.com/jwyang/faster-rcnn.pytorch/issues/343",
)
def pool_rounds_down(case: Case) -> bool:
    """A max pool should have ceil_mode, and has not."""
    return is_setting(case, "max_pool", "ceil_mode", after=False)


@known(
    slug="average-without-padding",
    says="average pool without the padding in its count, as in the FID network",
    link="https://github.com/mseitzer/pytorch-fid/blob/master/src/pytorch_fid/inception.py",
)
def average_without_padding(case: Case) -> bool:
    """An average pool leaves the padding out of its count."""
    return is_setting(case, "avg_pool", "count_include_pad", after=False)


@known(
    slug="average-with-padding",
    says="average pool with the padding in its count; the FID network leaves it out",
    link="https://github.com/mseitzer/pytorch-fid/blob/master/src/pytorch_fid/inception.py",
)
def average_with_padding(case: Case) -> bool:
    """An average pool counts the padding."""
    return is_setting(case, "avg_pool", "count_include_pad", after=True)


@known(
    slug="pool-of-2x2-for-3x3",
    says="torchvision's 2x2 max pool, where the paper's GoogLeNet has 3x3",
    link="https://github.com/pytorch/vision/blob/main/torchvision/models/googlenet.py",
)
def pool_of_2x2_for_3x3(case: Case) -> bool:
    """A max pool after a concatenation has a kernel of 2x2 in place of 3x3."""
    return _is_window_between_branches(case, 3, 2)


@known(
    slug="pool-of-3x3-for-2x2",
    says="the paper's 3x3 max pool, where torchvision's GoogLeNet has 2x2",
    link="https://github.com/pytorch/vision/blob/main/torchvision/models/googlenet.py",
)
def pool_of_3x3_for_2x2(case: Case) -> bool:
    """A max pool after a concatenation has a kernel of 3x3 in place of 2x2."""
    return _is_window_between_branches(case, 2, 3)


@known(
    slug="max-pool-for-average",
    says="max pool for average pool, as in the last block of the FID network",
    link="https://github.com/mseitzer/pytorch-fid/blob/master/src/pytorch_fid/inception.py",
)
def max_pool_for_average(case: Case) -> bool:
    """On a branch into a concatenation, a max pool stands in place of an average pool."""
    return replaces(case, "avg_pool", "max_pool") and join_of(case.reference, case.edit.reference[0]) == "cat"


@known(
    slug="no-max-pool-in-stem",
    says="no max pool in the stem, as in a CIFAR net",
    link="https://github.com/kuangliu/pytorch-cifar/issues/18",
)
def no_max_pool_in_stem(case: Case) -> bool:
    """The max pool after the first layer is missing."""
    return is_missing(case, "max_pool") and layers_above(case.reference, case.edit.reference[0]) == 1
