"""GoogLeNet with batch norm: Szegedy et al. 2014, "Going Deeper with Convolutions", arXiv:1409.4842.

Table 1 gives widths, strides and output sizes; figure 2(b) the inception module; section 5 the auxiliary classifiers.
Built here is the paper's topology with batch norm, real 5x5 branches and all three outputs in both modes, as published
in a table of 13,385,816 parameters. Dropout is the paper's: 0.7 in the heads, 0.4 before the last layer.
``arches.googlenet_torchvision`` is torchvision's variant.

Deviations from the paper:

- Batch norm (arXiv:1502.03167) after every convolution, which therefore has no bias; no local response normalisation.
- Padding of the max pools is 0 with ``ceil_mode``, which Table 1's sizes need and the paper leaves unsaid.
- The auxiliary heads return logits in eval mode too; the paper discards them at inference.
- Weights keep PyTorch's default initialisation; the paper gives none.

Deviation from the published listing:

- It flattens the heads with ``view(-1, 4 * 4 * 128)``, which mixes images where the pooled map is not 4x4. Here
  ``flatten`` keeps the batch axis, and an image whose pooled map has not 16 positions is rejected.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from arches._arguments import require_at_least_one

__all__ = ["TABLE", "AuxClf", "BasicConv2d", "GoogLeNet", "Inception", "Widths", "googlenet"]


class Widths(NamedTuple):
    """An inception row of Table 1: the output channels of its six convolutions."""

    n1x1: int
    n3x3_reduce: int
    n3x3: int
    n5x5_reduce: int
    n5x5: int
    pool_proj: int

    @property
    def out_channels(self) -> int:
        """Channels of the concatenation."""
        return self.n1x1 + self.n3x3 + self.n5x5 + self.pool_proj


# Szegedy et al. 2014, Table 1, from "inception (3a)" to "inception (5b)".
# fmt: off
#                #1x1 #3x3red #3x3 #5x5red #5x5 pool proj
TABLE = {
    "3a": Widths(64,  96,     128, 16,     32,  32),
    "3b": Widths(128, 128,    192, 32,     96,  64),
    "4a": Widths(192, 96,     208, 16,     48,  64),
    "4b": Widths(160, 112,    224, 24,     64,  64),
    "4c": Widths(128, 128,    256, 24,     64,  64),
    "4d": Widths(112, 144,    288, 32,     64,  64),
    "4e": Widths(256, 160,    320, 32,     128, 128),
    "5a": Widths(256, 160,    320, 32,     128, 128),
    "5b": Widths(384, 192,    384, 48,     128, 128),
}
# fmt: on


class BasicConv2d(nn.Module):
    """Convolution without bias, batch norm, ReLU.

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
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size, stride=stride, padding=padding, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return ``relu(norm(conv(x)))``."""
        x = self.layers(x)
        return x


class Inception(nn.Module):
    """Four branches side by side, concatenated: figure 2(b).

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
            BasicConv2d(widths.n5x5_reduce, widths.n5x5, kernel_size=5, padding=2),
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(kernel_size=3, stride=1, padding=1),
            BasicConv2d(in_channels, widths.pool_proj, kernel_size=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the branches' outputs, concatenated in Table 1's order."""
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class AuxClf(nn.Module):
    """Auxiliary classifier: section 5's list.

    Args:
        in_channels: channels of the input.
        num_classes: number of logits.
        dropout: probability of the dropout.

    Shape: ``(N, in_channels, 14, 14)`` to ``(N, num_classes)``; 14 to 16 are accepted on each axis.
    """

    def __init__(self, in_channels: int, *, num_classes: int, dropout: float) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.AvgPool2d(kernel_size=5, stride=3),
            BasicConv2d(in_channels, 128, kernel_size=1),
        )
        self.classifier = nn.Sequential(
            nn.Linear(128 * 4 * 4, 1024),
            nn.ReLU(inplace=True),
            nn.Dropout(p=dropout),
            nn.Linear(1024, num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the head's logits."""
        x = self.features(x)  # (N, 128, 4, 4)
        x = torch.flatten(x, 1)  # (N, 2048)
        x = self.classifier(x)  # (N, num_classes)
        return x


class GoogLeNet(nn.Module):
    """Nine inception modules on a stem, with heads after 4a and 4d.

    Args:
        num_classes: number of logits of each output.
        in_channels: channels of the image.
        dropout: probability before the last linear layer.
        dropout_aux: probability in the auxiliary heads.

    Shape: ``(N, in_channels, H, W)`` with ``H`` and ``W`` from 223 to 270, to three times ``(N, num_classes)``: the
    main logits, those of the head after 4a, those of the head after 4d.

    Raises:
        TypeError: if a count is not an int.
        ValueError: if a count is smaller than 1, or a dropout is not a probability.
    """

    def __init__(
        self, *, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.4, dropout_aux: float = 0.7
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
        self.aux4a = AuxClf(512, num_classes=num_classes, dropout=dropout_aux)
        self.inception4b = Inception(512, TABLE["4b"])
        self.inception4c = Inception(512, TABLE["4c"])
        self.inception4d = Inception(512, TABLE["4d"])
        self.aux4d = AuxClf(528, num_classes=num_classes, dropout=dropout_aux)
        self.inception4e = Inception(528, TABLE["4e"])
        self.maxpool4 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.inception5a = Inception(832, TABLE["5a"])
        self.inception5b = Inception(832, TABLE["5b"])
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(p=dropout)
        self.fc = nn.Linear(1024, num_classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the main logits, the logits after 4a, the logits after 4d."""
        x = self.conv1(x)  # (N, 64, 112, 112)
        x = self.maxpool1(x)  # (N, 64, 56, 56)
        x = self.conv2(x)  # (N, 64, 56, 56)
        x = self.conv3(x)  # (N, 192, 56, 56)
        x = self.maxpool2(x)  # (N, 192, 28, 28)
        x = self.inception3a(x)  # (N, 256, 28, 28)
        x = self.inception3b(x)  # (N, 480, 28, 28)
        x = self.maxpool3(x)  # (N, 480, 14, 14)
        x = self.inception4a(x)  # (N, 512, 14, 14)
        after_4a = self.aux4a(x)  # (N, num_classes)
        x = self.inception4b(x)  # (N, 512, 14, 14)
        x = self.inception4c(x)  # (N, 512, 14, 14)
        x = self.inception4d(x)  # (N, 528, 14, 14)
        after_4d = self.aux4d(x)  # (N, num_classes)
        x = self.inception4e(x)  # (N, 832, 14, 14)
        x = self.maxpool4(x)  # (N, 832, 7, 7)
        x = self.inception5a(x)  # (N, 832, 7, 7)
        x = self.inception5b(x)  # (N, 1024, 7, 7)
        x = self.avgpool(x)  # (N, 1024, 1, 1)
        x = torch.flatten(x, 1)  # (N, 1024)
        x = self.fc(self.dropout(x))  # (N, num_classes)
        return x, after_4a, after_4d


def googlenet(
    *, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.4, dropout_aux: float = 0.7
) -> GoogLeNet:
    """GoogLeNet with batch norm and three outputs in both modes."""
    return GoogLeNet(num_classes=num_classes, in_channels=in_channels, dropout=dropout, dropout_aux=dropout_aux)
