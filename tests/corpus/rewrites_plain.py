"""VGGs, AlexNets and CIFAR nets written by others."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import arches
from corpus.case import Original, Rewrite
from corpus.nets import ALEXNET, CIFAR, VGG_BN, VGG_PLAIN

__all__ = ["REWRITES"]


# VGG, first: a list with letters, as most repositories have it.
_LETTERS: tuple[int | str, ...] = (8, "M", 16, "M", 32, 32, "M")


class _LetterVGG(nn.Module):
    def __init__(self, norm: bool = True) -> None:
        super().__init__()
        self.classifier = nn.Sequential(
            nn.Linear(32 * 7 * 7, 64), nn.ReLU(True), nn.Dropout(0.5), nn.Linear(64, 64), nn.ReLU(True), nn.Dropout(0.5)
        )
        self.out = nn.Linear(64, 10)
        self.features = self._make_layers(norm)

    def _make_layers(self, norm: bool) -> nn.Sequential:
        layers: list[nn.Module] = []
        in_channels = 3
        for x in _LETTERS:
            if x == "M":
                layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
                continue
            layers += [nn.Conv2d(in_channels, int(x), kernel_size=3, padding=1)]
            layers += [nn.BatchNorm2d(int(x))] * norm + [nn.ReLU()]
            in_channels = int(x)
        layers += [nn.AdaptiveAvgPool2d(7)]
        return nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        out = self.features(x)
        out = out.reshape(out.shape[0], -1)
        return self.out(self.classifier(out))


# VGG, second: layers by name, the classifier as convolutions of the whole map.
class _NamedVGG(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1_1 = nn.Conv2d(3, 8, 3, padding="same")
        self.conv2_1 = nn.Conv2d(8, 16, 3, padding="same")
        self.conv3_1 = nn.Conv2d(16, 32, 3, padding="same")
        self.conv3_2 = nn.Conv2d(32, 32, 3, padding="same")
        self.fc6 = nn.Conv2d(32, 64, 7)
        self.fc7 = nn.Conv2d(64, 64, 1)
        self.fc8 = nn.Conv2d(64, 10, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1_1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2_1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv3_2(F.relu(self.conv3_1(x)))), 2)
        x = F.adaptive_avg_pool2d(x, 7)
        x = F.dropout(F.relu(self.fc6(x)), training=self.training)
        x = F.dropout(F.relu(self.fc7(x)), training=self.training)
        return self.fc8(x).flatten(1)


# VGG, third: blocks of the book's kind, made by functions, with pools before the ReLU.
def _vgg_block(num_convs: int, in_channels: int, out_channels: int) -> nn.Sequential:
    layers = OrderedDict()
    for index in range(num_convs):
        layers[f"conv{index}"] = nn.Conv2d(in_channels if index == 0 else out_channels, out_channels, 3, padding=1)
        if index < num_convs - 1:
            layers[f"relu{index}"] = nn.ReLU()
    layers["pool"] = nn.MaxPool2d(kernel_size=2, stride=2)
    layers["relu"] = nn.ReLU()
    return nn.Sequential(layers)


def _book_vgg() -> nn.Sequential:
    head = [
        nn.Linear(32 * 49, 64),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(64, 64),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(64, 10),
    ]
    blocks = [_vgg_block(1, 3, 8), _vgg_block(1, 8, 16), _vgg_block(2, 16, 32)]
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d((7, 7)), nn.Flatten(), *head)


# VGG-11 in full, layers from a generator.
def _layers(widths: tuple[tuple[int, ...], ...]) -> Iterator[nn.Module]:
    channels = 3
    for block in widths:
        for width in block:
            yield nn.Conv2d(channels, width, (3, 3), (1, 1), (1, 1))
            yield nn.ReLU()
            channels = width
        yield nn.MaxPool2d(2)


def _whole_vgg11() -> nn.Sequential:
    widths = ((64,), (128,), (256, 256), (512, 512), (512, 512))
    classifier = nn.Sequential(
        nn.Linear(25088, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 1000),
    )
    return nn.Sequential(*_layers(widths), nn.AdaptiveAvgPool2d(7), nn.Flatten(), classifier)


# AlexNet, first: every layer an attribute.
class _NamedAlexNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc8, self.fc7, self.fc6 = nn.Linear(64, 10), nn.Linear(64, 64), nn.Linear(9216, 64)
        self.conv1 = nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2)
        self.conv2 = nn.Conv2d(64, 192, kernel_size=5, padding=2)
        self.conv3 = nn.Conv2d(192, 384, kernel_size=3, padding=1)
        self.conv4 = nn.Conv2d(384, 256, kernel_size=3, padding=1)
        self.conv5 = nn.Conv2d(256, 256, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(kernel_size=3, stride=2)
        self.drop = nn.Dropout()

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.conv1(x).relu())
        x = self.pool(self.conv2(x).relu())
        x = self.conv5(self.conv4(self.conv3(x).relu()).relu()).relu()
        x = F.adaptive_avg_pool2d(self.pool(x), (6, 6)).view(x.shape[0], 9216)
        x = self.fc6(self.drop(x)).relu_()
        x = self.fc7(self.drop(x)).relu_()
        return self.fc8(x)


# AlexNet, second: stages in a ModuleDict, the image padded by hand, the pooled ReLU the other way round.
class _StagedAlexNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleDict(
            {
                "one": nn.Sequential(nn.ZeroPad2d(2), nn.Conv2d(3, 64, 11, 4), nn.MaxPool2d(3, 2), nn.ReLU()),
                "two": nn.Sequential(nn.ZeroPad2d(2), nn.Conv2d(64, 192, 5), nn.MaxPool2d(3, 2), nn.ReLU()),
                "three": nn.Sequential(
                    nn.Conv2d(192, 384, 3, 1, "same"), nn.ReLU(), nn.Conv2d(384, 256, 3, 1, "same"), nn.ReLU(),
                    nn.Conv2d(256, 256, 3, 1, "same"), nn.ReLU(), nn.MaxPool2d(3, 2),
                ),
                "pool": nn.AdaptiveAvgPool2d(6),
                "flat": nn.Flatten(start_dim=1),
                "head": nn.Sequential(
                    nn.Dropout(), nn.Linear(9216, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 64),
                    nn.ReLU(), nn.Identity(), nn.Linear(64, 10),
                ),
            }
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        for stage in self.stages.values():
            x = stage(x)
        return x


# The CIFAR net, first: one module in a loop.
class _LoopedCifar(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(i, o, 5, padding=2) for i, o in ((3, 32), (32, 32), (32, 64)))
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(1024, 64), nn.Linear(64, 10))

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.convs:
            x = F.max_pool2d(conv(x), (2, 2), stride=(2, 2))
        return self.head(x)


# The CIFAR net, second: bare parameters.
class _BareCifar(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.w1, self.b1 = self._pair(32, 3, 5, 5)
        self.w2, self.b2 = self._pair(32, 32, 5, 5)
        self.w3, self.b3 = self._pair(64, 32, 5, 5)
        self.w4, self.b4 = self._pair(64, 1024)
        self.w5, self.b5 = self._pair(10, 64)

    @staticmethod
    def _pair(*size: int) -> tuple[nn.Parameter, nn.Parameter]:
        return nn.Parameter(torch.randn(size) * 0.01), nn.Parameter(torch.zeros(size[0]))

    def forward(self, x: Tensor) -> Tensor:
        x = torch.max_pool2d(torch.conv2d(x, self.w1, self.b1, padding=2), 2)
        x = torch.max_pool2d(torch.conv2d(x, self.w2, self.b2, padding=2), 2)
        x = torch.max_pool2d(torch.conv2d(x, self.w3, self.b3, padding=2), 2)
        x = torch.nn.functional.linear(x.flatten(start_dim=1), self.w4, self.b4)
        return torch.addmm(self.b5, x, self.w5.t())


REWRITES = (
    Rewrite("vgg from letters", VGG_BN, _LetterVGG),
    Rewrite("vgg from letters, without norm", VGG_PLAIN, lambda: _LetterVGG(norm=False)),
    Rewrite("vgg with a convolutional classifier", VGG_PLAIN, _NamedVGG, "equivalent"),
    Rewrite("vgg in blocks, pools before ReLUs", VGG_PLAIN, _book_vgg),
    Rewrite("vgg11 from a generator", Original(arches.vgg11, (3, 64, 64)), _whole_vgg11),
    Rewrite("alexnet by attributes", ALEXNET, _NamedAlexNet),
    Rewrite("alexnet in stages, padded by hand", ALEXNET, _StagedAlexNet),
    Rewrite("cifar in a loop", CIFAR, _LoopedCifar),
    Rewrite("cifar of bare parameters", CIFAR, _BareCifar),
    Rewrite("cifar as one Sequential", CIFAR, arches.cifar10_net_sequential),
)
