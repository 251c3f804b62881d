"""Layers that take their sizes from the first input (``nn.LazyConv2d``): they get one before anything is asked."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn.parameter import is_lazy

__all__ = ["filled", "has_lazy_layers", "made_for"]


def has_lazy_layers(net: nn.Module) -> bool:
    """Whether some of its tensors have no size yet."""
    return any(is_lazy(tensor) for tensor in (*net.parameters(), *net.buffers()))


def made_for(build: Callable[[], nn.Module], size: tuple[int, ...]) -> Callable[[], nn.Module]:
    """The same function, whose nets have met an input of this size, batch axis included."""
    return lambda: filled(build(), size)


def filled(net: nn.Module, size: tuple[int, ...]) -> nn.Module:
    """The net, after a forward pass in eval mode on an input of this size if it has lazy layers."""
    if has_lazy_layers(net):
        modes = [(module, module.training) for module in net.modules()]
        with torch.no_grad():
            net.eval()
            net(torch.zeros(size, device=next(net.parameters()).device))
        for module, training in modes:
            module.training = training
    return net
