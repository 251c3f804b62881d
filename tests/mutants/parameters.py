"""Nets with one mistake in what they own, what they cost or how they start."""

from __future__ import annotations

import random
from typing import Any

import torch
from mutants.mutant import Mutant
from mutants.nets import CIFAR10_NET, RESNET18, cifar10, claimed, plain, residual
from torch import Tensor, nn
from torch.nn import functional as F

import arches
from arches.cifar10 import Cifar10Net
from properties.themes import parameters

__all__ = ["MUTANTS"]


class CentresBy(nn.Module):
    """Subtracts a tensor, registered as a buffer or kept as a plain attribute."""

    def __init__(self, *, registered: bool) -> None:
        super().__init__()
        mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
        if registered:
            self.register_buffer("mean", mean)
        else:
            self.mean = mean
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of the centred image."""
        return self.conv(x - self.mean)


class TwoLinear(nn.Module):
    """Two linear layers of one size: with a weight each, tied, or the second one called as a function."""

    def __init__(self, *, tied: bool = False, functional: bool = False) -> None:
        super().__init__()
        self.first = nn.Linear(16, 16)
        self.second = nn.Linear(16, 16)
        if tied:
            self.second.weight = self.first.weight
        self.functional = functional

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 16)`` for images ``(N, 1, 4, 4)``."""
        x = self.first(torch.flatten(x, 1))
        return F.linear(x, self.second.weight, self.second.bias) if self.functional else self.second(x)


class MultipliesMatrices(TwoLinear):
    """The rows of the map are multiplied with each other, a product without a layer."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 16)`` for images ``(N, 1, 4, 4)``."""
        return super().forward(torch.matmul(x, x.transpose(2, 3)))


class ScalesByChance(TwoLinear):
    """The output is scaled by a number that is drawn when the net is built and stands in no state_dict."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = random.Random().uniform(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 16)`` for images ``(N, 1, 4, 4)``."""
        return super().forward(x) * self.scale


class StartsNormal(Cifar10Net):
    """Weights have the documented standard deviation, but are normal instead of uniform."""

    def __init__(self) -> None:
        super().__init__()
        with torch.no_grad():
            for weight in self.parameters():
                if weight.ndim > 1:
                    weight.normal_(std=(3 * weight[0].numel()) ** -0.5).clamp_(-0.99 / 3, 0.99 / 3)


def _drops_a_bias(net: Any) -> None:
    net.linear2 = nn.Linear(64, 10, bias=False)


def _registers_the_norm_last(net: Any) -> None:
    norm = net.bn1
    del net.bn1
    net.bn1 = norm


def _biases_the_stem(net: Any) -> None:
    net.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=True)


def _norms_without_scale(net: Any) -> None:
    net.bn1 = nn.BatchNorm2d(64, affine=False)


def _norms_by_the_batch(net: Any) -> None:
    net.bn1 = nn.BatchNorm2d(64, track_running_stats=False)


def _keeps_a_dead_layer(net: Any) -> None:
    net.head = nn.Linear(512, 10)


def _strides_late(net: Any) -> None:
    net.layer4[0].conv1.stride, net.layer4[0].conv2.stride = (1, 1), (2, 2)


def _narrow_spread(net: Any) -> None:
    with torch.no_grad():
        net.layer4[0].conv2.weight.mul_(1.05)


def _images(build: Any) -> Any:
    return lambda: plain(build, 1, 4, 4)


_twin = claimed(RESNET18, twin=arches.resnet18)
_two = _images(TwoLinear)

MUTANTS = (
    Mutant(
        parameters.parameter_count_is_the_published_one,
        claimed(CIFAR10_NET),
        claimed(CIFAR10_NET, _drops_a_bias),
        "last layer without bias",
    ),
    Mutant(
        parameters.state_dict_has_the_twins_keys_order_and_shapes,
        _twin,
        claimed(RESNET18, _registers_the_norm_last, twin=arches.resnet18),
        "first norm registered last",
    ),
    Mutant(
        parameters.convolution_has_a_bias_exactly_when_no_norm_follows,
        residual(),
        residual(_biases_the_stem),
        "bias before a norm",
    ),
    Mutant(
        parameters.norms_and_linear_layers_have_all_their_tensors,
        residual(),
        residual(_norms_without_scale),
        "norm without weight and bias",
    ),
    Mutant(
        parameters.norms_and_linear_layers_have_all_their_tensors,
        residual(),
        residual(_norms_by_the_batch),
        "norm without running statistics",
    ),
    Mutant(
        parameters.every_tensor_that_influences_the_output_is_registered,
        lambda: plain(lambda: CentresBy(registered=True), 3, 8, 8),
        lambda: plain(lambda: CentresBy(registered=False), 3, 8, 8),
        "mean as a plain attribute",
    ),
    Mutant(
        parameters.tensors_are_exactly_those_the_layers_ask_for,
        residual(),
        residual(_keeps_a_dead_layer),
        "layer that nothing uses",
    ),
    Mutant(
        parameters.macs_are_the_published_ones,
        claimed(RESNET18),
        claimed(RESNET18, _strides_late),
        "stride on the second convolution",
    ),
    Mutant(
        parameters.torchinfo_counts_the_same_parameters, _two, _images(lambda: TwoLinear(tied=True)), "tied weights"
    ),
    Mutant(
        parameters.torchinfo_counts_the_same_macs,
        _two,
        _images(lambda: TwoLinear(functional=True)),
        "layer called as a function",
    ),
    Mutant(
        parameters.torch_counts_two_operations_for_each_multiply_add,
        _two,
        _images(MultipliesMatrices),
        "product of matrices outside a layer",
    ),
    Mutant(parameters.state_dict_alone_determines_the_output, _two, _images(ScalesByChance), "scale drawn when built"),
    Mutant(
        parameters.fresh_weights_have_the_documented_distribution,
        cifar10(),
        cifar10(StartsNormal),
        "normal instead of uniform",
    ),
    Mutant(
        parameters.fresh_weights_have_the_documented_distribution,
        claimed(RESNET18),
        claimed(RESNET18, _narrow_spread),
        "one weight 5% too wide",
    ),
)
