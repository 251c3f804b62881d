"""Mistakes that people made in nets that have no reference here, held against torchvision's."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from corpus.case import Mutant, mutant
from corpus.edits import after, before, every, put, remade, remake, setting, tune
from corpus.nets import CONVNEXT, DENSENET, EFFICIENTNET, MOBILENET_V2, MOBILENET_V3, SHUFFLENET, SQUEEZENET

__all__ = ["MUTANTS"]


class _Unit(nn.Module):
    """A unit of ShuffleNet without the shuffle."""

    def __init__(self, unit: Any) -> None:
        super().__init__()
        self.branch2 = unit.branch2

    def forward(self, x: Tensor) -> Tensor:
        first, second = x.chunk(2, dim=1)
        return torch.cat((first, self.branch2(second)), dim=1)


class _UnitOfFour(_Unit):
    """A unit of ShuffleNet that shuffles in four groups instead of two."""

    def forward(self, x: Tensor) -> Tensor:
        return F.channel_shuffle(super().forward(x), 4)


class _UnitOfOtherHalf(_Unit):
    """A unit of ShuffleNet that runs the first half."""

    def forward(self, x: Tensor) -> Tensor:
        first, second = x.chunk(2, dim=1)
        return F.channel_shuffle(torch.cat((second, self.branch2(first)), dim=1), 2)


class _Projected(nn.Module):
    """A block with a projection beside it."""

    def __init__(self, block: nn.Module, channels: tuple[int, int]) -> None:
        super().__init__()
        self.block = block
        self.shortcut = nn.Conv2d(*channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x) + self.shortcut(x)


class _Unscaled(nn.Module):
    """A block of ConvNeXt without layer scale."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        self.block = block.block

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x) + x


class _UnbiasedVariance(nn.Module):
    """Layer norm over the last axis with the unbiased variance."""

    def __init__(self, norm: Any) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps

    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        return centred / torch.sqrt(x.var(-1, keepdim=True) + self.eps) * self.weight + self.bias


def _transition() -> nn.Module:
    return nn.Sequential(nn.BatchNorm2d(32), nn.ReLU(), nn.Conv2d(32, 32, 1, bias=False), nn.AvgPool2d(2, 2))


def _no_residual(net: nn.Module) -> None:
    net.features[3].use_res_connect = False


def _residual_everywhere(net: nn.Module) -> None:
    net.features[4] = _Projected(net.features[4], (24, 32))
    net.features[4].shortcut.stride = (2, 2)


def _squeezes_last(net: nn.Module) -> None:
    block = net.features[3].block
    excite = torch.nn.Sequential(*block)
    make = type(block[2])
    block[2], block[3] = nn.Identity(), nn.Sequential(excite[3], make(24, 24, scale_activation=nn.Hardsigmoid))


