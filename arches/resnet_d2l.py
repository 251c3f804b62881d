"""ResNet-18 in Dive into Deep Learning's layout: Zhang, Lipton, Li, Smola, section 8.6, https://d2l.ai.

The book's layout of He et al. 2015, arXiv:1512.03385, Table 1, for one-channel images and 10 classes. The net is
a plain ``Sequential`` of five stages and a head, so that a ``for`` loop shows it layer by layer.

Deviations from the paper, all the book's:

- Every convolution keeps its bias, although batch norm follows and cancels it.
- The projection shortcut is a 1x1 convolution with bias and no batch norm after it; it stands on the first block of
  stages 2 to 4 only, which is what the paper's rule gives too.
- Weights keep PyTorch's default initialisation; the book's training loop overwrites them (Xavier uniform).
"""

from __future__ import annotations

from torch import Tensor, nn

from arches._arguments import require_at_least_one

__all__ = ["Residual", "resnet18_d2l"]

# Dive into Deep Learning, section 8.6.2: residual blocks, channels, and the stride of the first.
# fmt: off
#         blocks channels stride
STAGES = (
          (2,     64,      1),
          (2,     128,     2),
          (2,     256,     2),
          (2,     512,     2),
)
# fmt: on


class Residual(nn.Module):
    """The book's residual block: two 3x3 convolutions with bias, and a bare 1x1 convolution where shapes change.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        stride: of the first 3x3 and the 1x1 convolution.

    Shape: ``(N, in_channels, H, W)`` to ``(N, out_channels, ceil(H / stride), ceil(W / stride))``.
    """

    def __init__(self, in_channels: int, out_channels: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, stride=stride)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1)
        self.conv3: nn.Conv2d | None = None
        if stride != 1 or in_channels != out_channels:
            self.conv3 = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``relu(residual(x) + shortcut(x))``."""
        out: Tensor = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += x if self.conv3 is None else self.conv3(x)
        out = self.relu(out)
        return out


def _stem(in_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3),
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
    )


def _stage(in_channels: int, depth: int, out_channels: int, stride: int) -> nn.Sequential:
    rest = (Residual(out_channels, out_channels) for _ in range(depth - 1))
    return nn.Sequential(Residual(in_channels, out_channels, stride=stride), *rest)


def resnet18_d2l(*, num_classes: int = 10, in_channels: int = 1) -> nn.Sequential:
    """The book's ResNet-18.

    Args:
        num_classes: number of logits.
        in_channels: channels of the image.

    Shape: ``(N, in_channels, H, W)`` to ``(N, num_classes)``, for every ``H`` and ``W`` from 1 up.

    Raises:
        TypeError: if an argument is not an int.
        ValueError: if an argument is smaller than 1.
    """
    require_at_least_one("num_classes", num_classes)
    require_at_least_one("in_channels", in_channels)
    stage1, stage2, stage3, stage4 = STAGES
    return nn.Sequential(
        _stem(in_channels),  # (N, 64, 56, 56)
        _stage(64, *stage1),  # (N, 64, 56, 56)
        _stage(64, *stage2),  # (N, 128, 28, 28)
        _stage(128, *stage3),  # (N, 256, 14, 14)
        _stage(256, *stage4),  # (N, 512, 7, 7)
        nn.AdaptiveAvgPool2d((1, 1)),  # (N, 512, 1, 1)
        nn.Flatten(),  # (N, 512)
        nn.Linear(512, num_classes),  # (N, num_classes)
    )
