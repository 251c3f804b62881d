"""Layers that two or more papers share: the residual blocks, and the initialisation of ResNet and VGG.

The blocks are He et al. 2015, arXiv:1512.03385, figure 5, in the form that ResNeXt (arXiv:1611.05431) and Wide ResNet
(arXiv:1605.07146) vary. A block builds its own shortcut by the rule of section 3.3, option B.
"""

from __future__ import annotations

from torch import Tensor, nn

__all__ = ["BasicBlock", "Bottleneck", "conv1x1", "conv3x3", "kaiming_fan_out", "projection"]


def conv3x3(in_channels: int, out_channels: int, *, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """3x3 convolution that keeps the size at stride 1, without bias."""
    return nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, groups=groups, bias=False)


def conv1x1(in_channels: int, out_channels: int, *, stride: int = 1) -> nn.Conv2d:
    """1x1 convolution without bias."""
    return nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False)


def projection(in_channels: int, out_channels: int, stride: int) -> nn.Sequential | None:
    """The shortcut of section 3.3, option B: None (identity) when stride is 1 and channels agree, else 1x1 and norm."""
    if stride == 1 and in_channels == out_channels:
        return None
    return nn.Sequential(conv1x1(in_channels, out_channels, stride=stride), nn.BatchNorm2d(out_channels))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut: figure 5, left.

    Args:
        in_channels: channels of the input.
        planes: channels of the stage; the block returns as many.
        stride: of the first convolution and the projection.
        groups: 1, as the block has no grouped form.
        width_per_group: 64, likewise.

    Shape: ``(N, in_channels, H, W)`` to ``(N, planes, ceil(H / stride), ceil(W / stride))``.

    Raises:
        ValueError: if ``groups`` is not 1 or ``width_per_group`` is not 64.
    """

    expansion = 1

    def __init__(
        self, in_channels: int, planes: int, *, stride: int = 1, groups: int = 1, width_per_group: int = 64
    ) -> None:
        super().__init__()
        if groups != 1 or width_per_group != 64:
            raise ValueError(
                f"BasicBlock has groups=1 and width_per_group=64 only, got {groups} and {width_per_group}; "
                "use Bottleneck"
            )
        self.conv1 = conv3x3(in_channels, planes, stride=stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = projection(in_channels, planes, stride)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Return ``relu(residual(x) + shortcut(x))``."""
        out: Tensor = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += x if self.downsample is None else self.downsample(x)
        out = self.relu(out)
        return out


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions and a shortcut: figure 5, right, with the stride on the 3x3 ("v1.5").

    Args:
        in_channels: channels of the input.
        planes: channels of the stage; the block returns four times as many.
        stride: of the 3x3 convolution and the projection.
        groups: of the 3x3 convolution (ResNeXt's cardinality).
        width_per_group: channels of a group where ``planes`` is 64.

    Shape: ``(N, in_channels, H, W)`` to ``(N, 4 * planes, ceil(H / stride), ceil(W / stride))``.
    """

    expansion = 4

    def __init__(
        self, in_channels: int, planes: int, *, stride: int = 1, groups: int = 1, width_per_group: int = 64
    ) -> None:
        super().__init__()
        width = int(planes * (width_per_group / 64)) * groups
        out_channels = planes * self.expansion
        first, second = self._strides(stride)
        self.conv1 = conv1x1(in_channels, width, stride=first)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv3x3(width, width, stride=second, groups=groups)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = conv1x1(width, out_channels)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = projection(in_channels, out_channels, stride)
        self.stride = stride

    @staticmethod
    def _strides(stride: int) -> tuple[int, int]:
        return 1, stride

    def forward(self, x: Tensor) -> Tensor:
        """Return ``relu(residual(x) + shortcut(x))``."""
        out: Tensor = self.conv1(x)
        out = self.relu(self.bn1(out))
        out = self.conv2(out)  # each in a statement of its own, so that its input is freed before the norm runs
        out = self.relu(self.bn2(out))
        out = self.conv3(out)
        out = self.bn3(out)
        out += x if self.downsample is None else self.downsample(x)
        out = self.relu(out)
        return out


def kaiming_fan_out(net: nn.Module) -> None:
    """Initialise convolutions from N(0, 2 / fan_out), their biases to 0, and batch norm to the identity.

    Args:
        net: the module whose convolutions and batch norms are set, in the order of ``net.modules()``.

    Source: He et al. 2015, arXiv:1502.01852, section 2.2 (backward case); torchvision's ``resnet`` and ``vgg``.
    """
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
