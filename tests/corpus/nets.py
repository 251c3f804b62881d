"""The nets that the corpus is made of, small: same code, fewer blocks, classes and pixels."""

from __future__ import annotations

from torch import Tensor, nn

from arches.alexnet import AlexNet
from arches.cifar10 import cifar10_net
from arches.googlenet import TABLE
from arches.googlenet_torchvision import BasicConv2d, Inception, InceptionAux
from arches.resnet import BasicBlock, Bottleneck, BottleneckV1, ResNet
from arches.vgg import VGG, _plain, _with_batch_norm
from corpus.case import Original
from properties.targets.libraries import import_torchvision

__all__ = [
    "ALEXNET", "BASIC", "CIFAR", "CONVNEXT", "DEEP", "DEEP_V1", "DENSENET", "EFFICIENTNET", "GOOGLENET", "MOBILENET_V2",
    "MOBILENET_V3", "PREACT", "SHUFFLENET", "SQUEEZENET", "VGG_BN", "VGG_PLAIN", "PreActBlock", "PreActNet",
    "SmallAlexNet", "SmallGoogLeNet", "SmallVGG", "Stages", "models",
]  # fmt: skip


def basic() -> ResNet:
    """A residual net of basic blocks: two with an identity shortcut, three with a projection."""
    return ResNet(BasicBlock, (1, 2, 1, 1), num_classes=10)


def deep() -> ResNet:
    """A residual net of bottlenecks, the second one with an identity shortcut."""
    return ResNet(Bottleneck, (2, 1, 1, 1), num_classes=10)


def deep_v1() -> ResNet:
    """The same with the stride on the first 1x1 convolution."""
    return ResNet(BottleneckV1, (2, 1, 1, 1), num_classes=10)


class Stages(ResNet):
    """The net in two steps, between which a mistake can stand."""

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        return self.head(self.stem(x))

    def stem(self, x: Tensor) -> Tensor:
        """To the first stage."""
        return self.maxpool(self.relu(self.bn1(self.conv1(x))))

    def head(self, x: Tensor) -> Tensor:
        """From the first stage."""
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


class PreActBlock(nn.Module):
    """He et al. 2016, arXiv:1603.05027, figure 1(b): norm and ReLU before each convolution."""

    def __init__(self, in_channels: int, planes: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, planes, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.relu = nn.ReLU()
        projects = stride != 1 or in_channels != planes
        self.shortcut = nn.Conv2d(in_channels, planes, 1, stride, bias=False) if projects else None

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum; a projection reads the activated input, an identity the input."""
        out = self.relu(self.bn1(x))
        shortcut = x if self.shortcut is None else self.shortcut(out)
        out = self.conv1(out)
        out = self.conv2(self.relu(self.bn2(out)))
        return out + shortcut


class PreActNet(nn.Module):
    """A small pre-activation net, with the last norm and ReLU before pooling."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        wide = 2 * width
        self.conv = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.blocks = nn.Sequential(
            PreActBlock(width, width, 1), PreActBlock(width, wide, 2), PreActBlock(wide, wide, 1)
        )
        self.norm = nn.BatchNorm2d(wide)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(wide, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        x = self.relu(self.norm(self.blocks(self.conv(x))))
        return self.fc(x.mean((2, 3)))


class SmallGoogLeNet(nn.Module):
    """A GoogLeNet of three inception modules with a head after each of the first two, all its layers the real one's."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = BasicConv2d(3, 192, kernel_size=7, stride=2, padding=3)
        self.maxpool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.inception3a = Inception(192, TABLE["3a"])
        self.aux1 = InceptionAux(256, num_classes=10, dropout=0.7)
        self.inception3b = Inception(256, TABLE["3b"])
        self.aux2 = InceptionAux(480, num_classes=10, dropout=0.7)
        self.maxpool2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.inception4a = Inception(480, TABLE["4a"])
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(512, 10)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        """The logits, and in train mode those of the heads."""
        first = self.inception3a(self.maxpool1(self.conv1(x)))
        second = self.inception3b(first)
        x = self.avgpool(self.inception4a(self.maxpool2(second)))
        x = self.fc(self.dropout(x.flatten(1)))
        return (x, self.aux2(second), self.aux1(first)) if self.training else x


class SmallVGG(VGG):
    """VGG with narrow convolutions and a narrow classifier; its forward is the real one's."""

    def __init__(self, *, norm: bool = False) -> None:
        nn.Module.__init__(self)
        column = ((8,), (16,), (32, 32))
        self.features = nn.Sequential(*(_with_batch_norm if norm else _plain)(column, 3))
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(32 * 7 * 7, 64), nn.ReLU(inplace=True), nn.Dropout(),
            nn.Linear(64, 64), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(64, 10),
        )  # fmt: skip


class SmallAlexNet(AlexNet):
    """AlexNet's features with a narrow classifier; its forward is the real one's."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, 1, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, 1, 1), nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, 1, 1), nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, 3, 1, 1), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(256 * 36, 64), nn.ReLU(inplace=True),
            nn.Dropout(), nn.Linear(64, 64), nn.ReLU(inplace=True), nn.Linear(64, 10),
        )  # fmt: skip


def models(name: str) -> object:
    """A module of torchvision's models, imported when it is asked for."""
    return getattr(import_torchvision().models, name)


def densenet() -> nn.Module:
    """torchvision's DenseNet with two blocks of two layers."""
    return models("densenet").DenseNet(8, (2, 2), 16, num_classes=10)


def mobilenet_v2() -> nn.Module:
    """torchvision's MobileNetV2 with four inverted residuals."""
    rows = [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 1, 2]]
    return models("mobilenetv2").MobileNetV2(num_classes=10, inverted_residual_setting=rows)


