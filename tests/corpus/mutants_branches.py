"""What an inception net does with its branches and heads: another place, order or make."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from arches.googlenet_torchvision import BasicConv2d, Inception, InceptionAux
from corpus.case import Mutant, mutant
from corpus.edits import put, reclass, remake
from corpus.nets import GOOGLENET, SmallGoogLeNet

__all__ = ["MUTANTS"]


class _Branches(Inception):
    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(self.outputs(x), 1)

    def outputs(self, x: Tensor) -> list[Tensor]:
        return [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)]


class _Chained(_Branches):
    def outputs(self, x: Tensor) -> list[Tensor]:
        third = self.branch3[1](self.branch2[0](x)[:, :16])
        return [self.branch1(x), self.branch2(x), third, self.branch4(x)]


class _TwiceFirst(_Branches):
    def outputs(self, x: Tensor) -> list[Tensor]:
        outputs = super().outputs(x)
        return [*outputs[:2], outputs[3], outputs[3]]


class _Activated(_Branches):
    def outputs(self, x: Tensor) -> list[Tensor]:
        first, *rest = super().outputs(x)
        return [first.sigmoid(), *rest]


class _HeadsExchanged(SmallGoogLeNet):
    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        outputs = super().forward(x)
        return (outputs[0], outputs[2], outputs[1]) if isinstance(outputs, tuple) else outputs


class _HeadsInEval(SmallGoogLeNet):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        first = self.inception3a(self.maxpool1(self.conv1(x)))
        second = self.inception3b(first)
        x = self.avgpool(self.inception4a(self.maxpool2(second)))
        return self.fc(self.dropout(x.flatten(1))), self.aux2(second), self.aux1(first)


class _HeadReadsPool(SmallGoogLeNet):
    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        first = self.inception3a(self.maxpool1(self.conv1(x)))
        second = self.inception3b(first)
        pooled = self.maxpool2(second)
        x = self.fc(self.dropout(self.avgpool(self.inception4a(pooled)).flatten(1)))
        return (x, self.aux2(pooled), self.aux1(first)) if self.training else x


class _OneHead(SmallGoogLeNet):
    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        outputs = super().forward(x)
        return outputs[:2] if isinstance(outputs, tuple) else outputs


class _HeadWithoutRelu(InceptionAux):
    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(F.adaptive_avg_pool2d(x, (4, 4))).flatten(1)
        return self.fc2(self.dropout(self.fc1(x)))


class _HeadDropsFirst(InceptionAux):
    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(F.adaptive_avg_pool2d(x, (4, 4))).flatten(1)
        return self.fc2(F.relu(self.fc1(self.dropout(x))))


class _HeadDetached(InceptionAux):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.detach())


class _NoRelu(BasicConv2d):
    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x))


def _real_5x5(net: nn.Module) -> None:
    conv = net.inception3a.branch3[1].conv
    net.inception3a.branch3[1].conv = nn.Conv2d(conv.in_channels, conv.out_channels, 5, padding=2, bias=False)


def _two_3x3(net: nn.Module) -> None:
    net.inception3a.branch3.append(BasicConv2d(32, 32, kernel_size=3, padding=1))


def _heads_features_exchanged(net: nn.Module) -> None:
    net.aux1.fc1, net.aux1.fc2 = nn.Linear(2048, 512), nn.Linear(512, 10)


BRANCHES = (
    mutant("googlenet branch reads another", GOOGLENET,
           "inception4a.branch3.0.conv inception4a.branch3.1.conv inception4a",
           reclass("inception4a", _Chained)),
    mutant("googlenet branch twice", GOOGLENET, "inception3a.branch3.0.conv inception3a",
           reclass("inception3a", _TwiceFirst)),
    mutant("googlenet branch activated", GOOGLENET, "inception3b inception3b.branch1",
           reclass("inception3b", _Activated)),
    mutant("googlenet real 5x5", GOOGLENET, "inception3a.branch3.1.conv", _real_5x5, row=1),
    mutant("googlenet 5x5 as two 3x3", GOOGLENET,
           "inception3a.branch3.2.conv inception3a inception3a.branch3.2 inception3a.branch3.1.conv", _two_3x3, row=27),
    mutant("googlenet branch ReLU missing", GOOGLENET, "inception3b.branch2.0",
           reclass("inception3b.branch2.0", _NoRelu), row=46),
    mutant("googlenet stem ReLU missing", GOOGLENET, "conv1", reclass("conv1", _NoRelu), row=46),
    mutant("googlenet branch narrow", GOOGLENET, "inception4a.branch2.0.conv",
           remake("inception4a.branch2.0.conv", out_channels=64), remake("inception4a.branch2.0.bn", num_features=64),
           remake("inception4a.branch2.1.conv", in_channels=64), row=65),
    mutant("googlenet branch of 1x1 only", GOOGLENET,
           "inception4a.branch3.1.conv inception4a.branch3.1 inception4a.branch3.1.bn",
           put("inception4a.branch3.1", lambda: BasicConv2d(16, 48, kernel_size=1))),
    mutant("googlenet no pool in the branch", GOOGLENET, "inception3a.branch4.0",
           put("inception3a.branch4.0", nn.Identity)),
    mutant("googlenet heads exchanged", GOOGLENET, ".", reclass("", _HeadsExchanged), mode="train", row=2),
    mutant("googlenet heads answer in eval mode", GOOGLENET, ". aux1 aux2", reclass("", _HeadsInEval), mode="eval"),
    mutant("googlenet one head left out", GOOGLENET, ". aux1", reclass("", _OneHead), mode="train"),
    mutant("googlenet head reads the pool", GOOGLENET, "aux2", reclass("", _HeadReadsPool), mode="train"),
    mutant("googlenet head without ReLU", GOOGLENET, "aux1", reclass("aux1", _HeadWithoutRelu), mode="train"),
    mutant("googlenet head drops first", GOOGLENET, "aux1 aux1.dropout aux1.fc1", reclass("aux1", _HeadDropsFirst),
           mode="train", row=12),
    mutant("googlenet head detached", GOOGLENET, "aux2 aux2.conv.conv", reclass("aux2", _HeadDetached), mode="train"),
    mutant("googlenet head narrow", GOOGLENET, "aux1.fc1", _heads_features_exchanged, mode="train"),
)  # fmt: skip


MUTANTS: tuple[Mutant, ...] = BRANCHES