FAMILY = (
    mutant("densenet transition ReLU missing", DENSENET, "features.transition1.relu",
           put("features.transition1.relu", nn.Identity), row=29),
    mutant("densenet extra transition", DENSENET,
           "features.norm5 features.norm5.0.0 features.norm5.0.2 features.norm5.1",
           before("features.norm5", _transition), row=44),
    mutant("densenet growth of one layer", DENSENET, "features.denseblock2.denselayer2.conv2",
           remake("features.denseblock2.denselayer2.conv2", out_channels=4),
           remake("features.norm5", num_features=28), remake("classifier", in_features=28)),
    mutant("densenet stem of twice the channels", DENSENET, "features.conv0", remake("features.conv0", out_channels=32),
           remake("features.norm0", num_features=32), remake("features.denseblock1.denselayer1.norm1", num_features=32),
           remake("features.denseblock1.denselayer1.conv1", in_channels=32),
           remake("features.denseblock1.denselayer2.norm1", num_features=40),
           remake("features.denseblock1.denselayer2.conv1", in_channels=40),
           remake("features.transition1.norm", num_features=48), remake("features.transition1.conv", in_channels=48),
           row=45),
    mutant("densenet transition pools the maximum", DENSENET, "features.transition1.pool",
           put("features.transition1.pool", lambda: nn.MaxPool2d(2, 2))),
    mutant("densenet dropout in a layer", DENSENET, "features.denseblock1.denselayer2 features.denseblock1",
           tune("features.denseblock1.denselayer2", drop_rate=0.2), mode="train"),
    mutant("densenet last norm missing", DENSENET, "features.norm5", put("features.norm5", nn.Identity), row=25),
    mutant("densenet border not counted", DENSENET, "features.transition1.pool",
           put("features.transition1.pool", lambda: nn.AvgPool2d(3, 2, 1, count_include_pad=False)), row=7),
    mutant("mobilenet v2 stem 1x1 padded", MOBILENET_V2, "features.1.conv.1",
           tune("features.1.conv.1", padding=(1, 1)), row=31),
    mutant("mobilenet v2 ReLU", MOBILENET_V2, "features.0.2", every(nn.ReLU6, lambda old: nn.ReLU()), row=33),
    mutant("mobilenet v2 ReLU once", MOBILENET_V2, "features.2.conv.1.2", put("features.2.conv.1.2", nn.ReLU), row=33),
    mutant("mobilenet v2 projection", MOBILENET_V2, "features.4 features.4.shortcut features.5.0",
           _residual_everywhere, row=33),
    mutant("mobilenet v2 identity missing", MOBILENET_V2, "features.3", _no_residual),
    mutant("mobilenet v2 bottleneck activated", MOBILENET_V2,
           "features.2.conv.3.1 features.2.conv.3 features.3.conv.0.0",
           after("features.2.conv.3", nn.ReLU6)),
    mutant("mobilenet v2 depthwise not grouped", MOBILENET_V2, "features.2.conv.1.0",
           remake("features.2.conv.1.0", groups=1)),
    mutant("mobilenet v2 bias before the norm", MOBILENET_V2, "features.0.0",
           every(nn.Conv2d, lambda old: remade(old, bias=True)), row=32),
    mutant("mobilenet v2 expansion of one block", MOBILENET_V2, "features.3.conv.0.0",
           remake("features.3.conv.0.0", out_channels=96), remake("features.3.conv.0.1", num_features=96),
           remake("features.3.conv.1.0", in_channels=96, out_channels=96, groups=96),
           remake("features.3.conv.1.1", num_features=96), remake("features.3.conv.2", in_channels=96)),
    mutant("mobilenet v2 momentum", MOBILENET_V2, "features.0.1",
           every(nn.BatchNorm2d, lambda old: remade(old, momentum=3e-4)), row=17, mode="any"),
    mutant("mobilenet v3 no excitation", MOBILENET_V3, "features.3.block.2 features.3.block.2.avgpool",
           put("features.3.block.2", nn.Identity), row=51),
    mutant("mobilenet v3 excitation by sigmoid", MOBILENET_V3, "features.1.block.1.scale_activation",
           put("features.1.block.1.scale_activation", nn.Sigmoid), row=51),
    mutant("mobilenet v3 norm in the excitation", MOBILENET_V3,
           "features.1.block.1.fc1 features.1.block.1.fc1.1 features.1.block.1.activation",
           after("features.1.block.1.fc1", lambda: nn.BatchNorm2d(8)), row=51),
    mutant("mobilenet v3 excitation after the projection", MOBILENET_V3,
           "features.3.block.2 features.3.block.2.avgpool features.3.block.3.1.avgpool features.3.block.3.1",
           _squeezes_last, row=51),
    mutant("mobilenet v3 activation missing", MOBILENET_V3, "classifier.1", put("classifier.1", nn.Identity), row=51),
    mutant("mobilenet v3 swish", MOBILENET_V3, "features.0.2", every(nn.Hardswish, lambda old: nn.SiLU())),
    mutant("mobilenet v3 kernel 3x3", MOBILENET_V3, "features.3.block.1.0",
           remake("features.3.block.1.0", kernel_size=3, padding=1), row=50),
    mutant("efficientnet expansion 3x3", EFFICIENTNET, "features.2.0.block.0.0",
           remake("features.2.0.block.0.0", kernel_size=3, padding=1), row=52),
    mutant("efficientnet stride", EFFICIENTNET, "features.3.0.block.1.0",
           tune("features.3.0.block.1.0", stride=(1, 1)), row=53),
    mutant("efficientnet head convolution missing", EFFICIENTNET, "features.4.0 features.4 classifier.1",
           put("features.4", nn.Identity), remake("classifier.1", in_features=40), row=34),
    mutant("efficientnet no stochastic depth", EFFICIENTNET, "features.2.1.stochastic_depth",
           tune("features.2.1.stochastic_depth", p=0.0), mode="train", row=54),
    mutant("efficientnet dropout for stochastic depth", EFFICIENTNET, "features.2.1.stochastic_depth",
           put("features.2.1.stochastic_depth", lambda: nn.Dropout(0.1)), mode="train", row=54),
    mutant("efficientnet rate of stochastic depth", EFFICIENTNET, "features.2.1.stochastic_depth",
           tune("features.2.1.stochastic_depth", p=0.2), mode="train", row=54),
    mutant("efficientnet ReLU", EFFICIENTNET, "features.0.2", put("features.0.2", nn.ReLU)),
    mutant("efficientnet excitation narrow", EFFICIENTNET, "features.2.1.block.2.fc1",
           remake("features.2.1.block.2.fc1", out_channels=36), remake("features.2.1.block.2.fc2", in_channels=36)),
    mutant("squeezenet last ReLU missing", SQUEEZENET, "classifier.2", put("classifier.2", nn.Identity), row=48),
    mutant("squeezenet pool rounding down", SQUEEZENET, "features.5", tune("features.5", ceil_mode=False), mode="any"),
    mutant("squeezenet expand padded", SQUEEZENET, "features.4.expand1x1",
           remake("features.4.expand1x1", kernel_size=3, padding=1)),
    mutant("squeezenet dropout in another place", SQUEEZENET, "classifier.0 classifier.2.1 classifier.2 classifier.1",
           put("classifier.0", nn.Identity), after("classifier.2", nn.Dropout), mode="train"),
    mutant("shufflenet no shuffle", SHUFFLENET, "stage2.1 stage3.0.branch1.0", setting("stage2.1", _Unit)),
    mutant("shufflenet shuffles four", SHUFFLENET, "stage2.1", setting("stage2.1", _UnitOfFour)),
    mutant("shufflenet other half", SHUFFLENET, "stage2.1 stage2.1.branch2.0", setting("stage2.1", _UnitOfOtherHalf)),
    mutant("shufflenet stem 1x1", SHUFFLENET, "conv1.0", remake("conv1.0", kernel_size=1, padding=0), row=35),
    mutant("shufflenet ReLU after the depthwise", SHUFFLENET,
           "stage3.1.branch2.4 stage3.1.branch2.4.1 stage3.1.branch2.5",
           after("stage3.1.branch2.4", nn.ReLU)),
    mutant("convnext GELU by tanh", CONVNEXT, "features.1.0.block.4", every(nn.GELU, lambda old: nn.GELU("tanh")),
           row=64),
    mutant("convnext eps", CONVNEXT, "features.3.0.block.2", tune("features.3.0.block.2", eps=1e-5), row=57),
    mutant("convnext unbiased variance", CONVNEXT, "features.1.0.block.2",
           setting("features.1.0.block.2", _UnbiasedVariance), row=18),
    mutant("convnext ReLU", CONVNEXT, "features.3.0.block.4", put("features.3.0.block.4", nn.ReLU)),
    mutant("convnext norm after pooling missing", CONVNEXT, "classifier.0", put("classifier.0", nn.Identity), row=59),
    mutant("convnext norms shared", CONVNEXT, "features.1.0.block.2 features.0.1",
           lambda net: [setattr(net.features[1][0].block[2], name,
           getattr(net.features[0][1], name)) for name in ("weight", "bias")],
           row=59),
    mutant("convnext layer scale missing", CONVNEXT, "features.3.0 features.3.0.layer_scale",
           setting("features.3.0", _Unscaled)),
)  # fmt: skip

MUTANTS: tuple[Mutant, ...] = FAMILY
