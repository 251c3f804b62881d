"""VGG-11/13/16/19: Simonyan, Zisserman 2014, "Very Deep Convolutional Networks", arXiv:1409.1556.

Table 1 gives the configurations A, B, D and E; section 2.1 the layers. Table 2 prints 133, 133, 138, 144 million
parameters.

Deviations from the paper, all torchvision's:

- The ``_bn`` nets put batch norm, which came later (arXiv:1502.03167), between each convolution and its ReLU.
- An adaptive 7x7 average pool before the classifier, the identity at 224x224, lets other sizes through.
- Convolutions start from N(0, 2 / fan_out) with bias 0, linear layers from N(0, 0.01) with bias 0; the paper starts
  deep nets from a trained configuration A.
- Configurations A-LRN and C are left out, as torchvision leaves them.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from arches._arguments import require_at_least_one
from arches._blocks import kaiming_fan_out
from arches._spec import Family

__all__ = [
    "FAMILIES",
    "VGG",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
]

# Simonyan & Zisserman 2014, Table 1: output channels of the 3x3 convolutions; after each block, a 2x2 max pool.
# fmt: off
A = ((64,),    (128,),     (256, 256),           (512, 512),           (512, 512))
B = ((64, 64), (128, 128), (256, 256),           (512, 512),           (512, 512))
D = ((64, 64), (128, 128), (256, 256, 256),      (512, 512, 512),      (512, 512, 512))
E = ((64, 64), (128, 128), (256, 256, 256, 256), (512, 512, 512, 512), (512, 512, 512, 512))
#      in           out
FC6 = (512 * 7 * 7, 4096)
FC7 = (4096,        4096)
# fmt: on

Column = tuple[tuple[int, ...], ...]


def _plain(column: Column, in_channels: int) -> Iterator[nn.Module]:
    """The layers of a column of Table 1: convolution and ReLU, a pool after each block."""
    for block in column:
        for out_channels in block:
            yield nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)
            yield nn.ReLU(inplace=True)
            in_channels = out_channels
        yield nn.MaxPool2d(kernel_size=2, stride=2)


def _with_batch_norm(column: Column, in_channels: int) -> Iterator[nn.Module]:
    """The same, with a batch norm after each convolution."""
    for layer in _plain(column, in_channels):
        yield layer
        if isinstance(layer, nn.Conv2d):
            yield nn.BatchNorm2d(layer.out_channels)


class VGG(nn.Module):
    """Convolutional features and three linear layers.

    Args:
        features: layers from the image to 512 channels.
        num_classes: number of logits.
        dropout: probability of each of the two dropouts.

    Shape: ``(N, in_channels, H, W)`` with ``H`` and ``W`` from 32 up, to ``(N, num_classes)``.

    Raises:
        TypeError: if ``num_classes`` is not an int.
        ValueError: if ``num_classes`` is smaller than 1, or ``dropout`` is not a probability.
    """

    def __init__(self, features: nn.Sequential, *, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        require_at_least_one("num_classes", num_classes)
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(*FC6),  # (N, 4096)
            nn.ReLU(inplace=True),
            nn.Dropout(p=dropout),
            nn.Linear(*FC7),  # (N, 4096)
            nn.ReLU(inplace=True),
            nn.Dropout(p=dropout),
            nn.Linear(FC7[1], num_classes),  # (N, num_classes)
        )
        kaiming_fan_out(self)
        for layer in self.classifier:
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, 0, 0.01)
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        x = self.features(x)  # (N, 512, 7, 7)
        x = self.avgpool(x)  # (N, 512, 7, 7)
        x = torch.flatten(x, 1)  # (N, 25088)
        x = self.classifier(x)  # (N, num_classes)
        return x


def _vgg(column: Column, num_classes: int, in_channels: int, dropout: float = 0.5) -> VGG:
    require_at_least_one("in_channels", in_channels)
    return VGG(nn.Sequential(*_plain(column, in_channels)), num_classes=num_classes, dropout=dropout)


def _vgg_bn(column: Column, num_classes: int, in_channels: int, dropout: float = 0.5) -> VGG:
    require_at_least_one("in_channels", in_channels)
    return VGG(nn.Sequential(*_with_batch_norm(column, in_channels)), num_classes=num_classes, dropout=dropout)


def vgg11(*, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> VGG:
    """VGG-11, configuration A."""
    return _vgg(A, num_classes, in_channels, dropout)


def vgg13(*, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> VGG:
    """VGG-13, configuration B."""
    return _vgg(B, num_classes, in_channels, dropout)


def vgg16(*, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> VGG:
    """VGG-16, configuration D."""
    return _vgg(D, num_classes, in_channels, dropout)


def vgg19(*, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> VGG:
    """VGG-19, configuration E."""
    return _vgg(E, num_classes, in_channels, dropout)


def vgg11_bn(*, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> VGG:
    """VGG-11, configuration A, with batch norm."""
    return _vgg_bn(A, num_classes, in_channels, dropout)


def vgg13_bn(*, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> VGG:
    """VGG-13, configuration B, with batch norm."""
    return _vgg_bn(B, num_classes, in_channels, dropout)


def vgg16_bn(*, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> VGG:
    """VGG-16, configuration D, with batch norm."""
    return _vgg_bn(D, num_classes, in_channels, dropout)


def vgg19_bn(*, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> VGG:
    """VGG-19, configuration E, with batch norm."""
    return _vgg_bn(E, num_classes, in_channels, dropout)


FAMILIES = (Family("a VGG", "plain", _vgg), Family("a VGG with batch norm", "plain", _vgg_bn))
