"""The head, the containers of the output and the forward pass as a whole, written in another way."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from arches.resnet import ResNet
from corpus.case import Rewrite, rewrite
from corpus.edits import reclass
from corpus.nets import (
    BASIC,
)

__all__ = ["REWRITES"]


class _Steps(ResNet):
    """The net with its head apart."""

    def forward(self, x: Tensor) -> Any:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        return self.head(self.layer4(self.layer3(self.layer2(self.layer1(x)))))

    def head(self, x: Tensor) -> Any:
        return self.fc(self.avgpool(x).flatten(1))


class _ByMean(_Steps):
    def head(self, x: Tensor) -> Tensor:
        return self.fc(torch.mean(x, dim=[-1, -2]))


class _ByMeanKept(_Steps):
    def head(self, x: Tensor) -> Tensor:
        return self.fc(x.mean((2, 3), keepdim=True).squeeze(3).squeeze(2))


class _ByView(_Steps):
    def head(self, x: Tensor) -> Tensor:
        x = self.avgpool(x)
        return self.fc(x.view(x.size(0), x.size(1)))


class _ByReshape(_Steps):
    def head(self, x: Tensor) -> Tensor:
        return self.fc(self.avgpool(x).reshape(-1, 512))


class _ByIndex(_Steps):
    def head(self, x: Tensor) -> Tensor:
        return self.fc(self.avgpool(x)[:, :, 0, 0])


class _ByFlattenedMean(_Steps):
    def head(self, x: Tensor) -> Tensor:
        return self.fc(x.flatten(2).mean(-1))


class _BySumOverSize(_Steps):
    def head(self, x: Tensor) -> Tensor:
        return self.fc(x.sum((2, 3)) / (x.shape[2] * x.shape[3]))


class _ByWindow(_Steps):
    def head(self, x: Tensor) -> Tensor:
        return self.fc(F.avg_pool2d(x, x.shape[2:]).flatten(1))


class _ByEinsum(_Steps):
    def head(self, x: Tensor) -> Tensor:
        return torch.einsum("nc,kc->nk", x.mean((2, 3)), self.fc.weight) + self.fc.bias


class _ByMatmul(_Steps):
    def head(self, x: Tensor) -> Tensor:
        return x.mean((2, 3)) @ self.fc.weight.T + self.fc.bias


class _Tuple(_Steps):
    def head(self, x: Tensor) -> tuple[Tensor]:
        return (super().head(x),)


class _Dict(_Steps):
    def head(self, x: Tensor) -> dict[str, Tensor]:
        return OrderedDict(logits=super().head(x))


@dataclass
class _Output:
    logits: Tensor


class _Dataclass(_Steps):
    def head(self, x: Tensor) -> _Output:
        return _Output(super().head(x))


class _WithNone(_Steps):
    def head(self, x: Tensor) -> tuple[Tensor, None]:
        return super().head(x), None


class _Checkpointed(_Steps):
    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = checkpoint(stage, x, use_reentrant=False)
        return self.head(x)


class _Cloned(_Steps):
    def head(self, x: Tensor) -> Tensor:
        return super().head(x.contiguous().clone())


class _ChannelsLast(_Steps):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.to(memory_format=torch.channels_last))


class _Typed(_Steps):
    def head(self, x: Tensor) -> Tensor:
        return super().head(x).to(x.dtype)


class _Asserts(_Steps):
    def forward(self, x: Tensor) -> Tensor:
        if x.dim() != 4 or x.shape[1] != 3:
            raise ValueError("expected images of three channels")
        torch._assert(x.shape[2] > 0, "empty image")
        return super().forward(x)


class _Ignored(_Steps):
    @torch.jit.ignore
    def head(self, x: Tensor) -> Tensor:
        return super().head(x)

    @torch.jit.unused
    def features(self, x: Tensor) -> Tensor:
        return self.layer4(x)


class _Property(_Steps):
    @property
    def classifier(self) -> nn.Module:
        return self.fc

    def head(self, x: Tensor) -> Tensor:
        return self.classifier(self.avgpool(x).flatten(1))


class _Keywords(_Steps):
    def forward(self, x: Tensor, *, return_features: bool = False, mask: Tensor | None = None) -> Tensor:
        x = super().forward(x)
        return x if mask is None else x * mask


class _CallsOften(_Steps):
    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return super().forward(x)


class _EmptyHooks(_Steps):
    def head(self, x: Tensor) -> Tensor:
        with torch.autograd.profiler.record_function("head"):
            return super().head(x)


class _NoAutocast(_Steps):
    def head(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return super().head(x)


HEADS = tuple(
    rewrite(f"basic {name}", BASIC, reclass("", cls), verdict=verdict)
    for name, cls, verdict in (
        ("head by mean", _ByMean, "identical"), ("head by mean kept", _ByMeanKept, "identical"),
        ("head by view", _ByView, "identical"), ("head by reshape", _ByReshape, "identical"),
        ("head by index", _ByIndex, "identical"), ("head by flattened mean", _ByFlattenedMean, "identical"),
        ("head by sum over size", _BySumOverSize, "undistinguished"),
        ("head by window of the map", _ByWindow, "undistinguished"),
        ("head by einsum", _ByEinsum, "identical"), ("head by matmul", _ByMatmul, "identical"),
        ("tuple of one", _Tuple, "identical"), ("dictionary", _Dict, "identical"),
        ("dataclass", _Dataclass, "identical"),
        ("None beside the logits", _WithNone, "identical"), ("checkpointed", _Checkpointed, "identical"),
        ("cloned", _Cloned, "identical"), ("channels last", _ChannelsLast, "identical"),
        ("cast to its own type", _Typed, "identical"),
        ("checks its input", _Asserts, "identical"), ("ignored by the script compiler", _Ignored, "identical"),
        ("layer as property", _Property, "identical"), ("optional keywords", _Keywords, "identical"),
        ("counts its calls and ignores them", _CallsOften, "identical"), ("profiled", _EmptyHooks, "identical"),
        ("autocast off", _NoAutocast, "identical"),
    )
)  # fmt: skip


REWRITES: tuple[Rewrite, ...] = HEADS
