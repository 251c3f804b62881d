"""More pairs of spellings that are one function: formulas written out, sums, views and pools."""

from __future__ import annotations

import math

import torch
from support.pairs import conv
from support.rewrites import Rewrite
from torch import nn
from torch.nn import functional as F

__all__ = ["SPELLINGS"]


def _gelu_by_tanh(y, factor=0.044715):
    return 0.5 * y * (1 + torch.tanh(math.sqrt(2 / math.pi) * (y + factor * torch.pow(y, 3))))


def _shortcut(y, low, high):
    """ResNet's shortcut without weights: every second pixel, zeros for the new channels."""
    return F.pad(y[:, :, ::2, ::2], (0, 0, 0, 0, low, high))


def _pointwise():
    return {"a": conv(), "s": nn.Conv2d(8, 5, 1, 2), "o": nn.Conv2d(8, 5, 1)}


SPELLINGS = (
    Rewrite(
        "ReLU of a ReLU",
        lambda n, x: F.avg_pool2d(n.a(x).relu(), 3, 2, 1).relu(),
        lambda n, x: F.avg_pool2d(n.a(x).relu(), 3, 2, 1),
        lambda n, x: F.avg_pool2d(n.a(x), 3, 2, 1).relu(),
        what="mean",
    ),
    Rewrite(
        "ReLU of a ReLU",
        lambda n, x: torch.cat([n.a(x).relu() + 1, n.b(x).sigmoid() * n.a(x).abs()], 1).relu(),
        lambda n, x: torch.cat([n.a(x).relu() + 1, n.b(x).sigmoid() * n.a(x).abs()], 1),
        lambda n, x: torch.cat([n.a(x).relu() - 1, n.b(x).sigmoid() * n.a(x).abs()], 1).relu(),
        what="sum",
    ),
    Rewrite(
        "ReLU of a ReLU",
        lambda n, x: F.relu6(3 * n.a(x).relu()),
        lambda n, x: F.relu6(F.relu6(3 * n.a(x).relu())).relu(),
        lambda n, x: F.relu6(3 * n.a(x).abs()),
        what="clamp",
    ),
    Rewrite(
        "ReLU by hand",
        lambda n, x: (lambda y: torch.where(y > 0, y, 0.0))(n.a(x)),
        lambda n, x: n.a(x).relu(),
        lambda n, x: (lambda y: torch.where(y > 0, 0.0, y))(n.a(x)),
        what="where",
    ),
    Rewrite(
        "ReLU by hand",
        lambda n, x: (lambda y: torch.where(y <= 0, torch.zeros_like(y), y))(n.a(x)),
        lambda n, x: n.a(x).relu(),
        lambda n, x: (lambda y: torch.where(y <= 0.5, torch.zeros_like(y), y))(n.a(x)),
        what="where not",
    ),
    Rewrite(
        "ReLU by hand",
        lambda n, x: (lambda y: torch.max(y, torch.zeros_like(y)))(n.a(x)),
        lambda n, x: (lambda y: y * (y > 0).to(y.dtype))(n.a(x)),
        lambda n, x: (lambda y: torch.max(y, torch.ones_like(y)))(n.a(x)),
        what="maximum",
    ),
    Rewrite(
        "GELU by hand",
        lambda n, x: (lambda y: 0.5 * y * (1 + torch.erf(y / math.sqrt(2))))(n.a(x)),
        lambda n, x: F.gelu(n.a(x)),
        lambda n, x: (lambda y: 0.5 * y * (1 + torch.erf(y)))(n.a(x)),
    ),
    Rewrite(
        "GELU by hand",
        lambda n, x: _gelu_by_tanh(n.a(x)),
        lambda n, x: F.gelu(n.a(x), approximate="tanh"),
        lambda n, x: _gelu_by_tanh(n.a(x), 0.04),
        what="tanh",
    ),
    Rewrite(
        "product as an activation",
        lambda n, x: (lambda y: y * F.softplus(y).tanh())(n.a(x)),
        lambda n, x: F.mish(n.a(x)),
        lambda n, x: (lambda y: y * F.softplus(y, beta=2).tanh())(n.a(x)),
    ),
    Rewrite(
        "product as an activation",
        lambda n, x: (lambda y: y * F.relu6(y + 3) / 6)(4 * n.a(x)),
        lambda n, x: F.hardswish(4 * n.a(x)),
        lambda n, x: (lambda y: y * F.relu6(y + 3) / 5)(4 * n.a(x)),
        what="hardswish",
    ),
    Rewrite(
        "hardsigmoid as a clamp",
        lambda n, x: (4 * n.a(x) / 6 + 0.5).clamp(0, 1),
        lambda n, x: F.hardsigmoid(4 * n.a(x)),
        lambda n, x: (4 * n.a(x) / 5 + 0.5).clamp(0, 1),
    ),
    Rewrite(
        "sigmoid by hand",
        lambda n, x: (lambda y: y / (1 + torch.exp(-y)))(n.a(x)) + 1 / (1 + torch.exp(-n.b(x))),
        lambda n, x: F.silu(n.a(x)) + n.b(x).sigmoid(),
        lambda n, x: (lambda y: y / (1 + torch.exp(y)))(n.a(x)) + 1 / (1 + torch.exp(-n.b(x))),
    ),
    Rewrite(
        "logarithm of a softmax",
        lambda n, x: F.softmax(n.a(x), 1).log(),
        lambda n, x: F.log_softmax(n.a(x), 1),
        lambda n, x: F.log_softmax(n.a(x), 2),
    ),
    Rewrite(
        "softmax by hand",
        lambda n, x: (lambda e: e / e.sum(1, keepdim=True))(n.a(x).exp()),
        lambda n, x: n.a(x).softmax(1),
        lambda n, x: (lambda e: e / e.sum((1, 2), keepdim=True))(n.a(x).exp()),
    ),
    Rewrite(
        "power",
        lambda n, x: n.a(x) ** 2,
        lambda n, x: (lambda y: y * y)(n.a(x)),
        lambda n, x: n.a(x) ** 3,
    ),
    Rewrite(
        "sum of a stack",
        lambda n, x: torch.stack([n.a(x), n.b(x)]).sum(0),
        lambda n, x: n.a(x) + n.b(x),
        lambda n, x: torch.stack([n.a(x), n.b(x)]).prod(0),
    ),
    Rewrite(
        "sum of a stack",
        lambda n, x: torch.stack([n.a(x), n.b(x)], -1).mean(-1),
        lambda n, x: (n.a(x) + n.b(x)) / 2,
        lambda n, x: torch.stack([n.a(x), n.b(x)], 1).mean(2),
        what="mean",
    ),
    Rewrite(
        "addition in another order",
        lambda n, x: (n.a(x) + n.b(x)) + x,
        lambda n, x: n.a(x) + (x + n.b(x)),
        lambda n, x: (n.a(x) + n.b(x)) + n.a(x),
    ),
    Rewrite(
        "expansion before arithmetic",
        lambda n, x: n.a(x) * n.b(x).mean((2, 3), keepdim=True).sigmoid().expand_as(x),
        lambda n, x: n.a(x) * n.b(x).mean((2, 3), keepdim=True).sigmoid(),
        lambda n, x: n.a(x) * n.b(x).mean((1, 2), keepdim=True).sigmoid().expand_as(x),
    ),
    Rewrite(
        "times zero",
        lambda n, x: torch.cat([n.a(x), n.a(x).mul(0)], 1),
        lambda n, x: torch.cat([n.a(x), torch.zeros_like(x)], 1),
        lambda n, x: torch.cat([n.a(x), torch.ones_like(x)], 1),
    ),
    Rewrite(
        "zeros beside",
        lambda n, x: (lambda y: torch.cat([0 * y[:, :3], y, 0 * y[:, :5]], 1))(n.a(x)[:, :, ::2, ::2]),
        lambda n, x: _shortcut(n.a(x), 3, 5),
        lambda n, x: _shortcut(n.a(x), 5, 3),
    ),
    Rewrite(
        "only position of an axis",
        lambda n, x: F.adaptive_avg_pool2d(n.a(x), 1)[:, :, 0, 0],
        lambda n, x: F.adaptive_avg_pool2d(n.a(x), 1).squeeze(-1).squeeze(-1),
        lambda n, x: n.a(x)[:, :, 0, 0],
    ),
    Rewrite(
        "part of a permutation",
        lambda n, x: n.a(x).permute(0, 2, 3, 1)[:, 2:5, 1].tanh(),
        lambda n, x: n.a(x)[:, :, 2:5, 1].transpose(1, 2).tanh(),
        lambda n, x: n.a(x)[:, :, 1, 2:5].transpose(1, 2).tanh(),
    ),
    Rewrite(
        "part of a reshape",
        lambda n, x: n.a(x).unflatten(1, (2, 4))[:, 1].tanh(),
        lambda n, x: n.a(x)[:, 4:].tanh(),
        lambda n, x: n.a(x).unflatten(1, (4, 2))[:, :, 1].tanh(),
    ),
    Rewrite(
        "part of parts",
        lambda n, x: torch.cat([n.a(x), n.b(x)], 1)[:, 8:][:, 2:6].tanh(),
        lambda n, x: n.b(x)[:, 2:6].tanh(),
        lambda n, x: n.b(x)[:, 3:7].tanh(),
    ),
    Rewrite(
        "whole of its parts",
        lambda n, x: (lambda y: torch.cat([y[:, :3], y[:, 3:6], y[:, 6:]], 1))(n.a(x)).tanh(),
        lambda n, x: n.a(x).tanh(),
        lambda n, x: (lambda y: torch.cat([y[:, 3:6], y[:, :3], y[:, 6:]], 1))(n.a(x)).tanh(),
    ),
    Rewrite(
        "batch norm before a reshape",
        lambda n, x: n.m(n.a(x).flatten(2)).view(x.shape),
        lambda n, x: F.batch_norm(n.a(x), None, None, n.m.weight, n.m.bias, True),
        lambda n, x: n.m(n.a(x).flatten(2).transpose(1, 2)[:, :8]).repeat(1, 1, 18).view(x.shape),
        lambda: {"a": conv(), "m": nn.BatchNorm1d(8, track_running_stats=False)},
    ),
    Rewrite(
        "elementwise before a permutation",
        lambda n, x: (n.a(x).permute(0, 2, 3, 1) * 2 + 1).permute(0, 3, 1, 2),
        lambda n, x: n.a(x) * 2 + 1,
        lambda n, x: (n.a(x).permute(0, 2, 3, 1) * 2 + 2).permute(0, 3, 1, 2),
        what="number",
    ),
    Rewrite(
        "reduction of a permutation",
        lambda n, x: n.a(x).permute(0, 2, 3, 1).mean([1, 2]),
        lambda n, x: n.a(x).mean([2, 3]),
        lambda n, x: n.a(x).permute(0, 2, 3, 1).mean([2, 3]),
    ),
    Rewrite(
        "reduction of a permutation",
        lambda n, x: n.a(x).permute(3, 0, 2, 1).amax(2),
        lambda n, x: n.a(x).amax(2).permute(2, 0, 1),
        lambda n, x: n.a(x).amax(2, keepdim=True).permute(3, 0, 2, 1),
        what="order",
    ),
    Rewrite(
        "softmax of a permutation",
        lambda n, x: n.a(x).permute(0, 2, 3, 1).softmax(-1),
        lambda n, x: n.a(x).softmax(1).permute(0, 2, 3, 1),
        lambda n, x: n.a(x).softmax(2).permute(0, 2, 3, 1),
    ),
    Rewrite(
        "global pooling of a flattened image",
        lambda n, x: n.a(x).flatten(2).mean(-1),
        lambda n, x: n.a(x).mean((2, 3)),
        lambda n, x: n.a(x).flatten(1, 2).mean(-1),
    ),
    Rewrite(
        "shuffle",
        lambda n, x: F.channel_shuffle(n.a(x), 2),
        lambda n, x: n.a(x).view(2, 2, 4, 12, 12).transpose(1, 2).flatten(1, 2),
        lambda n, x: F.channel_shuffle(n.a(x), 4),
    ),
    Rewrite(
        "shuffle",
        lambda n, x: F.pixel_shuffle(F.pixel_unshuffle(n.a(x), 3), 6),
        lambda n, x: (
            n.a(x)
            .view(2, 8, 4, 3, 4, 3)
            .permute(0, 1, 3, 5, 2, 4)
            .reshape(2, 2, 6, 6, 4, 4)
            .permute(0, 1, 4, 2, 5, 3)
            .reshape(2, 2, 24, 24)
        ),
        lambda n, x: F.pixel_shuffle(F.pixel_unshuffle(n.a(x).mT, 3), 6),
        what="pixels",
    ),
    Rewrite(
        "order of parts",
        lambda n, x: n.a(x)[..., ::2][:, 2:, ::3].tanh(),
        lambda n, x: n.a(x)[:, 2:, ::3, ::2].tanh(),
        lambda n, x: n.a(x)[:, 2:, 1::3, ::2].tanh(),
    ),
    Rewrite(
        "pool of single values",
        lambda n, x: F.max_pool2d(n.a(x), 1, 2),
        lambda n, x: F.avg_pool2d(n.a(x), 1, 2),
        lambda n, x: n.a(x)[:, :, 1::2, ::2],
    ),
    Rewrite(
        "strided slice before a 1x1 convolution",
        lambda n, x: n.o(n.a(x)[:, :, ::2, ::2]),
        lambda n, x: F.conv2d(n.a(x), n.o.weight, n.o.bias, 2),
        lambda n, x: n.o(n.a(x)[:, :, 1::2, ::2]),
        _pointwise,
    ),
    Rewrite(
        "padding before a pool",
        lambda n, x: F.max_pool2d(F.pad(n.a(x), (1, 1, 1, 1), value=-math.inf), 3, 2),
        lambda n, x: F.max_pool2d(n.a(x), 3, 2, 1),
        lambda n, x: F.max_pool2d(F.pad(n.a(x) - 2, (1, 1, 1, 1)), 3, 2),
    ),
    Rewrite(
        "padding before a pool",
        lambda n, x: F.max_pool2d(F.pad(n.a(x).relu(), (1, 1, 1, 1)), 3, 2),
        lambda n, x: F.max_pool2d(n.a(x), 3, 2, 1).relu(),
        lambda n, x: F.max_pool2d(F.pad(n.a(x).relu(), (1, 1, 1, 1), value=1.0), 3, 2),
        what="zeros",
    ),
    Rewrite(
        "padding before a pool",
        lambda n, x: F.avg_pool2d(F.pad(n.a(x), (1, 1, 1, 1)), 3, 2),
        lambda n, x: F.avg_pool2d(n.a(x), 3, 2, 1),
        lambda n, x: F.avg_pool2d(n.a(x), 3, 2, 1, count_include_pad=False),
        what="mean",
    ),
    Rewrite(
        "border without effect",
        lambda n, x: F.avg_pool2d(n.a(x), 3, 2, count_include_pad=False),
        lambda n, x: F.avg_pool2d(n.a(x), 3, 2),
        lambda n, x: F.avg_pool2d(n.a(x), 3, 2, 1, count_include_pad=False)[:, :, :5, :5],
    ),
)
