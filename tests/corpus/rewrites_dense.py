"""DenseNets and MobileNets written by others, against torchvision's, for which there is no reference here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from corpus.case import Rewrite
from corpus.nets import DENSENET, MOBILENET_V2

__all__ = ["REWRITES"]


def _conv(kernel: int, channels: tuple[int, int], stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(*channels, kernel, stride, kernel // 2, groups=groups, bias=False)


# DenseNet, first: the features grow by one concatenation in each layer.


class _GrowingLayer(nn.Module):
    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(channels), _conv(1, (channels, 4 * growth))
        self.bn2, self.conv2 = nn.BatchNorm2d(4 * growth), _conv(3, (4 * growth, growth))

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv2(F.relu(self.bn2(self.conv1(F.relu(self.bn1(x))))))
        return torch.cat([x, out], 1)


class _GrowingDenseNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_conv(7, (3, 16), 2), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.dense1 = nn.Sequential(_GrowingLayer(16, 8), _GrowingLayer(24, 8))
        self.trans1 = nn.Sequential(nn.BatchNorm2d(32), nn.ReLU(), _conv(1, (32, 16)))
        self.dense2 = nn.Sequential(_GrowingLayer(16, 8), _GrowingLayer(24, 8))
        self.bn, self.linear = nn.BatchNorm2d(32), nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        out = F.avg_pool2d(self.trans1(self.dense1(self.stem(x))), 2)
        out = F.relu(self.bn(self.dense2(out)))
        return self.linear(F.adaptive_avg_pool2d(out, 1).flatten(1))


# DenseNet, second: lists of features, from a loop over a configuration.


class _ListDenseNet(nn.Module):
    def __init__(self, blocks: tuple[int, ...] = (2, 2), growth: int = 8, channels: int = 16) -> None:
        super().__init__()
        self.conv, self.norm = _conv(7, (3, channels), 2), nn.BatchNorm2d(channels)
        self.layers, self.transitions = nn.ModuleList(), nn.ModuleList()
        for index, depth in enumerate(blocks):
            if index:
                self.transitions.append(
                    nn.Sequential(
                        nn.BatchNorm2d(channels), nn.ReLU(), _conv(1, (channels, channels // 2)), nn.AvgPool2d(2)
                    )
                )
                channels //= 2
            block = nn.ModuleList()
            for _ in range(depth):
                wide = 4 * growth
                parts = [
                    nn.BatchNorm2d(channels),
                    nn.ReLU(),
                    _conv(1, (channels, wide)),
                    nn.BatchNorm2d(wide),
                    nn.ReLU(),
                    _conv(3, (wide, growth)),
                ]
                block.append(nn.Sequential(*parts))
                channels += growth
            self.layers.append(block)
        self.last, self.head = nn.BatchNorm2d(channels), nn.Linear(channels, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.norm(self.conv(x))), 3, 2, 1)
        for index, block in enumerate(self.layers):
            features = [x if index == 0 else self.transitions[index - 1](x)]
            for layer in block:
                features.append(layer(torch.hstack(features)))
            x = torch.cat(features, dim=1)
        return self.head(self.last(x).relu().mean((2, 3)))


# MobileNetV2, first: as repositories for CIFAR write it.


class _Inverted(nn.Module):
    def __init__(self, in_planes: int, out_planes: int, expansion: int, stride: int) -> None:
        super().__init__()
        planes = expansion * in_planes
        self.is_residual = stride == 1 and in_planes == out_planes
        self.expands = expansion > 1
        if self.expands:
            self.conv1, self.bn1 = _conv(1, (in_planes, planes)), nn.BatchNorm2d(planes)
        self.conv2, self.bn2 = _conv(3, (planes, planes), stride, planes), nn.BatchNorm2d(planes)
        self.conv3, self.bn3 = _conv(1, (planes, out_planes)), nn.BatchNorm2d(out_planes)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu6(self.bn1(self.conv1(x))) if self.expands else x
        out = F.relu6(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return out + x if self.is_residual else out


class _MobileNet(nn.Module):
    rows = ((32, 16, 1, 1), (16, 24, 6, 2), (24, 24, 6, 1), (24, 32, 6, 2))

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = _conv(3, (3, 32), 2), nn.BatchNorm2d(32)
        self.layers = nn.Sequential(*(_Inverted(*row) for row in self.rows))
        self.conv2, self.bn2 = _conv(1, (32, 1280)), nn.BatchNorm2d(1280)
        self.linear = nn.Linear(1280, 10)

    def forward(self, x: Tensor) -> Tensor:
        out = F.hardtanh(self.bn1(self.conv1(x)), 0.0, 6.0)
        out = F.hardtanh(self.bn2(self.conv2(self.layers(out))), 0.0, 6.0)
        out = F.dropout(out.mean(3).mean(2), 0.2, self.training)
        return self.linear(out)


# MobileNetV2, second: functions that return Sequentials, the sum a module.


class _Residual(nn.Sequential):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).add(x)


def _active(*layers: nn.Module) -> list[nn.Module]:
    return [*layers, nn.Hardtanh(0, 6)]


def _bottleneck(c: int, out: int, t: int, stride: int) -> nn.Sequential:
    wide = c * t
    expand = _active(_conv(1, (c, wide)), nn.BatchNorm2d(wide)) if t > 1 else []
    depthwise = _active(_conv(3, (wide, wide), stride, wide), nn.BatchNorm2d(wide))
    kind: Callable[..., nn.Sequential] = _Residual if stride == 1 and c == out else nn.Sequential
    return kind(*expand, *depthwise, _conv(1, (wide, out)), nn.BatchNorm2d(out))


def _sequential_mobilenet() -> nn.Sequential:
    stem = _active(_conv(3, (3, 32), 2), nn.BatchNorm2d(32))
    top = _active(_conv(1, (32, 1280)), nn.BatchNorm2d(1280))
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(1280, 10)]
    return nn.Sequential(*stem, *(_bottleneck(*row) for row in _MobileNet.rows), *top, *head)


# SqueezeNet with fire modules in a loop.


class _DenseBlock(nn.Module):
    """torchvision's dense block with the new features before the old ones."""

    def __init__(self, block: nn.ModuleDict) -> None:
        super().__init__()
        self.denselayer1 = block["denselayer1"]
        self.denselayer2 = block["denselayer2"]

    def forward(self, x: Tensor) -> Tensor:
        y = self.denselayer1([x])
        return torch.cat([self.denselayer2([x, y]), y, x], 1)


class _OtherBlock(_DenseBlock):
    """torchvision's dense block, whose second layer reads the first one's features before the input."""

    def forward(self, x: Tensor) -> Tensor:
        y = self.denselayer1([x])
        return torch.cat([x, y, self.denselayer2([y, x])], 1)


def _with_first_block(cls: Any) -> nn.Module:
    net = DENSENET.build()
    net.features.denseblock1 = cls(net.features.denseblock1)
    return net


WHOLE = (
    Rewrite("densenet new features first", DENSENET, lambda: _with_first_block(_DenseBlock), "equivalent"),
    Rewrite("densenet one layer reads another order", DENSENET, lambda: _with_first_block(_OtherBlock), "equivalent"),
    Rewrite("densenet growing", DENSENET, _GrowingDenseNet),
    Rewrite("densenet of lists", DENSENET, _ListDenseNet),
    Rewrite("mobilenet v2 as for CIFAR", MOBILENET_V2, _MobileNet),
    Rewrite("mobilenet v2 of Sequentials", MOBILENET_V2, _sequential_mobilenet),
)


REWRITES: tuple[Rewrite, ...] = WHOLE
