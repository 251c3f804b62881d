"""A known deviation as three nets: the one meant, the one that deviates, and one that only looks like it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from support.pairs import SHAPE, normal_form
from torch import nn

from properties.graph.ir import OpGraph
from properties.oracle.explain.comparison import Comparison
from properties.oracle.explain.explain import explain
from properties.oracle.known.case import Known
from properties.report import Deviation

__all__ = ["Builder", "Trio"]

Builder = Callable[[], nn.Module]


@dataclass(frozen=True)
class Trio:
    """The three nets of a known deviation; the documentation shows the code of ``right`` and ``wrong``.

    Args:
        known: the catalogue's record, written ``family.slug_with_underscores``.
        right: a lambda that builds the reference, of torch, ``support.pairs`` and ``support.blocks`` alone.
        wrong: likewise; it has the deviation, and no other.
        near: likewise; it deviates from ``right``, too, but by something else.
        mode: in which they are compared.
        shape: of their input.
    """

    known: Known
    right: Builder
    wrong: Builder
    near: Builder
    mode: str = "train"
    shape: tuple[int, ...] = SHAPE

    def deviations(self, net: Builder) -> tuple[Deviation, ...]:
        """The deviations of one of the nets from ``right``."""
        ours, theirs = (_graph(each, self.mode, self.shape) for each in (self.right, net))
        return explain([Comparison.of(self.mode, ours, theirs)])


@cache
def _graph(net: Builder, mode: str, shape: tuple[int, ...]) -> OpGraph:
    """The normal form of a net without memory; ``right`` is held against both others."""
    with torch.device("meta"):
        return normal_form(net(), mode, shape).graph
