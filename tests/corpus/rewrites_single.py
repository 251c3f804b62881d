"""One layer written in another way, in nets that are otherwise the same; and nets built in another way."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from arches.cifar10 import Cifar10Net
from arches.googlenet_torchvision import Inception
from arches.vgg import VGG
from corpus.case import Rewrite, rewrite
from corpus.edits import after, before, every, put, reclass, remade, setting, tune
from corpus.nets import (
    ALEXNET,
    BASIC,
    CIFAR,
    DEEP,
    EFFICIENTNET,
    GOOGLENET,
    MOBILENET_V2,
    VGG_PLAIN,
    SmallGoogLeNet,
)

__all__ = ["REWRITES"]


class _Rectified(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, 0.0)


class _Silu(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(x)


class _Looks:
    """A forward hook that only looks."""

    def __call__(self, module: nn.Module, inputs: Any, output: Tensor) -> None:
        module.seen = tuple(output.shape)


class _Convolution(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.weight, self.bias)


class _NoCounter(nn.BatchNorm2d):
    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, self.training, self.momentum, self.eps
        )


class _OtherOrder(Inception):
    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch3(x), self.branch2(x), self.branch4(x)], 1)


class _Backwards(Inception):
    def forward(self, x: Tensor) -> Tensor:
        outputs = [branch(x) for branch in (self.branch4, self.branch3, self.branch2, self.branch1)]
        return torch.cat(outputs[::-1], 1)


class _InPlace(Inception):
    def forward(self, x: Tensor) -> Tensor:
        outputs = [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)]
        result = x.new_empty(x.shape[0], sum(y.shape[1] for y in outputs), *x.shape[2:])
        start = 0
        for y in outputs:
            result[:, start : start + y.shape[1]] = y
            start += y.shape[1]
        return result


_Logits = namedtuple("_Logits", "main second first")


class _Named(SmallGoogLeNet):
    def forward(self, x: Tensor) -> Any:
        outputs = super().forward(x)
        return _Logits(*outputs) if self.training else outputs


class _ChannelsLast(VGG):
    def forward(self, x: Tensor) -> Tensor:
        x = self.avgpool(self.features(x))
        return self.classifier(x.permute(0, 2, 3, 1).flatten(1))


class _Flattens(VGG):
    def forward(self, x: Tensor) -> Tensor:
        x = self.avgpool(self.features(x))
        return self.classifier(x.contiguous().view(-1, x.shape[1] * x.shape[2] * x.shape[3]))


class _PadsByHand(Cifar10Net):
    def forward(self, x: Tensor) -> Tensor:
        for conv, pool in ((self.conv1, self.maxpool1), (self.conv2, self.maxpool2), (self.conv3, self.maxpool3)):
            x = pool(F.conv2d(F.pad(x, (2, 2, 2, 2)), conv.weight, conv.bias))
        return self.linear2(self.linear1(self.flatten(x)))


def _reordered(net: nn.Module) -> None:
    modules = dict(reversed(net._modules.items()))
    net._modules.clear()
    net._modules.update(modules)


def _without_counters(net: nn.Module) -> None:
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.num_batches_tracked = None


def _with_attributes(net: nn.Module) -> None:
    net.config = {"depth": 18}
    net.register_buffer("version", torch.tensor(2))
    net.criterion = nn.CrossEntropyLoss()


def _weight_norm_removed(net: nn.Module) -> None:
    conv = net.layer1[0].conv1
    nn.utils.parametrizations.weight_norm(conv)
    nn.utils.parametrize.remove_parametrizations(conv, "weight")


def _identities(net: nn.Module) -> None:
    for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
        for block in stage:
            block.bn2 = nn.Sequential(nn.Identity(), block.bn2, nn.Dropout(0.0), nn.Identity())


def _as_instance() -> nn.Module:
    return BASIC.build().train()


def _in_double() -> nn.Module:
    return BASIC.build().double()


def _default_double() -> nn.Module:
    before_ = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        return BASIC.build()
    finally:
        torch.set_default_dtype(before_)


def _memory_format() -> nn.Module:
    return BASIC.build().to(memory_format=torch.channels_last)


def _lazy(old: Any) -> nn.Module:
    settings = {
        "kernel_size": old.kernel_size,
        "stride": old.stride,
        "padding": old.padding,
        "bias": old.bias is not None,
    }
    return nn.LazyConv2d(old.out_channels, **settings)


def _lazily() -> nn.Module:
    net = BASIC.build()
    every(nn.Conv2d, _lazy)(net)
    with torch.no_grad():
        net.eval()(torch.zeros(1, 3, 64, 64, device=net.fc.weight.device))
    return net


class _Linear1x1(nn.Conv2d):
    """A 1x1 convolution of vectors."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x[:, :, None, None])[:, :, 0, 0]


