"""ResNet-18/34/50/101/152: He, Zhang, Ren, Sun 2015, "Deep Residual Learning for Image Recognition", arXiv:1512.03385.

Table 1 gives depths, widths and output sizes; figure 5 the two blocks; section 3.3 the shortcut rule (option B).

Deviations from the paper:

- ``resnet50``, ``resnet101``, ``resnet152`` put a block's stride on its 3x3 convolution, the paper on its first 1x1.
  This is "v1.5", torchvision's definition (https://github.com/pytorch/vision/issues/191); ``resnet50_v1``,
  ``resnet101_v1`` and ``resnet152_v1`` are the paper's. Both have the same state_dict; their logits differ.
  ResNet-18 and 34 have no first 1x1, so there is one form of each.
- Padding of the 3x3 max pool is 1, which the paper leaves unsaid; Table 1's 56x56 needs it.
- Convolutions start from N(0, 2 / fan_out) (arXiv:1502.01852) and batch norm from the identity, as torchvision's do;
  the linear layer keeps PyTorch's default. ``zero_init_residual`` is arXiv:1706.02677, section 5.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from arches._arguments import require_at_least_one
from arches._blocks import BasicBlock, Bottleneck, kaiming_fan_out
from arches._spec import Family

__all__ = [
    "DEPTHS",
    "FAMILIES",
    "BasicBlock",
    "Bottleneck",
    "BottleneckV1",
    "ResNet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet50_v1",
    "resnet101",
    "resnet101_v1",
    "resnet152",
    "resnet152_v1",
]

# He et al. 2015, Table 1: blocks in each stage, their width, and the stride of the first.
# fmt: off
# layers   conv2_x  conv3_x  conv4_x  conv5_x
DEPTHS = {
    18:     (2,       2,       2,       2),
    34:     (3,       4,       6,       3),
    50:     (3,       4,       6,       3),
    101:    (3,       4,       23,      3),
    152:    (3,       8,       36,      3),
}
WIDTHS =    (64,      128,     256,     512)
STRIDES =   (1,       2,       2,       2)
# fmt: on


class BottleneckV1(Bottleneck):
    """The paper's bottleneck: the stride on the first 1x1 convolution. Arguments and shapes as ``Bottleneck``."""

    @staticmethod
    def _strides(stride: int) -> tuple[int, int]:
        return stride, 1


class ResNet(nn.Module):
    """A residual net of four stages on a 7x7 stem: Table 1.

    Args:
        block: ``BasicBlock``, ``Bottleneck`` or ``BottleneckV1``.
        depths: number of blocks in each of the four stages.
        num_classes: number of logits.
        in_channels: channels of the image.
        groups: groups of each 3x3 convolution.
        width_per_group: channels of a group in the first stage.
        zero_init_residual: start each residual branch at zero (arXiv:1706.02677, section 5.1).

    Shape: ``(N, in_channels, H, W)`` to ``(N, num_classes)``, for every ``H`` and ``W`` from 1 up.

    Raises:
        TypeError: if a count is not an int.
        ValueError: if a count is smaller than 1, or there are not four depths.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        depths: Sequence[int],
        *,
        num_classes: int = 1000,
        in_channels: int = 3,
        groups: int = 1,
        width_per_group: int = 64,
        zero_init_residual: bool = False,
    ) -> None:
        super().__init__()
        _check_counts(depths, num_classes, in_channels, groups, width_per_group)
        self.conv1 = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        inputs = (64, *(width * block.expansion for width in WIDTHS))
        stages = [
            _stage(block, depth, inputs[stage], WIDTHS[stage], STRIDES[stage], groups, width_per_group)
            for stage, depth in enumerate(depths)
        ]
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(inputs[-1], num_classes)
        kaiming_fan_out(self)
        if zero_init_residual:
            _zero_last_norms(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits. Shapes are Table 1's, for an image of 224x224; e is the block's expansion."""
        x = self.relu(self.bn1(self.conv1(x)))  # (N, 64, 112, 112)
        x = self.maxpool(x)  # (N, 64, 56, 56)
        x = self.layer1(x)  # (N, e * 64, 56, 56)
        x = self.layer2(x)  # (N, e * 128, 28, 28)
        x = self.layer3(x)  # (N, e * 256, 14, 14)
        x = self.layer4(x)  # (N, e * 512, 7, 7)
        x = self.avgpool(x)  # (N, e * 512, 1, 1)
        x = torch.flatten(x, 1)  # (N, e * 512)
        x = self.fc(x)  # (N, num_classes)
        return x


def _check_counts(depths: Sequence[int], num_classes: int, in_channels: int, groups: int, width: int) -> None:
    if len(depths) != 4:
        raise ValueError(f"depths must have 4 entries, one for each stage, got {len(depths)}: {depths!r}")
    for stage, depth in enumerate(depths):
        require_at_least_one(f"depths[{stage}]", depth)
    require_at_least_one("num_classes", num_classes)
    require_at_least_one("in_channels", in_channels)
    require_at_least_one("groups", groups)
    require_at_least_one("width_per_group", width)


def _stage(
    block: type[BasicBlock] | type[Bottleneck],
    depth: int,
    in_channels: int,
    planes: int,
    stride: int,
    groups: int,
    width_per_group: int,
) -> nn.Sequential:
    first = block(in_channels, planes, stride=stride, groups=groups, width_per_group=width_per_group)
    out_channels = planes * block.expansion
    rest = (block(out_channels, planes, groups=groups, width_per_group=width_per_group) for _ in range(depth - 1))
    return nn.Sequential(first, *rest)


def _zero_last_norms(net: nn.Module) -> None:
    for module in net.modules():
        if isinstance(module, BasicBlock):
            nn.init.zeros_(module.bn2.weight)
        elif isinstance(module, Bottleneck):
            nn.init.zeros_(module.bn3.weight)


def resnet18(*, num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-18."""
    return ResNet(BasicBlock, DEPTHS[18], num_classes=num_classes, in_channels=in_channels)


def resnet34(*, num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-34."""
    return ResNet(BasicBlock, DEPTHS[34], num_classes=num_classes, in_channels=in_channels)


def resnet50(*, num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-50 with the stride on the 3x3 ("v1.5")."""
    return ResNet(Bottleneck, DEPTHS[50], num_classes=num_classes, in_channels=in_channels)


def resnet101(*, num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-101 with the stride on the 3x3 ("v1.5")."""
    return ResNet(Bottleneck, DEPTHS[101], num_classes=num_classes, in_channels=in_channels)


def resnet152(*, num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-152 with the stride on the 3x3 ("v1.5")."""
    return ResNet(Bottleneck, DEPTHS[152], num_classes=num_classes, in_channels=in_channels)


def resnet50_v1(*, num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-50 as in the paper, the stride on the first 1x1."""
    return ResNet(BottleneckV1, DEPTHS[50], num_classes=num_classes, in_channels=in_channels)


def resnet101_v1(*, num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-101 as in the paper, the stride on the first 1x1."""
    return ResNet(BottleneckV1, DEPTHS[101], num_classes=num_classes, in_channels=in_channels)


def resnet152_v1(*, num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """ResNet-152 as in the paper, the stride on the first 1x1."""
    return ResNet(BottleneckV1, DEPTHS[152], num_classes=num_classes, in_channels=in_channels)


FAMILIES = (
    Family("a ResNet of basic blocks", "residual", partial(ResNet, BasicBlock)),
    Family("a ResNet of bottleneck blocks", "residual", partial(ResNet, Bottleneck)),
    Family("a ResNet of v1 bottleneck blocks", "residual", partial(ResNet, BottleneckV1)),
)
