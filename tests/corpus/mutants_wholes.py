"""What a whole net does with its layers, its input and its output."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from arches.cifar10 import Cifar10Net
from arches.resnet import ResNet
from corpus.case import Mutant, mutant
from corpus.edits import after, put, reclass, remake
from corpus.nets import ALEXNET, BASIC, CIFAR, VGG_BN, VGG_PLAIN

__all__ = ["MUTANTS"]


class _LayersExchanged(Cifar10Net):
    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool2(self.conv2(self.maxpool1(self.conv1(x))))
        x = self.conv3(self.maxpool3(x))
        return self.linear2(self.linear1(self.flatten(x)))


class _SkipsStage(ResNet):
    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(x)))
        return self.fc(self.avgpool(x).flatten(1))


class _PoolBeforeRelu(ResNet):
    def forward(self, x: Tensor) -> Tensor:
        x = self.bn1(self.relu(self.maxpool(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


class _Transformed(ResNet):
    def forward(self, x: Tensor) -> Tensor:
        scale = torch.tensor([0.458, 0.448, 0.45], device=x.device).view(1, 3, 1, 1)
        return super().forward(x * scale - 0.03)


class _FirstImageTransformed(ResNet):
    def forward(self, x: Tensor) -> Tensor:
        x = x.clone()
        x[0] = x[0] * 0.458 - 0.03
        return super().forward(x)


class _OtherChannels(ResNet):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flip(1))


class _Scaled(ResNet):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * 0.5


class _Shifted(ResNet):
    def forward(self, x: Tensor) -> Tensor:
        logits = super().forward(x)
        return logits - logits.mean(1, keepdim=True)


class _Resized(ResNet):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.interpolate(x, scale_factor=2.0))


class _WithFeatures(ResNet):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        x = self.avgpool(x).flatten(1)
        return self.fc(x), x


class _Features(ResNet):
    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


class _PadsUnevenly(ResNet):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, (0, 1, 0, 1)))


class _PadsOnSizes(ResNet):
    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2] % 2, x.shape[3] % 2
        return super().forward(F.pad(x, (0, height, 0, width)))


WHOLE = (
    mutant("vgg layer missing", VGG_BN, "features.8 features.11", put("features.8", nn.Identity),
           put("features.9", nn.Identity),
           put("features.10", nn.Identity), remake("features.11", in_channels=16)),
    mutant("vgg layer extra", VGG_PLAIN, "features.3.2 features.3.1 features.4 features.3",
           after("features.3", lambda: nn.ReLU()), after("features.3", lambda: nn.Conv2d(16, 16, 3, 1, 1))),
    mutant("alexnet layer missing", ALEXNET, "features.8 features.10", put("features.8", nn.Identity),
           put("features.9", nn.Identity), remake("features.10", in_channels=384)),
    mutant("cifar pool before the convolution", CIFAR, "conv3 maxpool3", reclass("", _LayersExchanged)),
    mutant("basic stage never run", BASIC, "layer1.0.conv1 layer1.0 layer1", reclass("", _SkipsStage)),
    mutant("basic norm after the pool", BASIC, "bn1 maxpool relu", reclass("", _PoolBeforeRelu)),
    mutant("basic input transformed", BASIC, ". conv1", reclass("", _Transformed), row=4),
    mutant("basic first image transformed", BASIC, ". conv1", reclass("", _FirstImageTransformed), row=5),
    mutant("basic channels of the image reversed", BASIC, ". conv1", reclass("", _OtherChannels)),
    mutant("basic logits scaled", BASIC, ". fc", reclass("", _Scaled)),
    mutant("basic logits shifted", BASIC, ". fc", reclass("", _Shifted), row=64),
    mutant("basic image resized", BASIC, ". conv1", reclass("", _Resized)),
    mutant("basic image padded on one side", BASIC, ". conv1", reclass("", _PadsUnevenly), row=56),
    mutant("basic padding of height and width exchanged", BASIC, ". conv1 (input)", reclass("", _PadsOnSizes), row=19,
           mode="any"),
    mutant("basic features as well", BASIC, ".", reclass("", _WithFeatures)),
    mutant("basic features only", BASIC, "avgpool . fc", reclass("", _Features)),
)  # fmt: skip


MUTANTS: tuple[Mutant, ...] = WHOLE
