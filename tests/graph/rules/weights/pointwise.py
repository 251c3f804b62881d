"""Spellings of 1x1 convolutions and linear layers on axes that were moved about, with weights of their own."""

from __future__ import annotations

from support.cases import SEVERAL, Sizes, Weighted
from support.pairs import conv
from torch import nn
from torch.nn import functional as F

from properties.graph.rules.weights import pointwise as rules

__all__ = ["CASES"]


def _library(n, x, weights=True):
    tokens = x[:, :, ::3, ::3].flatten(2).transpose(1, 2)
    return n.m(tokens, tokens, tokens, need_weights=weights)[0]


def _attention(n, x, order="qkv"):
    """Queries, keys and values by layers of their own, heads along an axis of their own."""
    tokens = x[:, :, ::3, ::3].flatten(2).transpose(1, 2)
    q, k, v = (getattr(n, name)(tokens).unflatten(2, (2, 4)).transpose(1, 2) for name in order)
    return n.o(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


def _layers():
    return {name: nn.Linear(8, 8) for name in "qkvo"}


def _fused(n, x):
    """Queries, keys and values by one layer and by convolutions, as models for images have it."""
    q, k, v = n.qkv(x[:, :, ::3, ::3]).reshape(-1, 3, 2, 4, 16).unbind(1)
    scores = (q.transpose(-2, -1) * 4**-0.5) @ k
    return n.o((v @ scores.softmax(-1).transpose(-2, -1)).reshape(-1, 8, 4, 4)).flatten(2).transpose(1, 2)


CASES = (
    Weighted(
        rules.pointwise_before_views,
        (lambda n, x: n.h(x.flatten(2).transpose(1, 2)), lambda: {"h": nn.Linear(8, 5)}),
        (lambda n, x: n.h(x).flatten(2).transpose(1, 2), lambda: {"h": nn.Conv2d(8, 5, 1)}),
        (lambda n, x: n.h(x.transpose(2, 3)).flatten(2).transpose(1, 2), lambda: {"h": nn.Conv2d(8, 5, 1)}),
    ),
    Weighted(
        rules.pointwise_before_views,
        (_library, lambda: {"m": nn.MultiheadAttention(8, 2, batch_first=True)}),
        (_attention, _layers),
        (lambda n, x: _attention(n, x, "qqv"), _layers),
        "attention",
        sizes=SEVERAL,
    ),
    Weighted(
        rules.pointwise_before_views,
        (lambda n, x: _library(n, x, False), lambda: {"m": nn.MultiheadAttention(8, 2, batch_first=True)}),
        (_attention, _layers),
        (lambda n, x: _attention(n, x, "qkk"), _layers),
        "attention without weights",
        sizes=SEVERAL,
    ),
    Weighted(
        rules.pointwise_before_views,
        (_fused, lambda: {"qkv": nn.Conv2d(8, 24, 1), "o": nn.Conv2d(8, 8, 1)}),
        (_attention, _layers),
        (lambda n, x: _attention(n, x, "kkv"), _layers),
        "attention by convolutions",
        sizes=Sizes((2, 3), range(10, 13), range(10, 13)),
    ),
    Weighted(
        rules.pointwise_before_views,
        (lambda n, x: n.h(n.a(x).permute(3, 2, 0, 1)), lambda: {"a": conv(), "h": nn.Linear(8, 5)}),
        (lambda n, x: n.h(n.a(x)).permute(3, 2, 0, 1), lambda: {"a": conv(), "h": nn.Conv2d(8, 5, 1)}),
        (lambda n, x: n.h(n.a(x)).permute(2, 3, 0, 1), lambda: {"a": conv(), "h": nn.Conv2d(8, 5, 1)}),
        "turned",
    ),
)
