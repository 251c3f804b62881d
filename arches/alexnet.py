"""AlexNet: Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks", arXiv:1404.5997.

Section 5 and its footnote describe the single-tower form of the 2012 net; torchvision's ``alexnet`` is built here.

Deviations from the paper, all torchvision's:

- 64, 192, 384, 256, 256 filters, where the footnote has 64, 192, 384, 384, 256
  (https://github.com/pytorch/vision/issues/185).
- Dropout stands before the linear layers, not after them (https://github.com/pytorch/vision/issues/549).
- An adaptive 6x6 average pool before the classifier, the identity at 224x224, lets other sizes through.
- No local response normalisation.
- Weights keep PyTorch's default initialisation, as torchvision's do; the paper has N(0, 0.01).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from arches._arguments import require_at_least_one

__all__ = ["AlexNet", "alexnet"]

# Krizhevsky 2014, section 5, with torchvision's widths.
# fmt: off
#         out  kernel stride padding
CONV1 =  (64,  11,    4,     2)
CONV2 =  (192, 5,     1,     2)
CONV3 =  (384, 3,     1,     1)
CONV4 =  (256, 3,     1,     1)
CONV5 =  (256, 3,     1,     1)
#         kernel stride
POOL  =  (3,     2)
#         in           out
FC6   =  (256 * 6 * 6, 4096)
FC7   =  (4096,        4096)
# fmt: on


class AlexNet(nn.Module):
    """Five convolutions, three pools, three linear layers.

    Args:
        num_classes: number of logits.
        in_channels: channels of the image.
        dropout: probability of each of the two dropouts.

    Shape: ``(N, in_channels, H, W)`` with ``H`` and ``W`` from 63 up, to ``(N, num_classes)``.

    Raises:
        TypeError: if a count is not an int.
        ValueError: if a count is smaller than 1, or ``dropout`` is not a probability.
    """

    def __init__(self, *, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> None:
        super().__init__()
        require_at_least_one("num_classes", num_classes)
        require_at_least_one("in_channels", in_channels)
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, *CONV1),  # (N, 64, 55, 55)
            nn.ReLU(inplace=True),
            nn.MaxPool2d(*POOL),  # (N, 64, 27, 27)
            nn.Conv2d(CONV1[0], *CONV2),  # (N, 192, 27, 27)
            nn.ReLU(inplace=True),
            nn.MaxPool2d(*POOL),  # (N, 192, 13, 13)
            nn.Conv2d(CONV2[0], *CONV3),  # (N, 384, 13, 13)
            nn.ReLU(inplace=True),
            nn.Conv2d(CONV3[0], *CONV4),  # (N, 256, 13, 13)
            nn.ReLU(inplace=True),
            nn.Conv2d(CONV4[0], *CONV5),  # (N, 256, 13, 13)
            nn.ReLU(inplace=True),
            nn.MaxPool2d(*POOL),  # (N, 256, 6, 6)
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout),
            nn.Linear(*FC6),  # (N, 4096)
            nn.ReLU(inplace=True),
            nn.Dropout(p=dropout),
            nn.Linear(*FC7),  # (N, 4096)
            nn.ReLU(inplace=True),
            nn.Linear(FC7[1], num_classes),  # (N, num_classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        x = self.features(x)  # (N, 256, 6, 6)
        x = self.avgpool(x)  # (N, 256, 6, 6)
        x = torch.flatten(x, 1)  # (N, 9216)
        x = self.classifier(x)  # (N, num_classes)
        return x


def alexnet(*, num_classes: int = 1000, in_channels: int = 3, dropout: float = 0.5) -> AlexNet:
    """AlexNet in torchvision's form."""
    return AlexNet(num_classes=num_classes, in_channels=in_channels, dropout=dropout)
