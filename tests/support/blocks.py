"""Blocks to write a small net in one expression: a stack, and branches that are added, joined or multiplied."""

from __future__ import annotations

import torch
from support.pairs import conv
from torch import Tensor, nn

__all__ = ["Branches", "Gated", "Residual", "stack"]


def stack(*changes: tuple[int, nn.Module]) -> nn.Sequential:
    """Three convolutions with norms and ReLUs between them, but for other layers at the positions given."""
    layers = [conv(), nn.BatchNorm2d(8), nn.ReLU(), conv(), nn.BatchNorm2d(8), nn.ReLU(), conv()]
    for position, layer in changes:
        layers[position] = layer
    return nn.Sequential(*layers)


class Residual(nn.Module):
    """``layers(x) + shortcut(x)``, in this order."""

    def __init__(self, *layers: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.shortcut = shortcut or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """The sum."""
        return self.layers(x) + self.shortcut(x)


class Branches(nn.Module):
    """What several branches make of ``x``, one after the other on the axis of channels."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        """The concatenation."""
        return torch.cat([branch(x) for branch in self.branches], 1)


class Gated(nn.Module):
    """``x * layers(x)``."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """The product."""
        return x * self.layers(x)
