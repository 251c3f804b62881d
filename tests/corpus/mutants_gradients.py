"""What shows in training alone: gradients, frozen layers, modes, random operators."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from arches.resnet import BasicBlock
from arches.vgg import VGG
from corpus.case import Mutant, mutant
from corpus.edits import reclass
from corpus.nets import BASIC, CIFAR, GOOGLENET, VGG_PLAIN, SmallGoogLeNet, Stages

__all__ = ["MUTANTS"]

SECOND = "layer2.1"


class _StemWithoutGradient(Stages):
    def stem(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            return super().stem(x)


class _StemDetached(Stages):
    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.stem(x).detach())


class _BlockDetached(BasicBlock):
    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))).detach()
        return self.relu(out + x)


class _GradientHooked(Stages):
    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        if x.requires_grad:
            x.register_hook(lambda gradient: gradient * 0.1)
        return self.head(x)


class _Noisy(Stages):
    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.head(x + 0.1 * torch.randn_like(x) if self.training else x)


class _AlwaysDrops(Stages):
    def head(self, x: Tensor) -> Tensor:
        return super().head(F.dropout(x, 0.5))


class _ScaledInEval(Stages):
    def forward(self, x: Tensor) -> Tensor:
        x = self.head(self.stem(x))
        return x if self.training else x.softmax(1)


class _ForgetsToEval(Stages):
    def train(self, mode: bool = True) -> _ForgetsToEval:
        return super().train(True)


class _NormFrozen(Stages):
    def train(self, mode: bool = True) -> _NormFrozen:
        super().train(mode)
        self.bn1.eval()
        return self


class _NormsFrozen(Stages):
    def train(self, mode: bool = True) -> _NormsFrozen:
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


class _SkipsLayerDrop(BasicBlock):
    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        if self.training:
            keep = torch.rand(x.shape[0], 1, 1, 1, device=x.device) > 0.2
            out = out * keep / 0.8
        return self.relu(out + x)


class _FirstHeadNotTrained(SmallGoogLeNet):
    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        outputs = super().forward(x)
        return (*outputs[:2], outputs[2].detach()) if isinstance(outputs, tuple) else outputs


class _DropsFunctionally(VGG):
    def forward(self, x: Tensor) -> Tensor:
        x = self.avgpool(self.features(x)).flatten(1)
        return self.classifier(F.dropout(x, 0.3, training=self.training))


class _Halve:
    """A backward hook that halves the gradient of a module's input."""

    def __call__(self, module: nn.Module, grad_input: Any, grad_output: Any) -> Any:
        return tuple(None if gradient is None else gradient / 2 for gradient in grad_input)


class _Quarter:
    """A hook on a tensor's gradient."""

    def __call__(self, gradient: Tensor) -> Tensor:
        return gradient / 4


def _frozen(*paths: str) -> Any:
    def edit(net: nn.Module) -> None:
        for path in paths:
            net.get_submodule(path).requires_grad_(False)

    return edit


def _without_gradient(path: str) -> Any:
    return lambda net: net.get_parameter(path).requires_grad_(False)


GRADIENTS = (
    mutant("basic stem without gradient", BASIC, "conv1", reclass("", _StemWithoutGradient), mode="both"),
    mutant("basic stem detached", BASIC, "layer1.0.conv1 maxpool .", reclass("", _StemDetached), mode="both"),
    mutant("basic residual detached", BASIC, f"{SECOND}.bn2 {SECOND}", reclass(SECOND, _BlockDetached), mode="both"),
    mutant("basic gradient hook on a tensor", BASIC, "maxpool .", reclass("", _GradientHooked), mode="train"),
    mutant("basic backward hook on a module", BASIC, SECOND,
           lambda net: net.layer2[1].register_full_backward_hook(_Halve()), mode="train"),
    mutant("basic gradient hook on a weight", BASIC, "layer1.0.conv1",
           lambda net: net.layer1[0].conv1.weight.register_hook(_Quarter()), mode="train"),
    mutant("basic frozen stem", BASIC, "conv1", _frozen("conv1", "bn1"), mode="any"),
    mutant("basic frozen weight", BASIC, "layer3.0.conv2", _without_gradient("layer3.0.conv2.weight"), mode="any"),
    mutant("basic frozen norms", BASIC, "bn1", lambda net: [m.requires_grad_(False) for m in net.modules()
           if isinstance(m, nn.BatchNorm2d)], mode="any"),
    mutant("googlenet head's logits detached", GOOGLENET, ". aux1.fc2 aux1", reclass("", _FirstHeadNotTrained),
           mode="train"),
    mutant("cifar all but the last layer frozen", CIFAR, "conv1", _frozen("conv1", "conv2", "conv3", "linear1"),
           mode="any"),
)  # fmt: skip


MODES = (
    mutant("basic noise in training", BASIC, ". layer1.0.conv1 maxpool", reclass("", _Noisy), mode="train"),
    mutant("basic dropout in eval mode as well", BASIC, ". layer1.0.conv1 maxpool", reclass("", _AlwaysDrops)),
    mutant("basic softmax in eval mode only", BASIC, ". fc", reclass("", _ScaledInEval), mode="eval"),
    mutant("basic always in train mode", BASIC, "bn1", reclass("", _ForgetsToEval), mode="eval"),
    mutant("basic stem norm in eval mode", BASIC, "bn1", reclass("", _NormFrozen), mode="train"),
    mutant("basic norms in eval mode", BASIC, "bn1", reclass("", _NormsFrozen), mode="train"),
    mutant("basic stochastic depth", BASIC, f"{SECOND} {SECOND}.relu", reclass(SECOND, _SkipsLayerDrop), mode="train",
           row=54),
    mutant("vgg functional dropout extra", VGG_PLAIN, ". classifier.0", reclass("", _DropsFunctionally), mode="train"),
)  # fmt: skip


MUTANTS: tuple[Mutant, ...] = (*GRADIENTS, *MODES)
