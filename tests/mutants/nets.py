"""Small nets for mutants: built by arches, then edited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from support.subjects import SPECS
from torch import nn

import arches
from arches.cifar10 import Cifar10Net
from arches.resnet import BasicBlock, ResNet
from properties.subject import Subject

__all__ = ["CIFAR10_NET", "RESNET18", "cifar10", "claimed", "plain", "residual"]

Edit = Callable[[nn.Module], None]
RESNET18, CIFAR10_NET = SPECS["resnet18"], SPECS["cifar10_net"]


def _unchanged(net: nn.Module) -> None:
    pass


def plain(build: Callable[[], nn.Module], *input_shape: int, twin: Callable[[], nn.Module] | None = None) -> Subject:
    """A net without spec, with a twin perhaps."""
    channels, height, width = input_shape
    shape = (channels, height, width)
    other = Subject(twin, name="twin", input_shape=shape) if twin else None
    return Subject(build, name="net", input_shape=shape, twin=other)


def residual(edit: Edit = _unchanged, *, block: type[BasicBlock] = BasicBlock) -> Callable[[], Subject]:
    """A residual net of five blocks, the second one with an identity shortcut, without spec."""

    def build() -> nn.Module:
        net = ResNet(block, (2, 1, 1, 1), num_classes=10)
        edit(net)
        return net

    return lambda: plain(build, 3, 32, 32)


def claimed(
    spec: arches.Spec, edit: Edit = _unchanged, *, twin: Callable[[], nn.Module] | None = None
) -> Callable[[], Subject]:
    """An arch with its spec's claims."""

    def build() -> nn.Module:
        net: nn.Module = spec.build()
        edit(net)
        return net

    def make() -> Subject:
        other = Subject(twin, name="twin", input_shape=spec.input_shape) if twin else None
        return Subject.of(replace(spec, build=build), twin=other)

    return make


def cifar10(net: Callable[[], nn.Module] = Cifar10Net) -> Callable[[], Subject]:
    """A net with the claims of ``cifar10_net``."""
    return lambda: Subject.of(replace(CIFAR10_NET, build=net))