def _one_by_one(old: Any) -> nn.Module:
    return _Linear1x1(old.in_features, old.out_features, 1)


def _one_by_one_head(net: nn.Module) -> None:
    net.fc = nn.Sequential(nn.Unflatten(1, (512, 1, 1)), nn.Conv2d(512, 10, 1), nn.Flatten())


LAYERS = (
    rewrite("basic other definition order", BASIC, _reordered),
    rewrite("basic without batch counters", BASIC, _without_counters),
    rewrite("basic attributes, a buffer and a loss besides", BASIC, _with_attributes),
    rewrite("basic weight norm put on and taken off", BASIC, _weight_norm_removed),
    rewrite("basic identities everywhere", BASIC, _identities),
    rewrite("basic ReLU out of place", BASIC, every(nn.ReLU, lambda old: nn.ReLU())),
    rewrite("basic leaky ReLU of slope 0", BASIC, every(nn.ReLU, lambda old: _Rectified()), verdict="undistinguished"),
    rewrite("basic subclassed convolutions", BASIC, every(nn.Conv2d, lambda old: _Convolution(
        old.in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, bias=False))),
    rewrite("basic norm as function", BASIC, every(nn.BatchNorm2d, lambda old: _NoCounter(old.num_features))),
    rewrite("basic padding in words", DEEP, tune("layer1.0.conv2", padding="same")),
    rewrite("basic padding as layer", BASIC, tune("conv1", padding=(0, 0)), before("conv1", lambda: nn.ZeroPad2d(3))),
    rewrite("basic max pool of padded ReLU", BASIC,
           put("maxpool", lambda: nn.Sequential(nn.ConstantPad2d(1, 0.0), nn.MaxPool2d(3, 2))),
            verdict="undistinguished"),
    rewrite("basic max pool before the ReLU", BASIC, put("relu", nn.Identity), after("maxpool", nn.ReLU)),
    rewrite("basic layer in a ModuleDict", BASIC,
           setting("layer3", lambda old: nn.Sequential(OrderedDict(first=old[0])))),
    rewrite("basic hooks that only look", BASIC, lambda net: net.layer1.register_forward_hook(_Looks()) and None),
    rewrite("basic head as 1x1 convolution", BASIC, _one_by_one_head, verdict="equivalent"),
    rewrite("cifar linear layers as 1x1 convolutions", CIFAR, every(nn.Linear, _one_by_one), verdict="equivalent"),
    rewrite("cifar padded by hand", CIFAR, reclass("", _PadsByHand)),
    rewrite("cifar pools of other make", CIFAR,
           every(nn.MaxPool2d, lambda old: nn.MaxPool2d((2, 2), (2, 2), 0, 1, False, False))),
    rewrite("deep groups of one", DEEP, every(nn.Conv2d, lambda old: remade(old, groups=1, padding_mode="zeros"))),
    rewrite("vgg flattened the other way", VGG_PLAIN, reclass("", _ChannelsLast), verdict="equivalent"),
    rewrite("vgg flattened by view", VGG_PLAIN, reclass("", _Flattens)),
    rewrite("alexnet dropout in place", ALEXNET, tune("classifier.0", inplace=True)),
    rewrite("vgg adaptive pool in front of the flattening twice", VGG_PLAIN,
           after("avgpool", lambda: nn.AdaptiveAvgPool2d(7))),
    rewrite("alexnet ReLU twice", ALEXNET, after("features.1", nn.ReLU)),
    rewrite("alexnet ReLU after the last pool", ALEXNET, after("avgpool", nn.ReLU)),
    rewrite("googlenet branches last to first", GOOGLENET, reclass("inception3b", _Backwards)),
    rewrite("googlenet branches written in place", GOOGLENET, reclass("inception3b", _InPlace),
           verdict="undistinguished"),
    rewrite("googlenet branches in another order", GOOGLENET, reclass("inception3b", _OtherOrder),
           verdict="equivalent"),
    rewrite("googlenet named outputs", GOOGLENET, reclass("", _Named)),
    rewrite("mobilenet v2 ReLU6 as hardtanh", MOBILENET_V2,
           every(nn.ReLU6, lambda old: nn.Hardtanh(0.0, 6.0, inplace=True))),
    rewrite("efficientnet SiLU by hand", EFFICIENTNET, every(nn.SiLU, lambda old: _Silu())),
    Rewrite("basic in train mode as it comes", BASIC, _as_instance),
    Rewrite("basic in double precision", BASIC, _in_double),
    Rewrite("basic built in double precision", BASIC, _default_double),
    Rewrite("basic in another memory format", BASIC, _memory_format),
    Rewrite("basic of lazy layers", BASIC, _lazily),
)  # fmt: skip


REWRITES: tuple[Rewrite, ...] = LAYERS
