"""One layer for several, or several for one, with weights of their own."""

from __future__ import annotations

import torch
from support.cases import Weighted
from support.pairs import conv
from torch import nn
from torch.nn import functional as F

from properties.graph.rules.weights import parts as rules

__all__ = ["CASES", "branch_layers", "branches"]


def _attention(q, k, v):
    return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


def _heads(tokens, heads=2):
    """``(N, L, C)`` to ``(N, heads, L, C / heads)``."""
    return tokens.unflatten(-1, (heads, -1)).transpose(1, 2)


def _tokens(x):
    return x.flatten(2).transpose(1, 2)


def _fused_attention(n, x):
    q, k, v = n.qkv(_tokens(x)).chunk(3, -1)
    return _attention(_heads(q), _heads(k), _heads(v))


def _qkv():
    return {"qkv": nn.Linear(8, 24)}


def _split_attention(n, x, order="qkv"):
    q, k, v = (_heads(getattr(n, name)(_tokens(x))) for name in order)
    return _attention(q, k, v)


def _q_k_v():
    return {name: nn.Linear(8, 8) for name in "qkv"}


def _stacked_attention(n, x):
    tokens = _tokens(x)
    q, k, v = n.qkv(tokens).reshape(*tokens.shape[:2], 3, 2, -1).permute(2, 0, 3, 1, 4).unbind(0)
    return _attention(q, k, v)


def branches(n, x, names="ab"):
    """Their results, joined."""
    return torch.cat([getattr(n, f"{name}n")(getattr(n, name)(x)).relu() for name in names], 1)


def branch_layers(names="ab", size: int = 1):
    """Convolutions of different widths, each with its norm."""
    widths, sizes = {"a": 4, "b": 6, "c": 4}, {"a": size, "b": size, "c": 5}
    layers = {name: conv(8, widths[name], sizes[name]) for name in names}
    return {**layers, **{f"{name}n": nn.BatchNorm2d(widths[name]) for name in names}}


CASES = (
    Weighted(
        rules.split_layers,
        (_fused_attention, _qkv),
        (_split_attention, _q_k_v),
        (lambda n, x: _split_attention(n, x, "qqv"), _q_k_v),
        "chunk",
    ),
    Weighted(
        rules.split_layers,
        (_stacked_attention, _qkv),
        (_split_attention, _q_k_v),
        (lambda n, x: _split_attention(n, x, "qkk"), _q_k_v),
        "stacked",
    ),
    Weighted(
        rules.split_layers,
        (
            lambda n, x: (lambda u, v: n.c(u) * v)(*n.n(n.a(x)).relu().split((4, 4), 1)),
            lambda: {"a": conv(), "n": nn.BatchNorm2d(8), "c": conv(4, 4)},
        ),
        (
            lambda n, x: n.c(n.an(n.a(x)).relu()) * n.bn(n.b(x)).relu(),
            lambda: {
                "a": conv(8, 4),
                "b": conv(8, 4),
                "an": nn.BatchNorm2d(4),
                "bn": nn.BatchNorm2d(4),
                "c": conv(4, 4),
            },
        ),
        (
            lambda n, x: (lambda u, v: n.c(u) * v)(*n.n(n.a(x)).relu().split((4, 4), 1)),
            lambda: {"a": conv(groups=2), "n": nn.BatchNorm2d(8), "c": conv(4, 4)},
        ),
        "norm",
    ),
    Weighted(
        rules.joined_layers,
        (branches, branch_layers),
        (lambda n, x: n.n(n.a(x)).relu(), lambda: {"a": conv(8, 10, 1), "n": nn.BatchNorm2d(10)}),
        (branches, lambda: branch_layers("ab", 3)),
    ),
    Weighted(
        rules.joined_layers,
        (
            lambda n, x: torch.cat([n.a(x[:, :4]), n.b(x[:, 4:])], 1),
            lambda: {"a": conv(4, 6), "b": conv(4, 6)},
        ),
        (lambda n, x: n.a(x), lambda: {"a": conv(8, 12, groups=2)}),
        (
            lambda n, x: torch.cat([n.a(x[:, :4]), n.b(x[:, :4])], 1),
            lambda: {"a": conv(4, 6), "b": conv(4, 6)},
        ),
        "groups",
    ),
)
