"""One setting of one layer, or of all layers of a kind: convolutions, norms, activations, pools, the head."""

from __future__ import annotations

from typing import Any

from torch import nn

from corpus.case import Mutant, mutant
from corpus.edits import after, before, every, put, remade, remake, tune
from corpus.nets import ALEXNET, BASIC, CIFAR, DEEP, GOOGLENET, VGG_BN, VGG_PLAIN

__all__ = ["MUTANTS"]

BN = nn.BatchNorm2d
CONV = nn.Conv2d


def _group_norm(norm: Any) -> nn.Module:
    return nn.GroupNorm(16, norm.num_features)


CONVOLUTIONS = (
    mutant("basic stem stride 1", BASIC, "conv1", tune("conv1", stride=(1, 1))),
    mutant("basic stem stride 4", BASIC, "conv1", tune("conv1", stride=(4, 4))),
    mutant("basic stem padding 2", BASIC, "conv1", tune("conv1", padding=(2, 2))),
    mutant("basic stem 5x5", BASIC, "conv1", remake("conv1", kernel_size=5, padding=2)),
    mutant("basic stem 5x5 padding kept", BASIC, "conv1", remake("conv1", kernel_size=5)),
    mutant("basic stem padding of one axis", BASIC, "conv1", tune("conv1", padding=(3, 2))),
    mutant("basic padding exchanged", BASIC, "layer1.0.conv1 layer1.0.conv2",
           tune("layer1.0.conv1", padding=(0, 0)), tune("layer1.0.conv2", padding=(2, 2)), mode="any", many=2),
    mutant("basic padding reflected", BASIC, "layer1.0.conv1", remake("layer1.0.conv1", padding_mode="reflect")),
    mutant("basic padding circular everywhere", BASIC, "conv1",
           every(CONV, lambda old: remade(old, padding_mode="circular") if old.padding[0] else old)),
    mutant("basic dilation", BASIC, "layer3.0.conv2", tune("layer3.0.conv2", dilation=(2, 2), padding=(2, 2))),
    mutant("basic dilation for stride", BASIC, "layer4.0.conv2",
           tune("layer4.0.conv2", dilation=(2, 2), padding=(2, 2))),
    mutant("basic groups", BASIC, "layer2.0.conv1", remake("layer2.0.conv1", groups=2)),
    mutant("basic depthwise", BASIC, "layer2.1.conv2", remake("layer2.1.conv2", groups=128)),
    mutant("basic bias", BASIC, "layer1.0.conv1", remake("layer1.0.conv1", bias=True), row=32),
    mutant("basic bias everywhere", BASIC, "conv1", every(CONV, lambda old: remade(old, bias=True)), row=32),
    mutant("basic no 7x7 but 3x3 stem", BASIC, "conv1", remake("conv1", kernel_size=3, padding=1)),
    mutant("basic stride kept in layer4", BASIC, "layer4.0.conv1 layer4.0.downsample.0",
           tune("layer4.0.conv1", stride=(1, 1)), tune("layer4.0.downsample.0", stride=(1, 1))),
    mutant("basic non-square stride", BASIC, "conv1", tune("conv1", stride=(2, 1))),
    mutant("basic width inside a block", BASIC, "layer3.0.conv1", remake("layer3.0.conv1", out_channels=192),
           remake("layer3.0.bn1", num_features=192), remake("layer3.0.conv2", in_channels=192), row=65),
    mutant("googlenet stem of 96 channels", GOOGLENET, "conv1.conv", remake("conv1.conv", out_channels=96),
           remake("conv1.bn", num_features=96), remake("inception3a.branch1.conv", in_channels=96),
           remake("inception3a.branch2.0.conv", in_channels=96), remake("inception3a.branch3.0.conv", in_channels=96),
           remake("inception3a.branch4.1.conv", in_channels=96), row=13),
    mutant("deep 1x1 grouped", DEEP, "layer2.0.conv1", remake("layer2.0.conv1", groups=32), row=30),
    mutant("deep 3x3 grouped", DEEP, "layer1.0.conv2", remake("layer1.0.conv2", groups=32), row=42),
    mutant("deep 1x1 as 3x3", DEEP, "layer1.1.conv1", remake("layer1.1.conv1", kernel_size=3, padding=1), row=52),
    mutant("deep padding on a 1x1", DEEP, "layer3.0.conv1", tune("layer3.0.conv1", padding=(1, 1)),
           tune("layer3.0.conv2", padding=(0, 0)), row=31),
    mutant("deep last 1x1 with bias", DEEP, "layer4.0.conv3", remake("layer4.0.conv3", bias=True), row=32),
    mutant("vgg no bias", VGG_PLAIN, "features.3", remake("features.3", bias=False)),
    mutant("vgg no bias anywhere", VGG_PLAIN, "features.0", every(CONV, lambda old: remade(old, bias=False))),
    mutant("vgg padding off", VGG_PLAIN, "features.6", tune("features.6", padding=(0, 0))),
    mutant("alexnet stem padding", ALEXNET, "features.0", tune("features.0", padding=(0, 0))),
    mutant("alexnet grouped as the original", ALEXNET, "features.3", remake("features.3", groups=2)),
    mutant("alexnet stem stride 2", ALEXNET, "features.0", tune("features.0", stride=(2, 2))),
    mutant("cifar bias", CIFAR, "conv2", remake("conv2", bias=False)),
    mutant("cifar 3x3", CIFAR, "conv3", remake("conv3", kernel_size=3, padding=1)),
)  # fmt: skip

