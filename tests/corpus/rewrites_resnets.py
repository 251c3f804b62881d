"""ResNets written by others: as for CIFAR, from a configuration, as functions, as nested Sequentials."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from corpus.case import Rewrite
from corpus.nets import BASIC, DEEP, DEEP_V1

__all__ = ["REWRITES"]


# The first: as repositories for CIFAR write it, every activation a function, the shortcut an empty Sequential.
class _CifarBlock(nn.Module):
    expansion = 1

    def __init__(self, in_planes: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != self.expansion * planes:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_planes, self.expansion * planes, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(self.expansion * planes),
            )
        self.conv1 = nn.Conv2d(in_planes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.bn2 = nn.BatchNorm2d(planes)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class _CifarBottleneck(_CifarBlock):
    expansion = 4

    def __init__(self, in_planes: int, planes: int, stride: int = 1) -> None:
        super().__init__(in_planes, planes, stride)
        self.conv1 = nn.Conv2d(in_planes, planes, kernel_size=1, bias=False)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.conv3 = nn.Conv2d(planes, self.expansion * planes, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(self.expansion * planes)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + self.shortcut(x))


class _CifarStyle(nn.Module):
    def __init__(self, block: type[_CifarBlock], num_blocks: list[int], num_classes: int = 10) -> None:
        super().__init__()
        self.in_planes = 64
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.linear = nn.Linear(512 * block.expansion, num_classes)
        self.layer1 = self._make_layer(block, 64, num_blocks[0], 1)
        self.layer2 = self._make_layer(block, 128, num_blocks[1], 2)
        self.layer3 = self._make_layer(block, 256, num_blocks[2], 2)
        self.layer4 = self._make_layer(block, 512, num_blocks[3], 2)

    def _make_layer(self, block: type[_CifarBlock], planes: int, num_blocks: int, stride: int) -> nn.Sequential:
        layers = []
        for s in [stride] + [1] * (num_blocks - 1):
            layers.append(block(self.in_planes, planes, s))
            self.in_planes = planes * block.expansion
        return nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        out = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        out = self.layer4(self.layer3(self.layer2(self.layer1(out))))
        out = F.adaptive_avg_pool2d(out, (1, 1))
        return self.linear(out.view(out.size(0), -1))


# The second: from a configuration, layers made by name.
@dataclass
class _Stage:
    depth: int
    width: int
    stride: int


@dataclass
class _Config:
    stages: list[_Stage]
    expansion: int = 1
    stride_on: int = 0
    stem: dict[str, int] = field(default_factory=lambda: {"kernel_size": 7, "stride": 2, "padding": 3})


class _Unit(nn.Module):
    def __init__(self, kernel: int, in_channels: int, channels: int, *, stride: int = 1, active: bool = True) -> None:
        super().__init__()
        self.active = active
        self.norm = nn.BatchNorm2d(channels)
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride, padding=kernel // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.conv(x))
        return torch.clamp(x, min=0) if self.active else x


class _ConfiguredBlock(nn.Module):
    def __init__(self, config: _Config, in_channels: int, width: int, stride: int) -> None:
        super().__init__()
        out = width * config.expansion
        kernels = [3, 3] if config.expansion == 1 else [1, 3, 1]
        widths = [in_channels] + [width] * (len(kernels) - 1) + [out]
        self.units = nn.ModuleList(
            _Unit(
                kernel,
                widths[i],
                widths[i + 1],
                stride=stride if i == config.stride_on else 1,
                active=i + 1 < len(kernels),
            )
            for i, kernel in enumerate(kernels)
        )
        self.skip = (
            _Unit(1, in_channels, out, stride=stride, active=False)
            if stride > 1 or in_channels != out
            else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        skip = self.skip(x)
        for unit in self.units:
            x = unit(x)
        return torch.relu(torch.add(skip, x))


class _Configured(nn.Module):
    def __init__(self, config: _Config) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            OrderedDict(
                conv=nn.Conv2d(3, 64, bias=False, **config.stem),
                norm=nn.BatchNorm2d(64),
                act=nn.ReLU(),
                pool=nn.MaxPool2d(3, 2, 1),
            )
        )
        self.stages = nn.ModuleDict()
        channels = 64
        for number, stage in enumerate(config.stages):
            blocks = nn.ModuleList()
            for index in range(stage.depth):
                blocks.append(_ConfiguredBlock(config, channels, stage.width, stage.stride if index == 0 else 1))
                channels = stage.width * config.expansion
            self.stages[f"stage{number}"] = blocks
        self.head = nn.ModuleDict({"pool": nn.AdaptiveAvgPool2d(1), "classifier": nn.Linear(channels, 10)})

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for blocks in self.stages.values():
            for block in blocks:
                x = block(x)
        return self.head["classifier"](self.head["pool"](x).squeeze(-1).squeeze(-1))


# The third: parameters in a dictionary, the forward pass a function of it.
class _Functional(nn.Module):
    depths = (1, 2, 1, 1)

    def __init__(self) -> None:
        super().__init__()
        self.p = nn.ParameterDict()
        self._conv("stem", 3, 64, 7)
        channels = 64
        for stage, depth in enumerate(self.depths):
            for block in range(depth):
                out = 64 << stage
                self._conv(f"s{stage}b{block}x", channels, out, 3)
                self._conv(f"s{stage}b{block}y", out, out, 3)
                if channels != out:
                    self._conv(f"s{stage}b{block}z", channels, out, 1)
                channels = out
        self.p["head_w"] = nn.Parameter(torch.randn(10, 512) * 0.01)
        self.p["head_b"] = nn.Parameter(torch.zeros(10))

    def _conv(self, name: str, in_channels: int, out_channels: int, kernel: int) -> None:
        self.p[f"{name}_w"] = nn.Parameter(torch.randn(out_channels, in_channels, kernel, kernel) * 0.01)
        self.p[f"{name}_g"] = nn.Parameter(torch.ones(out_channels))
        self.p[f"{name}_b"] = nn.Parameter(torch.zeros(out_channels))
        self.register_buffer(f"{name}_m", torch.zeros(out_channels))
        self.register_buffer(f"{name}_v", torch.ones(out_channels))

    def unit(self, name: str, x: Tensor, stride: int = 1) -> Tensor:
        weight = self.p[f"{name}_w"]
        x = F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)
        mean, var = getattr(self, f"{name}_m"), getattr(self, f"{name}_v")
        return F.batch_norm(x, mean, var, self.p[f"{name}_g"], self.p[f"{name}_b"], self.training)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.unit("stem", x, 2).relu(), 3, 2, 1)
        for stage, depth in enumerate(self.depths):
            for block in range(depth):
                name, stride = f"s{stage}b{block}", 2 if stage and not block else 1
                y = self.unit(f"{name}y", self.unit(f"{name}x", x, stride).relu())
                x = (y + (self.unit(f"{name}z", x, stride) if f"{name}z_w" in self.p else x)).relu()
        return F.linear(x.mean(dim=[2, 3]), self.p["head_w"], self.p["head_b"])


# The fourth: nested Sequentials and nothing else but the sum.
class _Sum(nn.Module):
    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return sum(branch(x) for branch in self.branches)


def _normed(kernel: int, channels: tuple[int, int], stride: int, *then: nn.Module) -> list[nn.Module]:
    return [nn.Conv2d(*channels, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(channels[1]), *then]


def _nested_block(channels: int, out: int, stride: int) -> nn.Sequential:
    shortcut = (
        nn.Sequential() if stride == 1 and channels == out else nn.Sequential(*_normed(1, (channels, out), stride))
    )
    residual = [*_normed(3, (channels, out), stride, nn.ReLU(True)), *_normed(3, (out, out), 1)]
    return nn.Sequential(_Sum(shortcut, nn.Sequential(*residual)), nn.ReLU(True))


def _nested() -> nn.Sequential:
    stages, channels = [], 64
    for out, depth, stride in ((64, 1, 1), (128, 2, 2), (256, 1, 2), (512, 1, 2)):
        blocks = [_nested_block(channels if i == 0 else out, out, stride if i == 0 else 1) for i in range(depth)]
        stages.append(nn.Sequential(*blocks))
        channels = out
    stem = nn.Sequential(*_normed(7, (3, 64), 2, nn.ReLU(True), nn.MaxPool2d(3, 2, 1)))
    return nn.Sequential(
        stem, nn.Sequential(*stages), nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))
    )


def _configured(expansion: int, stride_on: int, *depths: int) -> Callable[[], Any]:
    stages = [_Stage(depth, 64 << index, 2 if index else 1) for index, depth in enumerate(depths)]
    return partial(_Configured, _Config(stages, expansion, stride_on))


REWRITES = (
    Rewrite("resnet as for CIFAR", BASIC, partial(_CifarStyle, _CifarBlock, [1, 2, 1, 1])),
    Rewrite("resnet as for CIFAR, bottlenecks", DEEP, partial(_CifarStyle, _CifarBottleneck, [2, 1, 1, 1])),
    Rewrite("resnet from a configuration", BASIC, _configured(1, 0, 1, 2, 1, 1)),
    Rewrite("resnet from a configuration, bottlenecks", DEEP, _configured(4, 1, 2, 1, 1, 1)),
    Rewrite("resnet from a configuration, the paper's bottlenecks", DEEP_V1, _configured(4, 0, 2, 1, 1, 1)),
    Rewrite("resnet as functions", BASIC, _Functional),
    Rewrite("resnet as nested Sequentials", BASIC, _nested),
)
