"""ResNeXt-50/101: Xie, Girshick, Dollar, Tu, He 2016, "Aggregated Residual Transformations", arXiv:1611.05431.

Table 1 gives ResNeXt-50 (32x4d) beside ResNet-50; figure 3(c) the grouped form of the block that is built here.

Deviations from the paper:

- ``resnext101_32x8d`` and ``resnext101_64x4d`` are torchvision's choices of width; the paper's Table 3 has 101 (32x4d)
  and (64x4d), and 32x8d comes from arXiv:1805.00932 (https://github.com/pytorch/vision/pull/822).
- Initialisation is ``arches.resnet``'s, which is torchvision's; the paper follows arXiv:1512.03385.
"""

from __future__ import annotations

from arches._blocks import Bottleneck
from arches.resnet import DEPTHS, ResNet

__all__ = ["resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"]

# Xie et al. 2016, section 5.1, "cardinality x d": groups of the 3x3 convolution and a group's width in conv2_x.
# fmt: off
#           C  x d
C32_D4   = (32,  4)
C32_D8   = (32,  8)
C64_D4   = (64,  4)
# fmt: on


def resnext50_32x4d(*, num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNeXt-50 with 32 groups of 4 channels: Table 1, right."""
    return _resnext(50, C32_D4, num_classes, in_channels)


def resnext101_32x8d(*, num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNeXt-101 with 32 groups of 8 channels."""
    return _resnext(101, C32_D8, num_classes, in_channels)


def resnext101_64x4d(*, num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNeXt-101 with 64 groups of 4 channels."""
    return _resnext(101, C64_D4, num_classes, in_channels)


def _resnext(layers: int, cardinality: tuple[int, int], num_classes: int, in_channels: int) -> ResNet:
    groups, width_per_group = cardinality
    return ResNet(
        Bottleneck,
        DEPTHS[layers],
        num_classes=num_classes,
        in_channels=in_channels,
        groups=groups,
        width_per_group=width_per_group,
    )