NORMS = (
    mutant("basic eps", BASIC, "layer2.0.bn1", tune("layer2.0.bn1", eps=1e-3), row=57),
    mutant("basic eps everywhere", BASIC, "bn1", every(BN, lambda old: remade(old, eps=1e-3)), row=16),
    mutant("basic eps of the number of channels", BASIC, "bn1",
           every(BN, lambda old: remade(old, eps=float(old.num_features))), row=28),
    mutant("basic eps a little", BASIC, "layer4.0.bn2", tune("layer4.0.bn2", eps=1.1e-5)),
    mutant("googlenet eps everywhere", GOOGLENET, "conv1.bn", every(BN, lambda old: remade(old, eps=1e-5)), row=3),
    mutant("basic momentum", BASIC, "layer1.0.bn2", tune("layer1.0.bn2", momentum=0.01), mode="train"),
    mutant("basic momentum of another convention", BASIC, "bn1", every(BN, lambda old: remade(old, momentum=0.9)),
           mode="train", row=22),
    mutant("basic momentum cumulative", BASIC, "bn1", tune("bn1", momentum=None), mode="train"),
    mutant("basic momentum and eps", BASIC, "bn1", every(BN, lambda old: remade(old, eps=1e-3, momentum=0.01)),
           row=17, mode="any", many=2),
    mutant("basic norm missing", BASIC, "layer2.0.bn2", put("layer2.0.bn2", nn.Identity)),
    mutant("basic stem norm missing", BASIC, "bn1", put("bn1", nn.Identity)),
    mutant("basic projection norm missing", BASIC, "layer3.0.downsample.1", put("layer3.0.downsample.1", nn.Identity)),
    mutant("basic all norms missing", BASIC, "bn1", every(BN, lambda old: nn.Identity())),
    mutant("vgg norm missing", VGG_BN, "features.5", put("features.5", nn.Identity)),
    mutant("vgg norm extra", VGG_PLAIN, "features.3 features.3.1 features.4", after("features.3", lambda: BN(16))),
    mutant("basic norm twice", BASIC, "bn1 bn1.0 bn1.1 relu", after("bn1", lambda: BN(64))),
    mutant("basic group norm", BASIC, "layer1.0.bn1", put("layer1.0.bn1", lambda: nn.GroupNorm(32, 64))),
    mutant("basic group norms", BASIC, "bn1", every(BN, _group_norm)),
    mutant("basic instance norms", BASIC, "bn1",
           every(BN, lambda old: nn.InstanceNorm2d(old.num_features, affine=True))),
    mutant("basic norm not affine", BASIC, "layer2.1.bn1", remake("layer2.1.bn1", affine=False)),
    mutant("basic norm without statistics", BASIC, "layer2.1.bn1", remake("layer2.1.bn1", track_running_stats=False),
           mode="any"),
    mutant("basic synchronised by layer norm", BASIC, "layer4.0.bn2",
           put("layer4.0.bn2", lambda: nn.GroupNorm(1, 512))),
    mutant("alexnet norm extra", ALEXNET, "features.6 features.6.1 features.7",
           after("features.6", lambda: BN(384))),
    mutant("alexnet response norm", ALEXNET, "features.1 features.1.1 features.2",
           after("features.1", lambda: nn.LocalResponseNorm(5))),
)  # fmt: skip

