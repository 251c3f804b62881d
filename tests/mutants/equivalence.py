"""Nets that have their twin's graph and are not the same net."""

from __future__ import annotations

from typing import Any

from mutants.behaviour import Small
from mutants.mutant import Mutant
from mutants.nets import plain
from mutants.training import ScalesTheGradient
from torch import Tensor, nn

from properties.themes import equivalence

__all__ = ["MUTANTS"]


class InAnotherOrder(Small):
    """The same net, its tensors registered in another order."""

    def __init__(self) -> None:
        super().__init__()
        conv = self.conv
        del self.conv
        self.conv = conv


class RejectsOblongs(Small):
    """Only square images are taken."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        if x.shape[2] != x.shape[3]:
            raise ValueError(f"images must be square, got {tuple(x.shape[2:])}")
        return super().forward(x)


class DoublesLargeImages(Small):
    """Another function at a size at which nobody looked."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        return super().forward(x * 2 if x.shape[2] > 9 else x)


class ForgetsFasterOnLargeImages(Small):
    """The momentum depends on the size."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        self.bn.momentum = 0.5 if x.shape[2] > 9 else 0.1
        return super().forward(x)


def _pair(net: type[nn.Module]) -> Any:
    return lambda: plain(net, 3, 8, 8, twin=InAnotherOrder)


def _mutant(caught_by: Any, net: type[nn.Module], mistake: str) -> Mutant:
    return Mutant(caught_by, _pair(Small), _pair(net), mistake)


MUTANTS = (
    _mutant(equivalence.twin_accepts_the_same_images, RejectsOblongs, "square images only"),
    _mutant(equivalence.twin_has_the_same_function, DoublesLargeImages, "another function of large images"),
    _mutant(equivalence.twin_has_the_same_gradients, ScalesTheGradient, "gradient scaled by a hook"),
    _mutant(equivalence.twin_moves_its_statistics_alike, ForgetsFasterOnLargeImages, "momentum by size"),
)
