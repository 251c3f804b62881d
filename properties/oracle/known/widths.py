"""Known deviations in widths and groups, and the two editions of AlexNet."""

from __future__ import annotations

from collections.abc import Sequence

from properties.graph.ir import OpGraph
from properties.oracle.known.case import (
    Case,
    branch,
    is_depthwise,
    is_in_bottleneck,
    is_of_stem,
    known,
    weighted,
)

__all__ = [
    "ALEXNET_2012",
    "ALEXNET_2014",
    "alexnet_of_2012",
    "alexnet_of_2014",
    "conv_widths",
    "first_1x1_grouped",
    "groups_ignored",
    "width_of_densenet_stem",
    "width_of_resnext",
    "width_of_stem",
]

ALEXNET_2012 = (96, 256, 384, 384, 256)  # Krizhevsky et al. 2012, both GPUs together
ALEXNET_2014 = (64, 192, 384, 256, 256)  # Krizhevsky 2014, "One weird trick", torchvision's


def conv_widths(graph: OpGraph) -> tuple[int, ...]:
    """Output channels of every convolution, in execution order."""
    return tuple(op.attributes["out_channels"] for _, op in graph.of_kind("conv"))


def _are_editions(case: Case, ours: Sequence[int], theirs: Sequence[int]) -> bool:
    """Whether the nets have these widths, and the case is about them."""
    is_about = case.names("out_channels")
    return is_about and (conv_widths(case.reference), conv_widths(case.candidate)) == (ours, theirs)


@known(
    slug="first-1x1-grouped",
    says="the first 1x1 convolution of the block is grouped; only the 3x3 should be",
    link="https://github.com/weiaicunzai/pytorch-cifar100/blob/master/models/resnext.py",
)
def first_1x1_grouped(case: Case) -> bool:
    """A bottleneck's first convolution has groups, and should have none."""
    values = case.changes("groups")
    if values is None or values[0] != 1:
        return False
    chain = weighted(case.reference, branch(case.reference, case.edit.reference[0]))
    return len(chain) > 1 and chain[0] is case.ours and is_in_bottleneck(chain)


@known(
    slug="groups-ignored",
    says="groups is ignored",
    link="https://github.com/miraclewkf/ResNeXt-PyTorch/issues/3",
)
def groups_ignored(case: Case) -> bool:
    """A convolution should have groups, and has none; depthwise ones are another matter."""
    values = case.changes("groups")
    return values is not None and values[1] == 1 and not is_depthwise(case.ours)


@known(
    slug="alexnet-of-2012",
    says="AlexNet's widths of 2012 (96-256-384-384-256); torchvision has those of 2014 (64-192-384-256-256)",
    link="https://github.com/pytorch/vision/issues/185",
)
def alexnet_of_2012(case: Case) -> bool:
    """Every convolution is as wide as in 2012, and should be as in 2014."""
    return _are_editions(case, ALEXNET_2014, ALEXNET_2012)


@known(
    slug="alexnet-of-2014",
    says="AlexNet's widths of 2014, torchvision's (64-192-384-256-256), instead of those of 2012 (96-256-384-384-256)",
    link="https://github.com/pytorch/vision/issues/185",
)
def alexnet_of_2014(case: Case) -> bool:
    """Every convolution is as wide as in 2014, and should be as in 2012."""
    return _are_editions(case, ALEXNET_2012, ALEXNET_2014)


@known(
    slug="width-of-stem",
    says="the width multiplier and the stem: one net applies it there and the other does not",
    link="https://github.com/pytorch/vision/pull/1224",
)
def width_of_stem(case: Case) -> bool:
    """The first convolution of a net with depthwise ones has another width."""
    has_depthwise = any(is_depthwise(op) for _, op in case.reference.of_kind("conv"))
    return case.changes("out_channels") is not None and is_of_stem(case) and has_depthwise


@known(
    slug="width-of-densenet-stem",
    says="DenseNet's first convolution: twice the growth rate with bottlenecks, 16 channels without",
    link="https://github.com/bamos/densenet.pytorch/pull/16",
)
def width_of_densenet_stem(case: Case) -> bool:
    """The first convolution of a net of dense blocks and average pools has twice or half its width."""
    values = case.changes("out_channels")
    if values is None or not is_of_stem(case) or values[1] not in (2 * values[0], values[0] / 2):  # type: ignore[operator]
        return False
    return any(op.kind == "cat" and op.inputs[0] != op.inputs[-1] for op in case.reference.ops) and any(
        op.kind == "avg_pool" for op in case.reference.ops
    )


@known(
    slug="width-of-resnext",
    says="ResNeXt's width or number of groups",
    link="https://github.com/prlz77/ResNeXt.pytorch/issues/14",
)
def width_of_resnext(case: Case) -> bool:
    """A width or number of groups differs in a bottleneck with a grouped convolution."""
    if not case.names("out_channels", "groups"):
        return False
    chain = weighted(case.reference, branch(case.reference, case.edit.reference[0]))
    is_grouped = any(op.attributes.get("groups", 1) > 1 and not is_depthwise(op) for op in chain)
    return is_grouped and is_in_bottleneck(chain)