def mobilenet_v3() -> nn.Module:
    """torchvision's MobileNetV3 with three inverted residuals, two of them with squeeze and excitation."""
    make = models("mobilenetv3").InvertedResidualConfig
    rows = [
        make(16, 3, 16, 16, True, "RE", 2, 1, 1), make(16, 3, 72, 24, False, "RE", 2, 1, 1),
        make(24, 5, 96, 24, True, "HS", 1, 1, 1),
    ]  # fmt: skip
    return models("mobilenetv3").MobileNetV3(rows, 64, num_classes=10)


def efficientnet() -> nn.Module:
    """torchvision's EfficientNet with four blocks."""
    make = models("efficientnet").MBConvConfig
    rows = [make(1, 3, 1, 32, 16, 1), make(6, 3, 2, 16, 24, 2), make(6, 5, 2, 24, 40, 1)]
    return models("efficientnet").EfficientNet(rows, 0.2, num_classes=10, last_channel=128)


def convnext() -> nn.Module:
    """torchvision's ConvNeXt with two stages of one block."""
    make = models("convnext").CNBlockConfig
    return models("convnext").ConvNeXt([make(16, 32, 1), make(32, None, 1)], num_classes=10)


def squeezenet() -> nn.Module:
    """torchvision's SqueezeNet 1.1."""
    return models("squeezenet").squeezenet1_1(num_classes=10)


def shufflenet() -> nn.Module:
    """torchvision's ShuffleNetV2 with two units in each stage."""
    return models("shufflenetv2").ShuffleNetV2([2, 2, 2], [24, 16, 32, 64, 128], num_classes=10)


SIDE = (3, 64, 64)
BASIC = Original(basic, SIDE)
DEEP = Original(deep, SIDE)
DEEP_V1 = Original(deep_v1, SIDE)
PREACT = Original(PreActNet, (3, 32, 32))
GOOGLENET = Original(SmallGoogLeNet, SIDE)
VGG_PLAIN = Original(SmallVGG, SIDE)
VGG_BN = Original(lambda: SmallVGG(norm=True), SIDE)
ALEXNET = Original(SmallAlexNet, (3, 127, 127))
CIFAR = Original(cifar10_net, (3, 32, 32))
DENSENET = Original(densenet, SIDE)
MOBILENET_V2 = Original(mobilenet_v2, SIDE)
MOBILENET_V3 = Original(mobilenet_v3, SIDE)
EFFICIENTNET = Original(efficientnet, SIDE)
CONVNEXT = Original(convnext, SIDE)
SQUEEZENET = Original(squeezenet, SIDE)
SHUFFLENET = Original(shufflenet, SIDE)
