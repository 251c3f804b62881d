"""Spellings of parameters beside layers: stored in another size, or as a weight."""

from __future__ import annotations

import torch
from support.cases import AT_12, Weighted
from torch import nn
from torch.nn import functional as F

from properties.graph.rules.weights import parameters as rules

__all__ = ["CASES"]


def _parameter(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(shape))


CASES = (
    Weighted(
        rules.parameter_in_another_shape,
        (lambda n, x: x * n.g.view(1, -1, 1, 1), lambda: {"g": _parameter(8)}),
        (lambda n, x: x * n.g, lambda: {"g": _parameter(8, 1, 1)}),
        (lambda n, x: x[:, :, :8] * n.g.view(-1, 1), lambda: {"g": _parameter(8)}),
    ),
    Weighted(
        rules.parameter_in_another_shape,
        (lambda n, x: x + n.g.permute(2, 0, 1), lambda: {"g": _parameter(12, 12, 8)}),
        (lambda n, x: x + n.g, lambda: {"g": _parameter(1, 8, 12, 12)}),
        (lambda n, x: x + n.g, lambda: {"g": _parameter(1, 1, 12, 12)}),
        "turned",
        sizes=AT_12,
    ),
    Weighted(
        rules.parameter_without_leading_ones,
        (lambda n, x: x * n.g, lambda: {"g": _parameter(8, 1, 1)}),
        (lambda n, x: n.g * x, lambda: {"g": _parameter(1, 8, 1, 1)}),
        (lambda n, x: n.g * x, lambda: {"g": _parameter(1, 1, 12, 1)}),
    ),
    Weighted(
        rules.parameter_as_weight,
        (lambda n, x: F.conv2d(x, n.w.view(5, 8, 1, 1)), lambda: {"w": _parameter(5, 8)}),
        (lambda n, x: n.h(x), lambda: {"h": nn.Conv2d(8, 5, 1, bias=False)}),
        (lambda n, x: F.conv2d(x, n.w.exp().view(5, 8, 1, 1)), lambda: {"w": _parameter(5, 8)}),
    ),
    Weighted(
        rules.broadcast_after_permute,
        (
            lambda n, x: (n.h(x.permute(0, 2, 3, 1)) * n.g).permute(0, 3, 1, 2),
            lambda: {"h": nn.Linear(8, 5), "g": _parameter(5)},
        ),
        (lambda n, x: n.h(x) * n.g, lambda: {"h": nn.Conv2d(8, 5, 1), "g": _parameter(1, 5, 1, 1)}),
        (
            lambda n, x: (n.h(x.permute(0, 2, 3, 1)) * n.g).permute(0, 3, 1, 2),
            lambda: {"h": nn.Linear(8, 5), "g": _parameter(12, 1)},
        ),
    ),
)
