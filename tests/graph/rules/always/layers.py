"""Spellings of convolutions and linear layers."""

from __future__ import annotations

import torch
from support.cases import Rewrite, Sizes, rows
from support.pairs import conv
from torch import nn
from torch.nn import functional as F

from properties.graph.rules.always import layers as rules

__all__ = ["CASES"]


def _unpadded() -> dict[str, nn.Module]:
    return {"a": nn.Conv2d(8, 8, 3), "p": nn.Conv2d(8, 8, 3, padding=1), "r": conv(padding_mode="reflect")}


def _linear() -> dict[str, nn.Module]:
    return {"a": conv(), "l": nn.Linear(8, 8)}


def _pointwise():
    return {"a": conv(), "s": nn.Conv2d(8, 5, 1, 2), "o": nn.Conv2d(8, 5, 1)}


BATCHES = Sizes(batch=(2, 3, 4))


def _head(n, x):
    y = n.a(x).relu()
    return n.l((n.b(y) + y).mean((2, 3)))


def _head_of_a_batch():
    return {"a": nn.Conv2d(8, 8, 3), "b": nn.Conv2d(8, 8, 1), "l": nn.Linear(8, 4)}


CASES = (
    Rewrite(
        rules.parts_of_a_batch,
        lambda n, x: torch.cat([_head(n, x[:1]), _head(n, x[1:])]),
        _head,
        lambda n, x: torch.cat([_head(n, x[1:]), _head(n, x[:1])]),
        _head_of_a_batch,
        sizes=BATCHES,
    ),
    Rewrite(
        rules.parts_of_a_batch,
        lambda n, x: torch.cat([(2 * n.a(part)).softmax(1) for part in x.split(1)]),
        lambda n, x: (2 * n.a(x)).softmax(1),
        lambda n, x: torch.cat([(2 * n.a(part)).softmax(0) for part in x.split(1)]),
        what="softmax",
        sizes=BATCHES,
    ),
    Rewrite(
        rules.dilated_pointwise,
        lambda n, x: F.conv2d(x, n.o.weight, stride=2, dilation=(2, 3)),
        lambda n, x: F.conv2d(x, n.o.weight, stride=2),
        lambda n, x: F.conv2d(x, n.o.weight, stride=(2, 3)),
        _pointwise,
    ),
    Rewrite(
        rules.padded_convolution,
        lambda n, x: n.a(F.pad(x, (1, 1, 1, 1))),
        lambda n, x: F.conv2d(x, n.a.weight, n.a.bias, padding=1),
        lambda n, x: n.a(F.pad(x, (1, 1, 1, 1), value=1.0)),
        _unpadded,
    ),
    Rewrite(
        rules.padded_convolution,
        lambda n, x: F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), n.r.weight, n.r.bias),
        lambda n, x: n.r(x),
        lambda n, x: F.conv2d(F.pad(x, (1, 1, 1, 1), mode="circular"), n.r.weight, n.r.bias),
        _unpadded,
        "reflected",
    ),
    Rewrite(
        rules.linear,
        lambda n, x: torch.addmm(n.l.bias, rows(n, x).flatten(0, 2), n.l.weight.t()),
        lambda n, x: n.l(rows(n, x).flatten(0, 2)),
        lambda n, x: torch.addmm(n.l.bias, rows(n, x).flatten(0, 2), n.l.weight.t(), beta=2),
        _linear,
    ),
    Rewrite(
        rules.linear_bias,
        lambda n, x: rows(n, x) @ n.l.weight.T + n.l.bias,
        lambda n, x: n.l(rows(n, x)),
        lambda n, x: rows(n, x) @ n.l.weight + n.l.bias,
        _linear,
    ),
    Rewrite(
        rules.strided_pointwise,
        lambda n, x: n.o(n.a(x)[:, :, ::2, ::2]),
        lambda n, x: F.conv2d(n.a(x), n.o.weight, n.o.bias, 2),
        lambda n, x: n.o(n.a(x)[:, :, 1::2, ::2]),
        _pointwise,
    ),
)
