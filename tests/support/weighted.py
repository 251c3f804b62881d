"""Pairs of nets that are one function once their weights are moved, each with a near miss: the rules of tier B."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from support.pairs import SHAPE, Forward, Net, conv
from torch import nn
from torch.nn import functional as F

__all__ = ["WEIGHTED", "Weighted"]

Member = nn.Module | nn.Parameter
Side = tuple[Forward, Callable[[], dict[str, Member]]]


@dataclass(frozen=True)
class Weighted:
    """Two spellings with weights of their own, and a near miss.

    Args:
        rule: the rule that brings them together.
        one: a forward pass and its members.
        other: likewise.
        near: likewise; no weights make it the first.
        what: which of the rule's cases.
    """

    rule: str
    one: Side
    other: Side
    near: Side
    what: str = ""

    def __str__(self) -> str:
        return f"{self.rule}{'-' * bool(self.what)}{self.what}".replace(" ", "-")

    def nets(self) -> tuple[Net, Net, Net]:
        """The three of them, with weights of their own."""
        one, other, near = (Net(run, **members()) for run, members in (self.one, self.other, self.near))
        return one, other, near


def _parameter(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(shape))


def _heads(tokens, heads=2):
    """``(N, L, C)`` to ``(N, heads, L, C / heads)``."""
    return tokens.unflatten(-1, (heads, -1)).transpose(1, 2)


def _attention(q, k, v):
    return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


def _tokens(x):
    return x.flatten(2).transpose(1, 2)


def _fused_attention(n, x):
    q, k, v = n.qkv(_tokens(x)).chunk(3, -1)
    return _attention(_heads(q), _heads(k), _heads(v))


def _stacked_attention(n, x):
    tokens = _tokens(x)
    q, k, v = n.qkv(tokens).reshape(*tokens.shape[:2], 3, 2, -1).permute(2, 0, 3, 1, 4).unbind(0)
    return _attention(q, k, v)


def _split_attention(n, x, order="qkv"):
    q, k, v = (_heads(getattr(n, name)(_tokens(x))) for name in order)
    return _attention(q, k, v)


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


def _q_k_v():
    return {name: nn.Linear(8, 8) for name in "qkv"}


def _qkv():
    return {"qkv": nn.Linear(8, 24)}


def _merging(order):
    def run(n, x):
        x = x.permute(0, 2, 3, 1)
        corners = [x[:, i::2, j::2] for i, j in order]
        return n.l(n.n(torch.cat(corners, -1)).flatten(1, 2))

    return run, lambda: {"n": nn.LayerNorm(32), "l": nn.Linear(32, 5)}


def _branches(n, x, names="ab"):
    return torch.cat([getattr(n, f"{name}n")(getattr(n, name)(x)).relu() for name in names], 1)


def _branch_layers(names="ab", size: int = 1):
    widths, sizes = {"a": 4, "b": 6, "c": 4}, {"a": size, "b": size, "c": 5}
    layers = {name: conv(8, widths[name], sizes[name]) for name in names}
    return {**layers, **{f"{name}n": nn.BatchNorm2d(widths[name]) for name in names}}


WEIGHTED = (
    Weighted(
        "linear layer as a convolution",
        (lambda n, x: n.h(x.mean((2, 3))), lambda: {"h": nn.Linear(8, 5)}),
        (lambda n, x: n.h(F.adaptive_avg_pool2d(x, 1)).flatten(1), lambda: {"h": nn.Conv2d(8, 5, 1)}),
        (lambda n, x: n.h(F.adaptive_max_pool2d(x, 1)).flatten(1), lambda: {"h": nn.Conv2d(8, 5, 1)}),
        "head",
    ),
    Weighted(
        "linear layer as a convolution",
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
    ),
    Weighted(
        "linear layer as a convolution",
        (lambda n, x: n.h(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), lambda: {"h": nn.Linear(8, 5)}),
        (lambda n, x: n.h(x), lambda: {"h": nn.Conv2d(8, 5, 1)}),
        (lambda n, x: n.h(x.permute(0, 2, 3, 1)).permute(0, 3, 2, 1), lambda: {"h": nn.Linear(8, 5)}),
        "channels last",
    ),
    Weighted(
        "product as a linear layer",
        (lambda n, x: x.mean((2, 3)) @ n.w + n.b, lambda: {"w": _parameter(8, 5), "b": _parameter(5)}),
        (lambda n, x: n.h(x.mean((2, 3))), lambda: {"h": nn.Linear(8, 5)}),
        (lambda n, x: (n.w @ x.mean((2, 3)).t()).t() + n.b, lambda: {"w": _parameter(5, 8), "b": _parameter(2, 1)}),
    ),
    Weighted(
        "1x1 convolution before a reshape",
        (lambda n, x: n.h(x.flatten(2).transpose(1, 2)), lambda: {"h": nn.Linear(8, 5)}),
        (lambda n, x: n.h(x).flatten(2).transpose(1, 2), lambda: {"h": nn.Conv2d(8, 5, 1)}),
        (lambda n, x: n.h(x.transpose(2, 3)).flatten(2).transpose(1, 2), lambda: {"h": nn.Conv2d(8, 5, 1)}),
    ),
    Weighted(
        "parameter in another shape",
        (lambda n, x: x * n.g.view(1, -1, 1, 1), lambda: {"g": _parameter(8)}),
        (lambda n, x: x * n.g, lambda: {"g": _parameter(8, 1, 1)}),
        (lambda n, x: x[:, :, :8] * n.g.view(-1, 1), lambda: {"g": _parameter(8)}),
    ),
    Weighted(
        "parameter in another shape",
        (lambda n, x: x + n.g.permute(2, 0, 1), lambda: {"g": _parameter(12, 12, 8)}),
        (lambda n, x: x + n.g, lambda: {"g": _parameter(1, 8, 12, 12)}),
        (lambda n, x: x + n.g, lambda: {"g": _parameter(1, 1, 12, 12)}),
        "turned",
    ),
    Weighted(
        "parameter without leading ones",
        (lambda n, x: x * n.g, lambda: {"g": _parameter(8, 1, 1)}),
        (lambda n, x: n.g * x, lambda: {"g": _parameter(1, 8, 1, 1)}),
        (lambda n, x: n.g * x, lambda: {"g": _parameter(1, 1, 12, 1)}),
    ),
    Weighted(
        "parameter as a weight",
        (lambda n, x: F.conv2d(x, n.w.view(5, 8, 1, 1)), lambda: {"w": _parameter(5, 8)}),
        (lambda n, x: n.h(x), lambda: {"h": nn.Conv2d(8, 5, 1, bias=False)}),
        (lambda n, x: F.conv2d(x, n.w.exp().view(5, 8, 1, 1)), lambda: {"w": _parameter(5, 8)}),
    ),
    Weighted(
        "bias of a convolution",
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
        "scale before a permutation",
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
    Weighted(
        "dropout before a permutation",
        (lambda n, x: n.d(n.h(x.permute(0, 2, 3, 1))), lambda: {"h": nn.Linear(8, 5), "d": nn.Dropout(0.1)}),
        (
            lambda n, x: n.d(n.h(x)).permute(0, 2, 3, 1),
            lambda: {"h": nn.Conv2d(8, 5, 1), "d": nn.Dropout(0.1)},
        ),
        (
            lambda n, x: n.d(n.h(x.permute(0, 2, 3, 1))).relu(),
            lambda: {"h": nn.Linear(8, 5), "d": nn.Dropout(0.1)},
        ),
    ),
    Weighted(
        "one layer for each part",
        (_fused_attention, _qkv),
        (_split_attention, _q_k_v),
        (lambda n, x: _split_attention(n, x, "qqv"), _q_k_v),
        "chunk",
    ),
    Weighted(
        "one layer for each part",
        (_stacked_attention, _qkv),
        (_split_attention, _q_k_v),
        (lambda n, x: _split_attention(n, x, "qkk"), _q_k_v),
        "stacked",
    ),
    Weighted(
        "one layer for each part",
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
        "one layer for joined parts",
        (_branches, _branch_layers),
        (lambda n, x: n.n(n.a(x)).relu(), lambda: {"a": conv(8, 10, 1), "n": nn.BatchNorm2d(10)}),
        (_branches, lambda: _branch_layers("ab", 3)),
    ),
    Weighted(
        "one layer for joined parts",
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
    Weighted(
        "order of concatenated parts",
        (_dense, _dense_layers),
        (lambda n, x: _dense(n, x, True), _dense_layers),
        (lambda n, x: _dense(n, x.flip(1)), _dense_layers),
    ),
    Weighted(
        "order of concatenated parts",
        (lambda n, x: n.z(F.max_pool2d(_branches(n, x, "ac"), 3)), lambda: {**_branch_layers("ac"), "z": conv(8, 5)}),
        (lambda n, x: n.z(F.max_pool2d(_branches(n, x, "ca"), 3)), lambda: {**_branch_layers("ac"), "z": conv(8, 5)}),
        (
            lambda n, x: n.z(F.max_pool2d(_branches(n, x, "ca"), 3)),
            lambda: {**_branch_layers("ac"), "z": conv(8, 5, groups=1, bias=False)},
        ),
        "pool",
    ),
    Weighted(
        "order of concatenated parts",
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
        "order of concatenated parts",
        _merging([(0, 0), (1, 0), (0, 1), (1, 1)]),
        _merging([(0, 0), (0, 1), (1, 0), (1, 1)]),
        _merging([(0, 0), (0, 1), (0, 1), (1, 1)]),
        "patch merging",
    ),
)

assert SHAPE == (2, 8, 12, 12), "the layers above are made for it"
