"""What a SqueezeNet, a ShuffleNet, a ConvNeXt or an EfficientNet is made of, written by others."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from corpus.case import Rewrite
from corpus.nets import CONVNEXT, EFFICIENTNET, SHUFFLENET, SQUEEZENET

__all__ = ["REWRITES"]


class _Fire(nn.Module):
    def __init__(self, c: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.e3 = nn.Conv2d(squeeze, expand, 3, padding=1)
        self.e1 = nn.Conv2d(squeeze, expand, 1)
        self.s = nn.Conv2d(c, squeeze, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.s(x))
        return F.relu(torch.cat([self.e1(x), self.e3(x)], 1))


class _FireNet(nn.Module):
    rows = (
        (64, 16, 64),
        (128, 16, 64),
        None,
        (128, 32, 128),
        (256, 32, 128),
        None,
        (256, 48, 192),
        (384, 48, 192),
        (384, 64, 256),
        (512, 64, 256),
    )

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 64, 3, 2)
        self.fires = nn.ModuleList(
            nn.MaxPool2d(3, 2, ceil_mode=True) if row is None else _Fire(*row) for row in self.rows
        )
        self.head = nn.Conv2d(512, 10, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.stem(x)), 3, 2, ceil_mode=True)
        for fire in self.fires:
            x = fire(x)
        x = F.relu(self.head(F.dropout(x, 0.5, self.training)))
        return F.adaptive_avg_pool2d(x, (1, 1)).flatten(1)


# ShuffleNetV2's shuffle as a permutation of named axes.


class _Shuffled(nn.Module):
    def __init__(self, unit: nn.Module) -> None:
        super().__init__()
        self.unit = unit

    def forward(self, x: Tensor) -> Tensor:
        if self.unit.stride == 1:
            left, right = torch.split(x, x.shape[1] // 2, dim=1)
            right = self.unit.branch2(right)
        else:
            right, left = self.unit.branch2(x), self.unit.branch1(x)
        x = torch.stack((left, right), dim=2)
        return x.flatten(1, 2)


def _shuffled() -> nn.Module:
    net = SHUFFLENET.build()
    for stage in (net.stage2, net.stage3, net.stage4):
        for index, unit in enumerate(stage):
            stage[index] = _Shuffled(unit)
    return net


# ConvNeXt's block in channels first, its linear layers as 1x1 convolutions.


class _FirstBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.pwconv1, self.pwconv2 = nn.Conv2d(channels, 4 * channels, 1), nn.Conv2d(4 * channels, channels, 1)
        self.gamma = nn.Parameter(torch.full((channels,), 1e-6))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.pwconv2(F.gelu(self.pwconv1(y)))
        return x + self.gamma[None, :, None, None] * y


def _convolutional_convnext() -> nn.Module:
    net = CONVNEXT.build()
    net.features[1][0], net.features[3][0] = _FirstBlock(16), _FirstBlock(32)
    return net


# Squeeze and excitation by linear layers and an expanded product.


class _Excited(nn.Module):
    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(channels, squeezed), nn.SiLU(), nn.Linear(squeezed, channels), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        b, c, _, _ = x.size()
        y = self.fc(F.adaptive_avg_pool2d(x, 1).view(b, c)).view(b, c, 1, 1)
        return x * y.expand_as(x)


def _linear_excitation() -> nn.Module:
    net = EFFICIENTNET.build()
    net.features[1][0].block[1] = _Excited(32, 8)
    return net


PARTS = (
    Rewrite("squeezenet in a loop", SQUEEZENET, _FireNet),
    Rewrite("shufflenet by stacking", SHUFFLENET, _shuffled),
    Rewrite("convnext of 1x1 convolutions", CONVNEXT, _convolutional_convnext, "equivalent"),
    Rewrite("efficientnet excited by linear layers", EFFICIENTNET, _linear_excitation, "equivalent"),
)


REWRITES: tuple[Rewrite, ...] = PARTS
