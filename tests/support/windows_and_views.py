"""More pairs of nets that are one function once their weights are moved: windows over all, attention, stored scales."""

from __future__ import annotations

import torch
from support.pairs import conv
from support.weighted import Weighted
from torch import nn
from torch.nn import functional as F

__all__ = ["VIEWED"]


def _attention(n, x, order="qkv"):
    """Queries, keys and values by layers of their own, heads along an axis of their own."""
    tokens = x[:, :, ::3, ::3].flatten(2).transpose(1, 2)
    q, k, v = (getattr(n, name)(tokens).unflatten(2, (2, 4)).transpose(1, 2) for name in order)
    return n.o(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


def _layers():
    return {name: nn.Linear(8, 8) for name in "qkvo"}


def _library(n, x, weights=True):
    tokens = x[:, :, ::3, ::3].flatten(2).transpose(1, 2)
    return n.m(tokens, tokens, tokens, need_weights=weights)[0]


def _fused(n, x):
    """Queries, keys and values by one layer and by convolutions, as models for images have it."""
    q, k, v = n.qkv(x[:, :, ::3, ::3]).reshape(2, 3, 2, 4, 16).unbind(1)
    scores = (q.transpose(-2, -1) * 4**-0.5) @ k
    return n.o((v @ scores.softmax(-1).transpose(-2, -1)).reshape(2, 8, 4, 4)).flatten(2).transpose(1, 2)


VIEWED = (
    Weighted(
        "1x1 convolution of a flattened image",
        (lambda n, x: n.g(n.h(x.flatten(1)).relu()), lambda: {"h": nn.Linear(8 * 144, 6), "g": nn.Linear(6, 5)}),
        (
            lambda n, x: n.g(n.h(x.reshape(2, -1, 1, 1)).relu()).flatten(1),
            lambda: {"h": nn.Conv2d(8 * 144, 6, 1), "g": nn.Conv2d(6, 5, 1)},
        ),
        (
            lambda n, x: n.g(n.h(x.reshape(2, -1, 2, 2)).relu()).amax((2, 3)),
            lambda: {"h": nn.Conv2d(8 * 36, 6, 1), "g": nn.Conv2d(6, 5, 1)},
        ),
    ),
    Weighted(
        "window over a permuted image",
        (lambda n, x: n.h(n.a(x).permute(0, 2, 3, 1).flatten(1)), lambda: {"a": conv(), "h": nn.Linear(8 * 144, 5)}),
        (lambda n, x: n.h(n.a(x).flatten(1)), lambda: {"a": conv(), "h": nn.Linear(8 * 144, 5)}),
        (
            lambda n, x: n.h(n.a(x).permute(0, 2, 3, 1).flatten(2)).amax(1),
            lambda: {"a": conv(), "h": nn.Linear(8 * 12, 5)},
        ),
    ),
    Weighted(
        "stored scale and shift of a norm",
        (
            lambda n, x: F.group_norm(x, 4) * n.w + n.b,
            lambda: {name: nn.Parameter(torch.zeros(1, 8, 1, 1)) for name in "wb"},
        ),
        (lambda n, x: n.n(x), lambda: {"n": nn.GroupNorm(4, 8)}),
        (
            lambda n, x: F.group_norm(x, 4) * n.w + n.b,
            lambda: {name: nn.Parameter(torch.zeros(1, 1, 12, 1)) for name in "wb"},
        ),
    ),
    Weighted(
        "1x1 convolution before a reshape",
        (_library, lambda: {"m": nn.MultiheadAttention(8, 2, batch_first=True)}),
        (_attention, _layers),
        (lambda n, x: _attention(n, x, "qqv"), _layers),
        "attention",
    ),
    Weighted(
        "1x1 convolution before a reshape",
        (lambda n, x: _library(n, x, False), lambda: {"m": nn.MultiheadAttention(8, 2, batch_first=True)}),
        (_attention, _layers),
        (lambda n, x: _attention(n, x, "qkk"), _layers),
        "attention without weights",
    ),
    Weighted(
        "1x1 convolution before a reshape",
        (_fused, lambda: {"qkv": nn.Conv2d(8, 24, 1), "o": nn.Conv2d(8, 8, 1)}),
        (_attention, _layers),
        (lambda n, x: _attention(n, x, "kkv"), _layers),
        "attention by convolutions",
    ),
    Weighted(
        "1x1 convolution before a reshape",
        (lambda n, x: n.h(n.a(x).permute(3, 2, 0, 1)), lambda: {"a": conv(), "h": nn.Linear(8, 5)}),
        (lambda n, x: n.h(n.a(x)).permute(3, 2, 0, 1), lambda: {"a": conv(), "h": nn.Conv2d(8, 5, 1)}),
        (lambda n, x: n.h(n.a(x)).permute(2, 3, 0, 1), lambda: {"a": conv(), "h": nn.Conv2d(8, 5, 1)}),
        "turned",
    ),
)
