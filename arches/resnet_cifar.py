"""ResNet-18 with a 3x3 stem, as tutorials build it for small images after He et al. 2015, arXiv:1512.03385, Table 1.

The four stages are ``arches.resnet``'s; the stem is one 3x3 convolution at stride 1, batch norm, ReLU and a max pool.

Deviations from the paper, all the tutorial's:

- The stem's convolution is 3x3 at stride 1, the paper's 7x7 at stride 2: every stage is twice as high and wide.
  Section 4.2's own nets for CIFAR-10 (ResNet-20 to 110) have three stages and other widths; this is none of them.

Deviations from the tutorial:

- Its listing reads ``self.inplanes`` before assigning it and cannot be built as printed; this file can.
- It leaves the padding of its 3x3 max pool at stride 2 open. Here it is 1, as in every ResNet: 32 gives 16 and 224
  gives 112, where no padding would give 15 and 111.
- It prints the sizes of this net's stages (56, 28, 14 for stages 2 to 4) as those of the standard ResNet-18 at
  224x224, which has 28, 14 and 7.
- 10 classes and no published initialisation: ``arches.resnet``'s is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from arches._blocks import BasicBlock, kaiming_fan_out
from arches.resnet import DEPTHS, ResNet

__all__ = ["SmallStemResNet", "resnet18_cifar"]

# The tutorial's stem; the four stages are Table 1's.
# fmt: off
#               kernel stride padding
STEM_CONV    = (3,     1,     1)
STEM_MAXPOOL = (3,     2,     1)
# fmt: on


class SmallStemResNet(ResNet):
    """``ResNet`` of basic blocks with a 3x3 convolution at stride 1 as its stem.

    Args:
        depths: number of blocks in each of the four stages.
        num_classes: number of logits.
        in_channels: channels of the image.

    Shape: ``(N, in_channels, H, W)`` to ``(N, num_classes)``, for every ``H`` and ``W`` from 1 up.

    Raises:
        TypeError: if a count is not an int.
        ValueError: if a count is smaller than 1, or there are not four depths.
    """

    def __init__(self, depths: Sequence[int], *, num_classes: int = 10, in_channels: int = 3) -> None:
        super().__init__(BasicBlock, depths, num_classes=num_classes, in_channels=in_channels)
        self.conv1 = nn.Conv2d(in_channels, 64, *STEM_CONV, bias=False)
        self.maxpool = nn.MaxPool2d(*STEM_MAXPOOL)
        kaiming_fan_out(self.conv1)


def resnet18_cifar(*, num_classes: int = 10, in_channels: int = 3) -> SmallStemResNet:
    """ResNet-18 with a 3x3 stem."""
    return SmallStemResNet(DEPTHS[18], num_classes=num_classes, in_channels=in_channels)
