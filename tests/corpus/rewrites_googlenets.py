"""GoogLeNets written by others: whole ones of three makes, against both references and against the small one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import arches
from corpus.case import Original, Rewrite
from corpus.nets import GOOGLENET

__all__ = ["REWRITES"]


# The first: as repositories for CIFAR write it, with the branches as Sequentials b1 to b4.
class _Inception(nn.Module):
    def __init__(self, in_planes: int, n1: int, n3red: int, n3: int, n5red: int, n5: int, pool: int) -> None:
        super().__init__()
        self.b4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), *self._unit(in_planes, pool, 1))
        self.b3 = nn.Sequential(*self._unit(in_planes, n5red, 1), *self._unit(n5red, n5, 5))
        self.b2 = nn.Sequential(*self._unit(in_planes, n3red, 1), *self._unit(n3red, n3, 3))
        self.b1 = nn.Sequential(*self._unit(in_planes, n1, 1))

    @staticmethod
    def _unit(in_planes: int, planes: int, kernel: int) -> tuple[nn.Module, ...]:
        conv = nn.Conv2d(in_planes, planes, kernel_size=kernel, padding=kernel // 2, bias=False)
        return conv, nn.BatchNorm2d(planes), nn.ReLU(True)

    def forward(self, x: Tensor) -> Tensor:
        y4, y3, y2, y1 = self.b4(x), self.b3(x), self.b2(x), self.b1(x)
        return torch.cat([y1, y2, y3, y4], dim=1)


class _Head(nn.Module):
    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 128, 1, bias=False)
        self.norm = nn.BatchNorm2d(128)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm(self.conv(F.avg_pool2d(x, 5, 3))))
        x = F.relu(self.fc1(x.reshape(x.size(0), -1)))
        return self.fc2(F.dropout(x, 0.7, self.training))


class _PaperGoogLeNet(nn.Module):
    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.head1, self.head2 = _Head(512, classes), _Head(528, classes)
        self.pre = nn.Sequential(
            nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.Conv2d(64, 64, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
            nn.Conv2d(64, 192, 3, 1, 1, bias=False), nn.BatchNorm2d(192), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True),
        )  # fmt: skip
        self.a3 = _Inception(192, 64, 96, 128, 16, 32, 32)
        self.b3 = _Inception(256, 128, 128, 192, 32, 96, 64)
        self.maxpool = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.a4 = _Inception(480, 192, 96, 208, 16, 48, 64)
        self.b4 = _Inception(512, 160, 112, 224, 24, 64, 64)
        self.c4 = _Inception(512, 128, 128, 256, 24, 64, 64)
        self.d4 = _Inception(512, 112, 144, 288, 32, 64, 64)
        self.e4 = _Inception(528, 256, 160, 320, 32, 128, 128)
        self.a5 = _Inception(832, 256, 160, 320, 32, 128, 128)
        self.b5 = _Inception(832, 384, 192, 384, 48, 128, 128)
        self.linear = nn.Linear(1024, classes)

    def forward(self, x: Tensor) -> list[Tensor]:
        out = self.b3(self.a3(self.pre(x)))
        out = self.a4(self.maxpool(out))
        first = self.head1(out)
        out = self.d4(self.c4(self.b4(out)))
        second = self.head2(out)
        out = self.b5(self.a5(self.maxpool(self.e4(out))))
        out = F.dropout(out.mean((2, 3)), 0.4, self.training)
        return [self.linear(out), first, second]


# The second: a table read by a loop, every module in one ModuleDict, outputs in a NamedTuple.
_ROWS: dict[str, tuple[int, ...]] = {
    "3a": (192, 64, 96, 128, 16, 32, 32), "3b": (256, 128, 128, 192, 32, 96, 64), "pool3": (3,),
    "4a": (480, 192, 96, 208, 16, 48, 64), "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64), "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128), "pool4": (2,),
    "5a": (832, 256, 160, 320, 32, 128, 128), "5b": (832, 384, 192, 384, 48, 128, 128),
}  # fmt: skip


class _Outputs(NamedTuple):
    main: Any
    late: Any
    early: Any


def _unit(in_channels: int, channels: int, kernel: int = 1, stride: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(in_channels, channels, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(OrderedDict(conv=conv, bn=nn.BatchNorm2d(channels, 1e-3), act=nn.ReLU()))


class _Parallel(nn.ModuleList):
    def forward(self, x: Tensor) -> Tensor:
        return torch.concat(tuple(branch(x) for branch in self), dim=-3)


def _parallel(in_channels: int, a: int, b1: int, b2: int, c1: int, c2: int, d: int) -> _Parallel:
    pool = nn.MaxPool2d(3, 1, 1)
    return _Parallel(
        [
            _unit(in_channels, a),
            nn.Sequential(_unit(in_channels, b1), _unit(b1, b2, 3)),
            nn.Sequential(_unit(in_channels, c1), _unit(c1, c2, 3)),
            nn.Sequential(pool, _unit(in_channels, d)),
        ]
    )


class _TableGoogLeNet(nn.Module):
    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        stem = [_unit(3, 64, 7, 2), nn.MaxPool2d(3, 2, 0, ceil_mode=True), _unit(64, 64), _unit(64, 192, 3)]
        self.stem = nn.Sequential(*stem, nn.MaxPool2d(3, 2, 0, ceil_mode=True))
        self.rows = nn.ModuleDict(
            {
                k: nn.MaxPool2d(row[0], 2, ceil_mode=True) if len(row) == 1 else _parallel(*row)
                for k, row in _ROWS.items()
            }
        )
        self.heads = nn.ModuleDict({"4a": self._head(512, classes), "4d": self._head(528, classes)})
        self.last = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(1024, classes))

    @staticmethod
    def _head(channels: int, classes: int) -> nn.Sequential:
        pooled = [nn.AdaptiveAvgPool2d(4), _unit(channels, 128), nn.Flatten(), nn.Linear(2048, 1024), nn.ReLU()]
        return nn.Sequential(*pooled, nn.Dropout(0.7), nn.Linear(1024, classes))

    def forward(self, x: Tensor) -> Tensor | _Outputs:
        x = self.stem(x)
        found = {}
        for name, module in self.rows.items():
            x = module(x)
            if self.training and name in self.heads:
                found[name] = self.heads[name](x)
        x = self.last(x)
        return _Outputs(x, found["4d"], found["4a"]) if self.training else x


# The third: the small one, branches computed last to first, norms and activations as functions, a dictionary returned.
class _Conv(nn.Conv2d):
    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, **settings: Any) -> None:
        super().__init__(in_channels, out_channels, kernel_size, bias=False, **settings)
        self.norm = nn.BatchNorm2d(out_channels, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(super().forward(x)).relu_()


class _Mixed(nn.Module):
    def __init__(self, c: int, a: int, b1: int, b2: int, c1: int, c2: int, d: int) -> None:
        super().__init__()
        self.project, self.wide, self.middle, self.narrow = (
            _Conv(c, d, 1),
            _Conv(c1, c2, 3, padding=1),
            _Conv(b1, b2, 3, padding=1),
            _Conv(c, a, 1),
        )
        self.reduce_wide, self.reduce_middle = _Conv(c, c1, 1), _Conv(c, b1, 1)

    def forward(self, x: Tensor) -> Tensor:
        pooled = self.project(F.max_pool2d(x, 3, 1, 1))
        wide = self.wide(self.reduce_wide(x))
        return torch.cat([torch.cat([self.narrow(x), self.middle(self.reduce_middle(x))], 1), wide, pooled], 1)


class _SmallHead(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv, self.out, self.hidden = _Conv(channels, 128, 1), nn.Linear(1024, 10), nn.Linear(2048, 1024)
        self.drop = nn.Dropout(0.7)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(F.adaptive_avg_pool2d(x, 4)).flatten(1)
        return self.out(self.drop(self.hidden(x).relu()))


class _HandWritten(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.aux = nn.ModuleList([_SmallHead(256), _SmallHead(480)])
        self.mixed = nn.ModuleList(_Mixed(*_ROWS[name]) for name in ("3a", "3b", "4a"))
        self.stem = _Conv(3, 192, 7, stride=2, padding=3)
        self.out = nn.Linear(512, 10)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        first = self.mixed[0](F.max_pool2d(self.stem(x), 3, 2, ceil_mode=True))
        second = self.mixed[1](first)
        heads = {}
        if self.training:
            heads = {"b_late": self.aux[1](second), "c_early": self.aux[0](first)}
        x = self.mixed[2](F.max_pool2d(second, 3, 2, ceil_mode=True)).mean((-2, -1))
        return {"a_logits": self.out(F.dropout(x, 0.2, self.training)), **heads}


_torchvision: Callable[[], nn.Module] = lambda: arches.googlenet_torchvision(num_classes=10)  # noqa: E731

REWRITES = (
    Rewrite("googlenet of the paper by attributes", Original(arches.googlenet, (3, 224, 224)), _PaperGoogLeNet),
    Rewrite("googlenet of torchvision from a table", Original(_torchvision, (3, 64, 64)), _TableGoogLeNet),
    Rewrite("googlenet by hand", GOOGLENET, _HandWritten),
)