ACTIVATIONS = (
    mutant("basic stem ReLU missing", BASIC, "relu", put("relu", nn.Identity), row=47),
    mutant("basic stem leaky", BASIC, "relu", put("relu", lambda: nn.LeakyReLU(0.01)), row=61),
    mutant("basic ReLU6 in a block", BASIC, "layer2.0.relu", put("layer2.0.relu", nn.ReLU6)),
    mutant("basic SiLU everywhere", BASIC, "relu", every(nn.ReLU, lambda old: nn.SiLU())),
    mutant("basic leaky everywhere", BASIC, "relu", every(nn.ReLU, lambda old: nn.LeakyReLU(0.1)), row=61),
    mutant("basic PReLU", BASIC, "relu", put("relu", nn.PReLU)),
    mutant("basic ELU", BASIC, "layer3.0.relu", put("layer3.0.relu", nn.ELU)),
    mutant("basic ReLU on the projection", BASIC, "layer2.0 layer2.0.downsample.1 layer2.0.downsample.1.1",
           after("layer2.0.downsample.1", nn.ReLU), row=50),
    mutant("deep stem ReLU missing", DEEP, "relu", put("relu", nn.Identity), row=47),
    mutant("googlenet tanh", GOOGLENET, "fc fc.0 fc.1", before("fc", nn.Tanh)),
    mutant("vgg ReLU missing", VGG_PLAIN, "features.4", put("features.4", nn.Identity)),
    mutant("vgg classifier ReLU missing", VGG_BN, "classifier.1", put("classifier.1", nn.Identity)),
    mutant("alexnet ReLU missing", ALEXNET, "features.9", put("features.9", nn.Identity), row=48),
    mutant("alexnet all ReLU6", ALEXNET, "features.1", every(nn.ReLU, lambda old: nn.ReLU6()), row=33),
    mutant("cifar ReLU extra", CIFAR, "conv2 conv2.1 maxpool2", after("conv2", nn.ReLU)),
    mutant("cifar ReLU before the head", CIFAR, "linear1 linear1.1 linear2", after("linear1", nn.ReLU)),
)  # fmt: skip

POOLS = (
    mutant("basic max pool 2x2", BASIC, "maxpool", put("maxpool", lambda: nn.MaxPool2d(2, 2))),
    mutant("basic max pool unpadded", BASIC, "maxpool", put("maxpool", lambda: nn.MaxPool2d(3, 2))),
    mutant("basic max pool of Caffe", BASIC, "maxpool", put("maxpool", lambda: nn.MaxPool2d(3, 2, ceil_mode=True)),
           row=58),
    mutant("basic max pool rounding up", BASIC, "maxpool", tune("maxpool", ceil_mode=True), row=58, mode="any"),
    mutant("basic max pool missing", BASIC, "maxpool", put("maxpool", nn.Identity)),
    mutant("basic max pool averages", BASIC, "maxpool", put("maxpool", lambda: nn.AvgPool2d(3, 2, 1))),
    mutant("basic max pool dilated", BASIC, "maxpool", tune("maxpool", dilation=2, padding=1)),
    mutant("basic max pool stride 1", BASIC, "maxpool", tune("maxpool", stride=1)),
    mutant("basic head takes the maximum", BASIC, "avgpool", put("avgpool", lambda: nn.AdaptiveMaxPool2d(1)), row=7),
    mutant("basic head of 2x2", BASIC, "avgpool fc", put("avgpool", lambda: nn.AdaptiveAvgPool2d(2)),
           remake("fc", in_features=2048), row=66),
    mutant("basic head of 2x2 windows", BASIC, "avgpool", put("avgpool", lambda: nn.AvgPool2d(2))),
    mutant("googlenet pool unpadded rounding down", GOOGLENET, "maxpool1", tune("maxpool1", ceil_mode=False)),
    mutant("googlenet pool 2x2", GOOGLENET, "maxpool2", put("maxpool2", lambda: nn.MaxPool2d(2, 2, ceil_mode=True)),
           row=3),
    mutant("googlenet branch averages", GOOGLENET, "inception3b.branch4.0",
           put("inception3b.branch4.0", lambda: nn.AvgPool2d(3, 1, 1))),
    mutant("googlenet branch takes 5x5", GOOGLENET, "inception3b.branch4.0",
           put("inception3b.branch4.0", lambda: nn.MaxPool2d(5, 1, 2))),
    mutant("alexnet pool rounding up", ALEXNET, "features.5", tune("features.5", ceil_mode=True), mode="any"),
    mutant("alexnet pool 2x2", ALEXNET, "features.2", put("features.2", lambda: nn.MaxPool2d(2, 2))),
    mutant("alexnet head of 3x3", ALEXNET, "avgpool classifier.1", put("avgpool", lambda: nn.AdaptiveAvgPool2d(3)),
           remake("classifier.1", in_features=256 * 9), row=66),
    mutant("vgg last pool missing", VGG_PLAIN, "features.10", put("features.10", nn.Identity)),
    mutant("vgg pool averages", VGG_BN, "features.3", put("features.3", lambda: nn.AvgPool2d(2, 2))),
    mutant("vgg head takes the maximum", VGG_PLAIN, "avgpool", put("avgpool", lambda: nn.AdaptiveMaxPool2d(7))),
    mutant("cifar pool overlaps", CIFAR, "maxpool2", put("maxpool2", lambda: nn.MaxPool2d(3, 2, 1))),
)  # fmt: skip

