"""Nets that join the same parts in another order, with weights of their own."""

from __future__ import annotations

import torch
from graph.rules.weights.parts import branch_layers, branches
from support.cases import Sizes, Weighted
from support.pairs import conv
from torch import nn
from torch.nn import functional as F

from properties.graph.rules.weights import order as rules

__all__ = ["CASES"]


def _dense(n, x, new_first=False):
    for name in "abc":
        new = getattr(n, name)(getattr(n, f"{name}n")(x).relu())
        x = torch.cat([new, x] if new_first else [x, new], 1)
    return n.l(n.z(x).relu().mean((2, 3)))


def _dense_layers(last: int = 20):
    widths = (8, 12, 16)
    layers = {name: conv(width, 4) for name, width in zip("abc", widths, strict=True)}
    norms = {f"{name}n": nn.BatchNorm2d(width) for name, width in zip("abc", widths, strict=True)}
    return {**layers, **norms, "z": nn.BatchNorm2d(20), "l": nn.Linear(last, 5)}


def _merging(order):
    def run(n, x):
        x = x.permute(0, 2, 3, 1)
        corners = [x[:, i::2, j::2] for i, j in order]
        return n.l(n.n(torch.cat(corners, -1)).flatten(1, 2))

    return run, lambda: {"n": nn.LayerNorm(32), "l": nn.Linear(32, 5)}


CASES = (
    Weighted(
        rules.sorted_parts,
        (_dense, _dense_layers),
        (lambda n, x: _dense(n, x, True), _dense_layers),
        (lambda n, x: _dense(n, x.flip(1)), _dense_layers),
    ),
    Weighted(
        rules.sorted_parts,
        (lambda n, x: n.z(F.max_pool2d(branches(n, x, "ac"), 3)), lambda: {**branch_layers("ac"), "z": conv(8, 5)}),
        (lambda n, x: n.z(F.max_pool2d(branches(n, x, "ca"), 3)), lambda: {**branch_layers("ac"), "z": conv(8, 5)}),
        (
            lambda n, x: n.z(F.max_pool2d(branches(n, x, "ca"), 3)),
            lambda: {**branch_layers("ac"), "z": conv(8, 5, groups=1, bias=False)},
        ),
        "pool",
    ),
    Weighted(
        rules.sorted_parts,
        (
            lambda n, x: n.z(n.d(torch.cat([x, n.a(x)], 1))),
            lambda: {"a": conv(8, 4), "d": conv(12, 24, groups=12), "z": conv(24, 3)},
        ),
        (
            lambda n, x: n.z(n.d(torch.cat([n.a(x), x], 1))),
            lambda: {"a": conv(8, 4), "d": conv(12, 24, groups=12), "z": conv(24, 3)},
        ),
        (
            lambda n, x: n.z(n.d(torch.cat([n.a(x), x], 1))),
            lambda: {"a": conv(8, 4), "d": conv(12, 24, groups=6), "z": conv(24, 3)},
        ),
        "depthwise",
    ),
    Weighted(
        rules.sorted_parts,
        _merging([(0, 0), (1, 0), (0, 1), (1, 1)]),
        _merging([(0, 0), (0, 1), (1, 0), (1, 1)]),
        _merging([(0, 0), (0, 1), (0, 1), (1, 1)]),
        "patch merging",
        sizes=Sizes(height=range(4, 13, 2), width=range(4, 13, 2)),
    ),
)
