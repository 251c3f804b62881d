"""What a residual block does with its layers: another order, another source, one more or less."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from arches.resnet import BasicBlock
from corpus.case import Mutant, mutant
from corpus.edits import after, before, put, reclass, remake, tune
from corpus.nets import BASIC, DEEP, DEEP_V1

__all__ = ["MUTANTS"]


class _Block(BasicBlock):
    """The block in three steps, each of which a mistake can change."""

    def forward(self, x: Tensor) -> Tensor:
        return self.join(self.residual(x), self.shortcut(x))

    def residual(self, x: Tensor) -> Tensor:
        return self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))

    def shortcut(self, x: Tensor) -> Tensor:
        return x if self.downsample is None else self.downsample(x)

    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return self.relu(out + shortcut)


class _ReluBeforeAdd(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return self.relu(out) + shortcut


class _NoLastRelu(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return out + shortcut


class _NoFirstRelu(_Block):
    def residual(self, x: Tensor) -> Tensor:
        return self.bn2(self.conv2(self.bn1(self.conv1(x))))


class _ReluTwice(_Block):
    def residual(self, x: Tensor) -> Tensor:
        return self.relu(super().residual(x))


class _NoShortcut(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return self.relu(out)


class _Product(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return self.relu(out * shortcut)


class _Difference(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return self.relu(out - shortcut)


class _Maximum(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return self.relu(torch.maximum(out, shortcut))


class _Scaled(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return self.relu(torch.add(shortcut, out, alpha=0.1))


class _Mean(_Block):
    def join(self, out: Tensor, shortcut: Tensor) -> Tensor:
        return self.relu((out + shortcut) / 2)


class _ShortcutAfterFirstConv(_Block):
    def forward(self, x: Tensor) -> Tensor:
        first = self.relu(self.bn1(self.conv1(x)))
        return self.join(self.bn2(self.conv2(first)), first)


class _NormAfterAdd(_Block):
    def forward(self, x: Tensor) -> Tensor:
        out = self.conv2(self.relu(self.bn1(self.conv1(x))))
        return self.relu(self.bn2(out + self.shortcut(x)))


class _NormAfterRelu(_Block):
    def residual(self, x: Tensor) -> Tensor:
        return self.bn2(self.conv2(self.bn1(self.relu(self.conv1(x)))))


class _ConvTwice(_Block):
    def residual(self, x: Tensor) -> Tensor:
        return self.bn2(self.conv2(self.conv2(self.relu(self.bn1(self.conv1(x))))))


class _SharedConv(_Block):
    def residual(self, x: Tensor) -> Tensor:
        return self.bn2(self.conv1(self.relu(self.bn1(self.conv1(x)))))


class _PaddedShortcut(_Block):
    def shortcut(self, x: Tensor) -> Tensor:
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, x.shape[1] // 2, x.shape[1] // 2))


class _ReluOnSkip(_Block):
    def shortcut(self, x: Tensor) -> Tensor:
        return self.relu(super().shortcut(x))


class _Excitation(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, 16, 1)
        self.fc2 = nn.Conv2d(16, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.fc2(self.fc1(x.mean((2, 3), keepdim=True)).relu()).sigmoid()


def _block_missing(net: nn.Module) -> None:
    net.layer2 = nn.Sequential(net.layer2[0])


def _block_extra(net: nn.Module) -> None:
    net.layer3.append(BasicBlock(256, 256))


def _option_a(net: nn.Module) -> None:
    net.layer3[0].downsample = None
    net.layer3[0].__class__ = _PaddedShortcut


def _stride_last(net: nn.Module) -> None:
    first, last = net.layer3[0], net.layer2[1]
    first.conv1.stride = first.downsample[0].stride = (1, 1)
    last.conv1.stride = (2, 2)
    last.downsample = nn.MaxPool2d(1, 2)


FIRST = "layer1.0"


SECOND = "layer2.1"


PROJECTED = "layer3.0"


BLOCKS = (
    mutant("basic ReLU before the sum", BASIC, f"{SECOND}.relu {SECOND}", reclass(SECOND, _ReluBeforeAdd), row=26),
    mutant("basic ReLU before the sum of a projection", BASIC, f"{PROJECTED}.relu {PROJECTED}",
           reclass(PROJECTED, _ReluBeforeAdd), row=26),
    mutant("basic last ReLU missing", BASIC, f"{SECOND}.relu", reclass(SECOND, _NoLastRelu)),
    mutant("basic last ReLU of the net missing", BASIC, "layer4.0.relu", reclass("layer4.0", _NoLastRelu)),
    mutant("basic first ReLU missing", BASIC, f"{FIRST}.relu", reclass(FIRST, _NoFirstRelu), row=49),
    mutant("basic ReLU before the sum as well", BASIC, f"{SECOND}.relu {SECOND}", reclass(SECOND, _ReluTwice)),
    mutant("basic no shortcut", BASIC, FIRST, reclass(FIRST, _NoShortcut)),
    mutant("basic product for sum", BASIC, SECOND, reclass(SECOND, _Product)),
    mutant("basic difference for sum", BASIC, SECOND, reclass(SECOND, _Difference)),
    mutant("basic maximum for sum", BASIC, PROJECTED, reclass(PROJECTED, _Maximum)),
    mutant("basic scaled residual", BASIC, SECOND, reclass(SECOND, _Scaled)),
    mutant("basic mean for sum", BASIC, f"{FIRST} {FIRST}.relu", reclass(FIRST, _Mean)),
    mutant("basic shortcut after the first convolution", BASIC, SECOND, reclass(SECOND, _ShortcutAfterFirstConv),
           row=24),
    mutant("basic norm after the sum", BASIC, f"{SECOND}.bn2 {SECOND}", reclass(SECOND, _NormAfterAdd)),
    mutant("basic norm after the ReLU", BASIC, f"{SECOND}.bn1 {SECOND}.relu", reclass(SECOND, _NormAfterRelu), row=63),
    mutant("basic convolution twice", BASIC, f"{FIRST}.conv2 {FIRST}.bn2", reclass(FIRST, _ConvTwice)),
    mutant("basic one convolution for both", BASIC, f"{SECOND}.conv2 {SECOND}.conv1", reclass(SECOND, _SharedConv)),
    mutant("basic option A", BASIC, f"{PROJECTED} {PROJECTED}.downsample.0", _option_a, row=39),
    mutant("basic ReLU on the projection, functional", BASIC, f"{PROJECTED}.relu {PROJECTED}",
           reclass(PROJECTED, _ReluOnSkip), row=50),
    mutant("basic projection for an identity", BASIC, f"{SECOND} {SECOND}.downsample",
           tune(SECOND, downsample=None), lambda net: setattr(net.layer2[1], "downsample",
           nn.Conv2d(128, 128, 1, bias=False)),
           row=33),
    mutant("basic norm on the identity", BASIC, f"{FIRST} {FIRST}.downsample",
           lambda net: setattr(net.layer1[0], "downsample", nn.BatchNorm2d(64)), row=41),
    mutant("basic projection 3x3", BASIC, "layer2.0.downsample.0",
           remake("layer2.0.downsample.0", kernel_size=3, padding=1)),
    mutant("basic projection pools first", BASIC,
           "layer2.0.downsample.0 layer2.0.downsample.0.0 layer2.0.downsample.0.1",
           tune("layer2.0.downsample.0", stride=(1, 1)),
           before("layer2.0.downsample.0", lambda: nn.AvgPool2d(2, 2, ceil_mode=True))),
    mutant("basic block missing", BASIC, "layer2.1 layer2.1.conv1", _block_missing),
    mutant("basic block extra", BASIC, "layer3.1.conv1 layer3.1 layer4.0.conv1", _block_extra),
    mutant("basic stride at the end of the stage", BASIC, "layer2.1.conv1 layer2.1.downsample layer2.1",
           _stride_last, row=9),
    mutant("basic convolution split in two", BASIC, f"{FIRST}.conv2 {FIRST}.conv2.0 {FIRST}.conv2.1",
           put(f"{FIRST}.conv2", lambda: nn.Sequential(nn.Conv2d(64, 64, (3, 1), 1, (1, 0), bias=False),
           nn.Conv2d(64, 64, (1, 3), 1, (0, 1), bias=False)))),
    mutant("basic convolution separable", BASIC, f"{FIRST}.conv2 {FIRST}.conv2.0 {FIRST}.conv2.1",
           put(f"{FIRST}.conv2", lambda: nn.Sequential(nn.Conv2d(64, 64, 3, 1, 1, groups=64, bias=False),
           nn.Conv2d(64, 64, 1, bias=False)))),
    mutant("basic dropout in a block", BASIC, f"{FIRST}.conv2 {FIRST}.conv2.0 {FIRST}.conv2.1",
           before(f"{FIRST}.conv2", lambda: nn.Dropout(0.3)), mode="train", row=14),
    mutant("deep stride on the 1x1 of one block", DEEP, "layer3.0.conv1 layer3.0.conv2",
           tune("layer3.0.conv1", stride=(2, 2)), tune("layer3.0.conv2", stride=(1, 1)), row=8),
    mutant("deep ReLU missing", DEEP, "layer1.1.relu layer1.1.bn2",
           lambda net: setattr(net.layer1[1], "relu", nn.Identity())),
    mutant("deep block of another version", DEEP_V1, "layer2.0.conv1 layer2.0.conv2",
           tune("layer2.0.conv1", stride=(1, 1)),
           tune("layer2.0.conv2", stride=(2, 2)), row=8),
    mutant("deep squeeze and excitation", DEEP,
           "layer1.1.bn3 layer1.1.bn3.1 layer1.1 layer1.1.bn3.1.avgpool layer1.1.bn3.1.fc1",
           after("layer1.1.bn3", lambda: _Excitation(256))),
)  # fmt: skip


MUTANTS: tuple[Mutant, ...] = BLOCKS
