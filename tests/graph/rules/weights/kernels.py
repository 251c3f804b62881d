"""Spellings of convolutions of which one window covers the whole image, with weights of their own."""

from __future__ import annotations

from support.cases import AT_12, Weighted
from support.pairs import conv
from torch import nn

from properties.graph.rules.weights import kernels as rules

__all__ = ["CASES"]


CASES = (
    Weighted(
        rules.pointwise_on_flattened,
        (lambda n, x: n.g(n.h(x.flatten(1)).relu()), lambda: {"h": nn.Linear(8 * 144, 6), "g": nn.Linear(6, 5)}),
        (
            lambda n, x: n.g(n.h(x.reshape(len(x), -1, 1, 1)).relu()).flatten(1),
            lambda: {"h": nn.Conv2d(8 * 144, 6, 1), "g": nn.Conv2d(6, 5, 1)},
        ),
        (
            lambda n, x: n.g(n.h(x.reshape(len(x), -1, 2, 2)).relu()).amax((2, 3)),
            lambda: {"h": nn.Conv2d(8 * 36, 6, 1), "g": nn.Conv2d(6, 5, 1)},
        ),
        sizes=AT_12,
    ),
    Weighted(
        rules.window_on_permuted,
        (lambda n, x: n.h(n.a(x).permute(0, 2, 3, 1).flatten(1)), lambda: {"a": conv(), "h": nn.Linear(8 * 144, 5)}),
        (lambda n, x: n.h(n.a(x).flatten(1)), lambda: {"a": conv(), "h": nn.Linear(8 * 144, 5)}),
        (
            lambda n, x: n.h(n.a(x).permute(0, 2, 3, 1).flatten(2)).amax(1),
            lambda: {"a": conv(), "h": nn.Linear(8 * 12, 5)},
        ),
        sizes=AT_12,
    ),
)
