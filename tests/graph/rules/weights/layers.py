"""Spellings of single layers, with weights of their own."""

from __future__ import annotations

import torch
from support.cases import AT_12, Weighted
from torch import nn
from torch.nn import functional as F

from properties.graph.rules.weights import layers as rules

__all__ = ["CASES"]


def _parameter(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(shape))


CASES = (
    Weighted(
        rules.product_is_linear,
        (lambda n, x: x.mean((2, 3)) @ n.w + n.b, lambda: {"w": _parameter(8, 5), "b": _parameter(5)}),
        (lambda n, x: n.h(x.mean((2, 3))), lambda: {"h": nn.Linear(8, 5)}),
        (lambda n, x: (n.w @ x.mean((2, 3)).t()).t() + n.b, lambda: {"w": _parameter(5, 8), "b": _parameter(2, 1)}),
    ),
    Weighted(
        rules.linear_is_convolution,
        (lambda n, x: n.h(x.mean((2, 3))), lambda: {"h": nn.Linear(8, 5)}),
        (lambda n, x: n.h(F.adaptive_avg_pool2d(x, 1)).flatten(1), lambda: {"h": nn.Conv2d(8, 5, 1)}),
        (lambda n, x: n.h(F.adaptive_max_pool2d(x, 1)).flatten(1), lambda: {"h": nn.Conv2d(8, 5, 1)}),
        "head",
    ),
    Weighted(
        rules.linear_is_convolution,
        (
            lambda n, x: n.g(n.h(x.flatten(1)).relu()),
            lambda: {"h": nn.Linear(8 * 144, 6), "g": nn.Linear(6, 5)},
        ),
        (
            lambda n, x: n.g(n.h(x).relu()).flatten(1),
            lambda: {"h": nn.Conv2d(8, 6, 12), "g": nn.Conv2d(6, 5, 1)},
        ),
        (
            lambda n, x: n.g(n.h(x.transpose(2, 3).relu().flatten(1))),
            lambda: {"h": nn.Linear(8 * 144, 6), "g": nn.Linear(6, 5)},
        ),
        "whole map",
        sizes=AT_12,
    ),
    Weighted(
        rules.linear_is_convolution,
        (lambda n, x: n.h(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), lambda: {"h": nn.Linear(8, 5)}),
        (lambda n, x: n.h(x), lambda: {"h": nn.Conv2d(8, 5, 1)}),
        (lambda n, x: n.h(x.permute(0, 2, 3, 1)).permute(0, 3, 2, 1), lambda: {"h": nn.Linear(8, 5)}),
        "channels last",
    ),
    Weighted(
        rules.pointwise_before_reshape,
        (lambda n, x: n.h(x.reshape(-1, 8, 16, 9)), lambda: {"h": nn.Conv2d(8, 5, 1)}),
        (
            lambda n, x: n.h(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).reshape(-1, 5, 16, 9),
            lambda: {"h": nn.Linear(8, 5)},
        ),
        (lambda n, x: n.h(x.mT).reshape(-1, 5, 16, 9), lambda: {"h": nn.Conv2d(8, 5, 1)}),
        "other rows and columns",
        sizes=AT_12,
    ),
    Weighted(
        rules.bias_of_convolution,
        (
            lambda n, x: F.conv2d(x, n.h.weight) + n.b.view(1, -1, 1, 1),
            lambda: {"h": nn.Conv2d(8, 5, 1, bias=False), "b": _parameter(5)},
        ),
        (lambda n, x: n.h(x), lambda: {"h": nn.Conv2d(8, 5, 1)}),
        (
            lambda n, x: F.conv2d(x, n.h.weight) + n.b,
            lambda: {"h": nn.Conv2d(8, 5, 1, bias=False), "b": _parameter(12)},
        ),
    ),
    Weighted(
        rules.dropout_after_permute,
        (lambda n, x: n.d(n.h(x.permute(0, 2, 3, 1))), lambda: {"h": nn.Linear(8, 5), "d": nn.Dropout(0.1)}),
        (
            lambda n, x: n.d(n.h(x)).permute(0, 2, 3, 1),
            lambda: {"h": nn.Conv2d(8, 5, 1), "d": nn.Dropout(0.1)},
        ),
        (
            lambda n, x: n.d(n.h(x.permute(0, 2, 3, 1))).relu(),
            lambda: {"h": nn.Linear(8, 5), "d": nn.Dropout(0.1)},
        ),
        mode="train",
    ),
)
