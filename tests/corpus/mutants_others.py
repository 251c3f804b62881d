"""What people got wrong in an Inception-v3, a Swin transformer and nets that pad by hand."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from corpus.case import Mutant, Original, Rewrite, mutant
from corpus.edits import put, remake, setting, tune
from corpus.nets import BASIC, EFFICIENTNET, PREACT, SIDE, PreActNet, models

__all__ = ["MUTANTS", "REWRITES"]


class _InceptionNet(nn.Module):
    """Two modules of torchvision's Inception-v3 on a short stem."""

    def __init__(self) -> None:
        super().__init__()
        inception = models("inception")
        self.stem = inception.BasicConv2d(3, 32, kernel_size=3, stride=2)
        self.mixed1, self.mixed2 = inception.InceptionA(32, 32), inception.InceptionA(256, 64)
        self.fc = nn.Linear(288, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.mixed2(self.mixed1(self.stem(x))).mean((2, 3)))


class _Pooled(nn.Module):
    """torchvision's module with another pool."""

    def __init__(self, mixed: Any, pool: nn.Module) -> None:
        super().__init__()
        for name, module in mixed.named_children():
            setattr(self, name, module)
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        wide = self.branch5x5_2(self.branch5x5_1(x))
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch1x1(x), wide, double, self.branch_pool(self.pool(x))], 1)


class _Merging(nn.Module):
    """Swin's patch merging in steps."""

    def __init__(self, merging: Any) -> None:
        super().__init__()
        self.norm, self.reduction = merging.norm, merging.reduction

    def forward(self, x: Tensor) -> Tensor:
        return self.reduction(self.norm(torch.cat(self.corners(self.padded(x)), -1)))

    def padded(self, x: Tensor) -> Tensor:
        return F.pad(x, (0, 0, 0, x.shape[-2] % 2, 0, x.shape[-3] % 2))

    def corners(self, x: Tensor) -> list[Tensor]:
        return [x[..., i::2, j::2, :] for i, j in ((0, 0), (1, 0), (0, 1), (1, 1))]


class _PadsReversed(_Merging):
    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-3] // 2 + x.shape[-3] % 2, x.shape[-2] // 2 + x.shape[-2] % 2
        x = F.pad(x, (0, 0, x.shape[-2] % 2, 0, x.shape[-3] % 2, 0))
        return self.reduction(self.norm(torch.cat(self.corners(x), -1)))[:, :height, :width]


class _CornerTwice(_Merging):
    def corners(self, x: Tensor) -> list[Tensor]:
        return [x[..., i::2, j::2, :] for i, j in ((0, 0), (1, 0), (0, 1), (0, 1))]


class _OtherCorners(_Merging):
    def corners(self, x: Tensor) -> list[Tensor]:
        return [x[..., i::2, j::2, :] for i, j in ((0, 0), (0, 1), (1, 0), (1, 1))]


def _swin() -> nn.Module:
    """torchvision's Swin transformer with two stages of one block."""
    return models("swin_transformer").SwinTransformer([4, 4], 16, [1, 1], [2, 2], [4, 4], num_classes=10)


def _wide() -> nn.Module:
    return PreActNet(width=64)


def _padded() -> nn.Module:
    net = BASIC.build()
    net.conv1 = nn.Sequential(nn.ZeroPad2d((2, 3, 3, 2)), nn.Conv2d(3, 64, 7, 2, bias=False))
    return net


INCEPTION = Original(_InceptionNet, (3, 48, 48))
SWIN = Original(_swin, (3, 32, 32))
PADDED = Original(_padded, SIDE)
BORDER = partial(nn.AvgPool2d, 3, 1, 1)

MUTANTS: tuple[Mutant, ...] = (
    mutant("inception 3x3 for 5x5", INCEPTION, "mixed1.branch5x5_2.conv",
           remake("mixed1.branch5x5_2.conv", kernel_size=3, padding=1), row=6),
    mutant("inception border not counted", INCEPTION, "mixed2 mixed2.pool",
           setting("mixed2", lambda old: _Pooled(old, BORDER(count_include_pad=False))), row=7),
    mutant("inception pools the maximum", INCEPTION, "mixed2 mixed2.pool",
           setting("mixed2", lambda old: _Pooled(old, nn.MaxPool2d(3, 1, 1))), row=7),
    mutant("swin padding on the other side", SWIN, "features.2", setting("features.2", _PadsReversed), row=19),
    mutant("swin corner twice", SWIN, "features.2 features.2.norm", setting("features.2", _CornerTwice), row=60),
    mutant("basic padding of height and width in each other's place", PADDED, "conv1.0 conv1.1",
           put("conv1.0", lambda: nn.ZeroPad2d((3, 2, 2, 3))), row=55),
    mutant("basic same padding the other way", PADDED, "conv1.0 conv1.1",
           put("conv1.0", lambda: nn.ZeroPad2d((3, 2, 3, 2))), row=56),
    mutant("efficientnet padding", EFFICIENTNET, "features.3.0.block.1.0",
           tune("features.3.0.block.1.0", padding=(1, 1)), row=20),
    Mutant("preact of four times the width", PREACT, _wide, ("conv",), row=38),
)  # fmt: skip
REWRITES: tuple[Rewrite, ...] = (
    Rewrite("inception pool as a layer", INCEPTION, lambda: _with_pools(_InceptionNet())),
    Rewrite("swin merging in steps", SWIN, lambda: _merged(_Merging)),
    Rewrite("swin corners in another order", SWIN, lambda: _merged(_OtherCorners), "equivalent"),
)


def _with_pools(net: nn.Module) -> nn.Module:
    net.mixed1, net.mixed2 = _Pooled(net.mixed1, BORDER()), _Pooled(net.mixed2, BORDER(count_include_pad=True))
    return net


def _merged(cls: Any) -> nn.Module:
    net = _swin()
    net.features[2] = cls(net.features[2])
    return net
