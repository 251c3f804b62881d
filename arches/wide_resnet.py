"""Wide ResNet-50-2 and 101-2: Zagoruyko, Komodakis 2016, "Wide Residual Networks", arXiv:1605.07146.

Section 3.5 and Table 8 give "WRN-50-2-bottleneck": ResNet-50 whose inner 3x3 convolutions are twice as wide.

Deviations from the paper:

- The stride is on the 3x3 convolution, as in ``arches.resnet``'s v1.5 form and torchvision's.
- No dropout inside a block (https://github.com/pytorch/vision/issues/2196): the paper's ImageNet nets have none.
- ``wide_resnet101_2`` is torchvision's; the paper stops at 50 layers with bottlenecks.
- Initialisation is ``arches.resnet``'s.
"""

from __future__ import annotations

from arches._blocks import Bottleneck
from arches.resnet import DEPTHS, ResNet

__all__ = ["wide_resnet50_2", "wide_resnet101_2"]

# Zagoruyko & Komodakis 2016, section 3.5: the widening factor k = 2 multiplies the 64 channels of the inner 3x3.
WIDTH = 2 * 64


def wide_resnet50_2(*, num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """Wide ResNet-50-2."""
    return ResNet(Bottleneck, DEPTHS[50], num_classes=num_classes, in_channels=in_channels, width_per_group=WIDTH)


def wide_resnet101_2(*, num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """Wide ResNet-101-2."""
    return ResNet(Bottleneck, DEPTHS[101], num_classes=num_classes, in_channels=in_channels, width_per_group=WIDTH)
