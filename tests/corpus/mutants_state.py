"""What a graph shows badly or not at all: state, memory, sizes, hooks, registration."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from corpus.case import Mutant, mutant
from corpus.edits import reclass, setting
from corpus.nets import BASIC, Stages

__all__ = ["MUTANTS"]

SECOND = "layer2.1"


class _InBfloat16(Stages):
    def stem(self, x: Tensor) -> Tensor:
        return super().stem(x.bfloat16().float())


class _Counting(Stages):
    def forward(self, x: Tensor) -> Tensor:
        self.calls = getattr(self, "calls", 0) + 1
        x = self.head(self.stem(x))
        return x * 2 if self.calls % 3 == 0 else x


class _Remembers(Stages):
    def forward(self, x: Tensor) -> Tensor:
        x = self.head(self.stem(x))
        before, self.before = getattr(self, "before", None), x.detach()
        return x if before is None or before.shape != x.shape else x + 0.1 * before


class _BySize(Stages):
    def stem(self, x: Tensor) -> Tensor:
        x = super().stem(x)
        return x if x.shape[-1] == x.shape[-2] else self.relu(x - 0.1)


class _OnlyLarge(Stages):
    def stem(self, x: Tensor) -> Tensor:
        return super().stem(x if x.shape[-1] < 200 else F.avg_pool2d(x, 2))


class _OnlySingle(Stages):
    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.avgpool(self.layer4(self.layer3(self.layer2(self.layer1(self.stem(x)))))).squeeze())


class _ByBatch(Stages):
    def head(self, x: Tensor) -> Tensor:
        x = super().head(x)
        return x - x.mean(0, keepdim=True) if x.shape[0] > 3 else x


class _Mixed(Stages):
    def head(self, x: Tensor) -> Tensor:
        x = super().head(x)
        return x - x.mean(0, keepdim=True)


class _WritesView(Stages):
    def stem(self, x: Tensor) -> Tensor:
        x = super().stem(x)
        x[:, 0].mul_(2)
        return x


class _WritesBorder(Stages):
    def stem(self, x: Tensor) -> Tensor:
        x = super().stem(x)
        x[..., 0] = 0
        return x


class _ChangesInput(Stages):
    def stem(self, x: Tensor) -> Tensor:
        return super().stem(x.sub_(0.5).add_(0.5))


class _ChangesWeight(Stages):
    def stem(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            self.conv1.weight.mul_(0.99)
        return super().stem(x)


class _ConstrainsWeight(Stages):
    def stem(self, x: Tensor) -> Tensor:
        weight = self.conv1.weight / self.conv1.weight.norm()
        return self.maxpool(self.relu(self.bn1(F.conv2d(x, weight, None, 2, 3))))


class _Rescaled(nn.BatchNorm2d):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * 1.5


class _Double:
    """A forward hook that doubles an output."""

    def __call__(self, module: nn.Module, inputs: Any, output: Tensor) -> Tensor:
        return output * 2


def _tie(net: nn.Module) -> None:
    net.layer2[1].conv2.weight = net.layer2[1].conv1.weight


def _tie_norms(net: nn.Module) -> None:
    net.layer2[1].bn2 = net.layer2[1].bn1


def _unregister(net: nn.Module) -> None:
    conv = net.layer2[1].conv1
    weight = conv.weight
    del conv.weight
    conv.weight = weight.detach()


def _as_buffer(net: nn.Module) -> None:
    conv = net.layer2[1].conv1
    weight = conv.weight
    del conv.weight
    conv.register_buffer("weight", weight.detach())


def _hide_layer(net: nn.Module) -> None:
    net.fc.__dict__["hidden"] = None
    hidden = net.layer4
    del net.layer4
    net.__dict__["layer4"] = hidden


def _spare(net: nn.Module) -> None:
    net.spare = nn.Linear(512, 10)


def _spare_parameter(net: nn.Module) -> None:
    net.layer1[0].scale = nn.Parameter(torch.ones(64))


STATE = (
    mutant("basic result changes every third call", BASIC, ". fc", reclass("", _Counting), mode="any"),
    mutant("basic remembers the last batch", BASIC, ". fc", reclass("", _Remembers), mode="any"),
    mutant("basic other function of non-square images", BASIC, ". relu layer1.0.conv1 maxpool", reclass("", _BySize)),
    mutant("basic other function of large images", BASIC, ". conv1", reclass("", _OnlyLarge), mode="any"),
    mutant("basic squeezes a single image", BASIC, ". fc avgpool", reclass("", _OnlySingle), mode="any"),
    mutant("basic other function of large batches", BASIC, ". fc", reclass("", _ByBatch), mode="any"),
    mutant("basic images of a batch mixed", BASIC, ". fc", reclass("", _Mixed)),
    mutant("basic write through a view", BASIC, ". layer1.0.conv1 maxpool", reclass("", _WritesView)),
    mutant("basic write to the border", BASIC, ". layer1.0.conv1 maxpool", reclass("", _WritesBorder)),
    mutant("basic input changed", BASIC, ". conv1", reclass("", _ChangesInput)),
    mutant("basic weight changed by the forward pass", BASIC, ". conv1", reclass("", _ChangesWeight)),
    mutant("basic weight normalised", BASIC, ". conv1", reclass("", _ConstrainsWeight)),
    mutant("basic rounded to bfloat16", BASIC, ". conv1", reclass("", _InBfloat16)),
)  # fmt: skip


TENSORS = (
    mutant("basic forward hook", BASIC, f"{SECOND}.bn2 {SECOND}",
           lambda net: net.layer2[1].bn2.register_forward_hook(_Double())),
    mutant("basic norm scaled by a subclass", BASIC, f"{SECOND}.bn1 {SECOND}.relu",
           reclass(f"{SECOND}.bn1", _Rescaled)),
    mutant("basic weights tied", BASIC, f"{SECOND}.conv2 {SECOND}.conv1", _tie),
    mutant("basic norms shared", BASIC, f"{SECOND}.bn2 {SECOND}.bn1", _tie_norms, row=59),
    mutant("basic weight not registered", BASIC, f"{SECOND}.conv1", _unregister),
    mutant("basic weight as buffer", BASIC, f"{SECOND}.conv1", _as_buffer),
    mutant("basic stage not registered", BASIC, "layer4.0.conv1 layer4", _hide_layer),
    mutant("basic layer never run", BASIC, "spare spare.weight", _spare, row=21),
    mutant("basic parameter never read", BASIC, "layer1.0.scale layer1.0", _spare_parameter),
    mutant("basic weight norm", BASIC, f"{SECOND}.conv1",
           lambda net: nn.utils.parametrizations.weight_norm(net.layer2[1].conv1)),
    mutant("basic spectral norm", BASIC, f"{SECOND}.conv1",
           lambda net: nn.utils.parametrizations.spectral_norm(net.layer2[1].conv1), mode="any"),
    mutant("basic fixed filter before the net", BASIC, "conv1 conv1.0",
           setting("conv1", lambda old: nn.Sequential(nn.Conv2d(3, 3, 3, 1, 1, groups=3,
           bias=False).requires_grad_(False), old)),
           mode="any"),
)  # fmt: skip


MUTANTS: tuple[Mutant, ...] = (*STATE, *TENSORS)
