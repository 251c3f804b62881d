"""Nets that are another reference than the one they are held against, and nets that only look like a mistake."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

import arches
from arches.resnet import Bottleneck, ResNet
from corpus.case import Mutant, Original, Rewrite
from corpus.nets import SIDE

__all__ = ["BENIGN", "VARIANTS"]


class _TwoTimes(nn.Module):
    """ResNeXt's block in widths of Table 1: the grouped convolution has half the block's channels."""

    expansion = 2

    def __init__(self, channels: int, grouped: int, stride: int) -> None:
        super().__init__()
        out = grouped * self.expansion
        self.conv_reduce = nn.Conv2d(channels, grouped, 1, bias=False)
        self.bn_reduce = nn.BatchNorm2d(grouped)
        self.conv_conv = nn.Conv2d(grouped, grouped, 3, stride, 1, groups=32, bias=False)
        self.bn = nn.BatchNorm2d(grouped)
        self.conv_expand = nn.Conv2d(grouped, out, 1, bias=False)
        self.bn_expand = nn.BatchNorm2d(out)
        self.shortcut = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``relu(residual(x) + shortcut(x))``."""
        y = self.bn_reduce(self.conv_reduce(x)).relu()
        y = self.bn(self.conv_conv(y)).relu()
        return (self.shortcut(x) + self.bn_expand(self.conv_expand(y))).relu()


def _resnext_of_two() -> nn.Module:
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    stages = [_TwoTimes(64, 128, 1), _TwoTimes(256, 256, 2), _TwoTimes(512, 512, 2), _TwoTimes(1024, 1024, 2)]
    return nn.Sequential(*stem, *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 10))


def _reluctant_alexnet() -> nn.Module:
    net = arches.alexnet(num_classes=10)
    net.avgpool = nn.Sequential(net.avgpool, nn.ReLU())
    return net


RESNEXT = Original(partial(ResNet, Bottleneck, (1, 1, 1, 1), num_classes=10, groups=32, width_per_group=4), SIDE)
ALEXNET = Original(partial(arches.alexnet, num_classes=10), (3, 127, 127))

BENIGN = (
    Rewrite("benign 15, resnext of two times the width", RESNEXT, _resnext_of_two),
    Rewrite("benign 62, ReLU after an average of ReLUs", ALEXNET, _reluctant_alexnet),
    Rewrite("resnet50_v1 against itself", Original(arches.resnet50_v1, SIDE), arches.resnet50_v1),
)


def _variant(reference: str, candidate: str, where: str = "", row: int | None = None, side: int = 64) -> Mutant:
    original = Original(getattr(arches, reference), (3, side, side))
    name = f"{candidate} against {reference}"
    return Mutant(name, original, getattr(arches, candidate), tuple(where.split()), "any", row, candidate)


VARIANTS = (
    _variant("resnet50", "resnet50_v1", "layer2.0.conv1 layer2.0.conv2", 8),
    _variant("resnet50_v1", "resnet50", "layer2.0.conv1 layer2.0.conv2", 8),
    _variant("resnet18", "resnet34", "layer1.2.conv1 layer2.0.conv1 layer1.2"),
    _variant("resnet50", "wide_resnet50_2", "layer1.0.conv1", 14),
    _variant("vgg16", "vgg13", "features.14 features.10"),
    _variant("vgg11", "vgg11_bn", "features.1"),
    _variant("googlenet", "googlenet_torchvision", "conv1.layers.1", 3, 224),
)
