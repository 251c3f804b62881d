"""Nets with one mistake in how their layers make a whole."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from mutants.mutant import Mutant
from mutants.nets import CIFAR10_NET, cifar10, claimed, plain
from torch import Tensor, nn

import arches
from arches.cifar10 import Cifar10Net
from properties.themes import composition

__all__ = ["MUTANTS"]


class Pair(nn.Module):
    """Two linear layers of one size; what is wrong, if anything, is said by the subclass."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(16, 16)
        self.second = nn.Linear(16, 16)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 16)`` for images ``(N, 1, 4, 4)``."""
        return self.second(self.first(torch.flatten(x, 1)))


class HidesFromHooks(Pair):
    """The second layer's forward is called past its hooks."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 16)`` for images ``(N, 1, 4, 4)``."""
        return self.second.forward(self.first(torch.flatten(x, 1)))


class RegistersInReverse(Pair):
    """The same graph, but the tensors come in another order."""

    def __init__(self) -> None:
        super().__init__()
        first = self.first
        del self.first
        self.first = first


def _skips_its_last_layer(*layers: nn.Module) -> nn.Sequential:
    """A chain that was given another forward, which leaves out the last link."""
    chain = nn.Sequential(*layers)
    chain.forward = MethodType(_all_but_the_last, chain)
    return chain


def _all_but_the_last(chain: nn.Sequential, x: Tensor) -> Tensor:
    for layer in list(chain)[:-1]:
        x = layer(x)
    return x


class LooksBackAtTheImage(Cifar10Net):
    """The logits read the image past every stage."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, shifted by the image's mean."""
        return super().forward(x) + x.mean()


def _averages(net: Any) -> None:
    net.maxpool2 = nn.AvgPool2d(2)


def _images(build: Any, twin: Any = None) -> Any:
    return lambda: plain(build, 1, 4, 4, twin=twin)


def _chain(kind: Callable[..., nn.Sequential]) -> Any:
    return _images(lambda: kind(nn.Flatten(), nn.Linear(16, 16), nn.Linear(16, 16)))


MUTANTS = (
    Mutant(
        composition.hooks_see_what_the_graph_says,
        _images(Pair),
        _images(HidesFromHooks),
        "forward called in place of the layer",
    ),
    Mutant(
        composition.twin_has_the_same_graph,
        claimed(CIFAR10_NET, twin=arches.cifar10_net_sequential),
        claimed(CIFAR10_NET, _averages, twin=arches.cifar10_net_sequential),
        "average pool in one of two forms",
    ),
    Mutant(
        composition.twin_computes_the_same_bit_for_bit,
        _images(Pair, Pair),
        _images(Pair, RegistersInReverse),
        "layers of one size registered in another order",
    ),
    Mutant(
        composition.sequential_equals_layer_by_layer,
        _chain(nn.Sequential),
        _chain(_skips_its_last_layer),
        "chain that skips its last layer",
    ),
    Mutant(
        composition.stage_is_all_that_later_layers_see,
        cifar10(),
        cifar10(LooksBackAtTheImage),
        "logits that read the image",
    ),
)