HEADS = (
    mutant("basic 11 classes", BASIC, "fc", remake("fc", out_features=11)),
    mutant("basic head without bias", BASIC, "fc", remake("fc", bias=False)),
    mutant("basic softmax", BASIC, "fc fc.0 fc.1", after("fc", lambda: nn.Softmax(1))),
    mutant("basic logarithm of softmax", BASIC, "fc fc.0 fc.1", after("fc", lambda: nn.LogSoftmax(1))),
    mutant("basic sigmoid", BASIC, "fc fc.0 fc.1", after("fc", nn.Sigmoid)),
    mutant("basic dropout extra", BASIC, "fc fc.0 fc.1", before("fc", lambda: nn.Dropout(0.2)), mode="train"),
    mutant("basic head of two layers", BASIC, "fc fc.0 fc.1 fc.2",
           put("fc", lambda: nn.Sequential(nn.Linear(512, 128), nn.ReLU(), nn.Linear(128, 10)))),
    mutant("vgg head of one layer", VGG_BN, "classifier.0 classifier.6",
           put("classifier", lambda: nn.Sequential(nn.Linear(32 * 49, 10))), row=37),
    mutant("vgg dropout rate", VGG_PLAIN, "classifier.2", tune("classifier.2", p=0.2), mode="train"),
    mutant("vgg dropout missing", VGG_PLAIN, "classifier.5", put("classifier.5", nn.Identity), mode="train"),
    mutant("vgg no dropout", VGG_PLAIN, "classifier.2", every(nn.Dropout, lambda old: nn.Identity()), mode="train"),
    mutant("vgg dropout of channels", VGG_PLAIN, "classifier.2", put("classifier.2", lambda: nn.FeatureAlphaDropout()),
           mode="train"),
    mutant("vgg dropout of whole images", VGG_PLAIN, "classifier.2", put("classifier.2", nn.Dropout1d), mode="train"),
    mutant("vgg dropout before the ReLU's layer", VGG_PLAIN, "classifier.1 classifier.2 classifier.0",
           put("classifier.2", nn.Identity), before("classifier.0", nn.Dropout), row=12, mode="train"),
    mutant("alexnet dropout missing", ALEXNET, "classifier.0", put("classifier.0", nn.Identity), row=11, mode="train"),
    mutant("alexnet dropout on the last layer too", ALEXNET, "classifier.6 classifier.6.0 classifier.6.1",
           before("classifier.6", nn.Dropout), row=11, mode="train"),
    mutant("alexnet narrow classifier", ALEXNET, "classifier.1", remake("classifier.1", out_features=32),
           remake("classifier.4", in_features=32)),
    mutant("alexnet widths of the first paper", ALEXNET, "features.0", remake("features.0", out_channels=96),
           remake("features.3", in_channels=96, out_channels=256), remake("features.6", in_channels=256),
           remake("features.8", out_channels=384), remake("features.10", in_channels=384), row=10),
    mutant("googlenet dropout of the paper", GOOGLENET, "dropout", tune("dropout", p=0.4), mode="train", row=3),
    mutant("googlenet head's dropout", GOOGLENET, "aux1.dropout", tune("aux1.dropout", p=0.5), mode="train"),
    mutant("cifar narrow head", CIFAR, "linear1", remake("linear1", out_features=32),
           remake("linear2", in_features=32)),
)  # fmt: skip

MUTANTS: tuple[Mutant, ...] = (*CONVOLUTIONS, *NORMS, *ACTIVATIONS, *POOLS, *HEADS)
