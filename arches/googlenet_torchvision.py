"""GoogLeNet as torchvision defines it, after Szegedy et al. 2014, arXiv:1409.4842, Table 1.

Its checkpoints load here with ``strict=True``. The table is ``arches.googlenet``'s.

Deviations from ``arches.googlenet``, all torchvision's:

- 3x3 convolutions in place of 5x5 (https://github.com/pytorch/vision/issues/906).
- Batch norm with eps 1e-3; the last max pool is 2x2; main dropout is 0.2.
- The heads pool to 4x4 adaptively, so that other image sizes pass; they are silent in eval mode.
- Training returns main, head after 4d (``aux2``), head after 4a (``aux1``), in this order.
- Convolutions and linear layers start from N(0, 0.01) cut off at -2 and 2; linear biases keep PyTorch's default.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, relu

from arches._arguments import require_at_least_one
from arches.googlenet import TABLE, Widths

__all__ = [
    "BasicConv2d",
    "GoogLeNetOutputs",
    "GoogLeNetTorchvision",
    "Inception",
    "InceptionAux",
    "googlenet_torchvision",
]


class GoogLeNetOutputs(NamedTuple):
    """What the net returns in train mode: three times ``(N, num_classes)``."""

    logits: Tensor
    aux_logits2: Tensor
    aux_logits1: Tensor


class BasicConv2d(nn.Module):
    """Convolution without bias, batch norm with eps 1e-3, ReLU.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: side of the kernel.
        stride: of the convolution.
        padding: on each side.

    Shape: ``(N, in_channels, H, W)`` to ``(N, out_channels, H', W')``.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, kernel_size: int, stride: int = 1, padding: int = 0
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride=stride, padding=padding, bias=False)
        self.bn = nn.BatchNorm2d(out_channels, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``relu(norm(conv(x)))``."""
        return relu(self.bn(self.conv(x)), inplace=True)


class Inception(nn.Module):
    """Four branches side by side, concatenated: figure 2(b), with a 3x3 in the third where the figure has a 5x5.

    Args:
        in_channels: channels of the input.
        widths: the module's row of Table 1.

    Shape: ``(N, in_channels, H, W)`` to ``(N, widths.out_channels, H, W)``.
    """

    def __init__(self, in_channels: int, widths: Widths) -> None:
        super().__init__()
        self.branch1 = BasicConv2d(in_channels, widths.n1x1, kernel_size=1)
        self.branch2 = nn.Sequential(
            BasicConv2d(in_channels, widths.n3x3_reduce, kernel_size=1),
            BasicConv2d(widths.n3x3_reduce, widths.n3x3, kernel_size=3, padding=1),
        )
        self.branch3 = nn.Sequential(
            BasicConv2d(in_channels, widths.n5x5_reduce, kernel_size=1),
            # 3x3 where Table 1 has 5x5: https://github.com/pytorch/vision/issues/906
            BasicConv2d(widths.n5x5_reduce, widths.n5x5, kernel_size=3, padding=1),
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(kernel_size=3, stride=1, padding=1, ceil_mode=True),
            BasicConv2d(in_channels, widths.pool_proj, kernel_size=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the branches' outputs, concatenated in Table 1's order."""
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class InceptionAux(nn.Module):
    """Auxiliary classifier on an adaptive 4x4 average pool.

    Args:
        in_channels: channels of the input.
        num_classes: number of logits.
        dropout: probability of the dropout.

    Shape: ``(N, in_channels, H, W)`` to ``(N, num_classes)``.
    """

    def __init__(self, in_channels: int, *, num_classes: int, dropout: float) -> None:
        super().__init__()
        self.conv = BasicConv2d(in_channels, 128, kernel_size=1)
        self.fc1 = nn.Linear(128 * 4 * 4, 1024)
        self.fc2 = nn.Linear(1024, num_classes)
        self.dropout = nn.Dropout(p=dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return the head's logits."""
        x = adaptive_avg_pool2d(x, (4, 4))  # (N, in_channels, 4, 4)
        x = self.conv(x)  # (N, 128, 4, 4)
        x = torch.flatten(x, 1)  # (N, 2048)
        x = relu(self.fc1(x), inplace=True)  # (N, 1024)
        x = self.fc2(self.dropout(x))  # (N, num_classes)
        return x


class GoogLeNetTorchvision(nn.Module):
    """torchvision's GoogLeNet.

    Args:
        num_classes: number of logits of each output.
        in_channels: channels of the image.
        aux_logits: whether the net has the auxiliary heads; without them training returns one tensor.
        dropout: probability before the last linear layer.
        dropout_aux: probability in the auxiliary heads.

    Shape: ``(N, in_channels, H, W)`` with ``H`` and ``W`` from 15 up, to ``(N, num_classes)``, and in train mode with
    heads to ``GoogLeNetOutputs``.

    Raises:
        TypeError: if a count is not an int.
        ValueError: if a count is smaller than 1, or a dropout is not a probability.
    """

    def __init__(
        self,
        *,
        num_classes: int = 1000,
        in_channels: int = 3,
        aux_logits: bool = True,
        dropout: float = 0.2,
        dropout_aux: float = 0.7,
    ) -> None:
        super().__init__()
        require_at_least_one("num_classes", num_classes)
        require_at_least_one("in_channels", in_channels)
        self.conv1 = BasicConv2d(in_channels, 64, kernel_size=7, stride=2, padding=3)
        self.maxpool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.conv2 = BasicConv2d(64, 64, kernel_size=1)
        self.conv3 = BasicConv2d(64, 192, kernel_size=3, padding=1)
        self.maxpool2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.inception3a = Inception(192, TABLE["3a"])
        self.inception3b = Inception(256, TABLE["3b"])
        self.maxpool3 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.inception4a = Inception(480, TABLE["4a"])
        self.inception4b = Inception(512, TABLE["4b"])
        self.inception4c = Inception(512, TABLE["4c"])
        self.inception4d = Inception(512, TABLE["4d"])
        self.inception4e = Inception(528, TABLE["4e"])
        self.maxpool4 = nn.MaxPool2d(2, stride=2, ceil_mode=True)
        self.inception5a = Inception(832, TABLE["5a"])
        self.inception5b = Inception(832, TABLE["5b"])
        self.aux1: InceptionAux | None = None
        self.aux2: InceptionAux | None = None
        if aux_logits:
            self.aux1 = InceptionAux(512, num_classes=num_classes, dropout=dropout_aux)
            self.aux2 = InceptionAux(528, num_classes=num_classes, dropout=dropout_aux)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(p=dropout)
        self.fc = nn.Linear(1024, num_classes)
        _truncated_normal(self)

    def forward(self, x: Tensor) -> Tensor | GoogLeNetOutputs:
        """Return the logits, and in train mode those of the heads if the net has them."""
        x = self.conv1(x)  # (N, 64, 112, 112)
        x = self.maxpool1(x)  # (N, 64, 56, 56)
        x = self.conv2(x)  # (N, 64, 56, 56)
        x = self.conv3(x)  # (N, 192, 56, 56)
        x = self.maxpool2(x)  # (N, 192, 28, 28)
        x = self.inception3a(x)  # (N, 256, 28, 28)
        x = self.inception3b(x)  # (N, 480, 28, 28)
        x = self.maxpool3(x)  # (N, 480, 14, 14)
        x = self.inception4a(x)  # (N, 512, 14, 14)
        aux1 = self.aux1(x) if self.aux1 is not None and self.training else None  # (N, num_classes)
        x = self.inception4b(x)  # (N, 512, 14, 14)
        x = self.inception4c(x)  # (N, 512, 14, 14)
        x = self.inception4d(x)  # (N, 528, 14, 14)
        aux2 = self.aux2(x) if self.aux2 is not None and self.training else None  # (N, num_classes)
        x = self.inception4e(x)  # (N, 832, 14, 14)
        x = self.maxpool4(x)  # (N, 832, 7, 7)
        x = self.inception5a(x)  # (N, 832, 7, 7)
        x = self.inception5b(x)  # (N, 1024, 7, 7)
        x = self.avgpool(x)  # (N, 1024, 1, 1)
        x = torch.flatten(x, 1)  # (N, 1024)
        x = self.fc(self.dropout(x))  # (N, num_classes)
        return x if aux1 is None or aux2 is None else GoogLeNetOutputs(x, aux2, aux1)


def _truncated_normal(net: nn.Module) -> None:
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.trunc_normal_(module.weight, mean=0.0, std=0.01, a=-2, b=2)


def googlenet_torchvision(
    *,
    num_classes: int = 1000,
    in_channels: int = 3,
    aux_logits: bool = True,
    dropout: float = 0.2,
    dropout_aux: float = 0.7,
) -> GoogLeNetTorchvision:
    """GoogLeNet in torchvision's form, with the auxiliary heads or without."""
    return GoogLeNetTorchvision(
        num_classes=num_classes,
        in_channels=in_channels,
        aux_logits=aux_logits,
        dropout=dropout,
        dropout_aux=dropout_aux,
    )
