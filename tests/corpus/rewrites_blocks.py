"""The sum of a residual block written in another way."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from arches.resnet import BasicBlock
from corpus.case import Rewrite, rewrite
from corpus.edits import reclass
from corpus.nets import (
    BASIC,
)

__all__ = ["REWRITES"]


class _Block(BasicBlock):
    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.join(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))), shortcut)

    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return self.relu(out + shortcut)


class _TorchAdd(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return torch.relu(torch.add(input=shortcut, other=out, alpha=1))


class _InPlaceAdd(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return out.add_(shortcut).relu_()


class _Stacked(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return self.relu(torch.stack([out, shortcut]).sum(0))


class _Subtracted(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return self.relu(out - (-shortcut))


class _Clamped(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return (out + shortcut).clamp_min(0)


class _Threshold(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return F.threshold(out + shortcut, 0, 0)


class _Where(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        out = out + shortcut
        return torch.where(out > 0, out, torch.zeros_like(out))


class _Maximum(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return torch.maximum(out + shortcut, torch.zeros((), dtype=out.dtype, device=out.device))


BLOCKS = tuple(
    rewrite(f"basic {name}", BASIC, *(reclass(path, cls) for path in ("layer1.0", "layer2.0", "layer2.1")),
           verdict=verdict)
    for name, cls, verdict in (
        ("shortcut first", _Block, "identical"), ("torch.add", _TorchAdd, "identical"),
        ("sum in place", _InPlaceAdd, "identical"),
        ("sum of a stack", _Stacked, "undistinguished"), ("minus the negative", _Subtracted, "undistinguished"),
        ("ReLU as clamp", _Clamped, "identical"), ("ReLU as threshold", _Threshold, "undistinguished"),
        ("ReLU by where", _Where, "undistinguished"), ("ReLU as maximum", _Maximum, "undistinguished"),
    )
)  # fmt: skip


REWRITES: tuple[Rewrite, ...] = BLOCKS
