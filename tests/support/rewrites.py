"""Pairs of spellings that are one function, each with a near miss: what the tests of the rewrite rules run through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from support.pairs import Forward, conv

__all__ = ["REWRITES", "Rewrite"]
from torch import nn
from torch.nn import functional as F

Members = Callable[[], dict[str, nn.Module]]


def _convs() -> dict[str, nn.Module]:
    return {"a": conv(), "b": conv()}


def _linear() -> dict[str, nn.Module]:
    return {"a": conv(), "l": nn.Linear(8, 8)}


def _unpadded() -> dict[str, nn.Module]:
    return {"a": nn.Conv2d(8, 8, 3), "p": nn.Conv2d(8, 8, 3, padding=1), "r": conv(padding_mode="reflect")}


@dataclass(frozen=True)
class Rewrite:
    """Spellings of one function, and one that only looks alike.

    Args:
        rule: the rule that brings them together; "" where reading the trace is enough.
        one: a spelling.
        other: another one.
        near: equal in neither numbers nor graph.
        members: makes the layers.
        what: which of the rule's cases.
    """

    rule: str
    one: Forward
    other: Forward
    near: Forward
    members: Members = field(default=_convs)
    what: str = ""

    def __str__(self) -> str:
        return f"{self.rule or 'trace'}{'-' * bool(self.what)}{self.what}".replace(" ", "-")


def _rows(n, x):
    """A matrix with one row for each pixel."""
    return n.a(x).permute(0, 2, 3, 1)


REWRITES = (
    Rewrite("no effect", lambda n, x: (n.a(x) + 0) * 1, lambda n, x: n.a(x), lambda n, x: (n.a(x) + 0) * 2),
    Rewrite(
        "no effect",
        lambda n, x: F.avg_pool2d(F.max_pool2d(n.a(x), 1), 1),
        lambda n, x: n.a(x),
        lambda n, x: F.max_pool2d(n.a(x), 1, 2),
        what="pools",
    ),
    Rewrite(
        "no effect",
        lambda n, x: torch.cat([F.pad(n.a(x), (0, 0))], 1).expand(-1, -1, -1, -1),
        lambda n, x: n.a(x),
        lambda n, x: F.pad(n.a(x), (1, -1)),
        what="shapes",
    ),
    Rewrite(
        "reshape of a reshape",
        lambda n, x: n.a(x).view(2, 4, 2, 12, 12).view(2, -1, 6, 24).relu(),
        lambda n, x: n.a(x).reshape(2, 8, 6, 24).relu(),
        lambda n, x: n.a(x).reshape(2, 8, 24, 6).relu(),
    ),
    Rewrite(
        "flatten",
        lambda n, x: torch.flatten(n.a(x), 1),
        lambda n, x: n.a(x).view(x.size(0), -1),
        lambda n, x: n.a(x).permute(0, 2, 3, 1).flatten(1),
    ),
    Rewrite(
        "batch axis of a reshape",
        lambda n, x: n.a(x).view(-1, 4, 24, 12),
        lambda n, x: n.a(x).reshape(x.shape[0], 4, 24, -1),
        lambda n, x: n.a(x).reshape(4, 2, 24, 12),
    ),
    Rewrite(
        "elementwise before a reshape",
        lambda n, x: n.a(x).flatten(1).sigmoid(),
        lambda n, x: n.a(x).sigmoid().flatten(1),
        lambda n, x: n.a(x).flatten(1).softmax(1),
    ),
    Rewrite(
        "elementwise before a permutation",
        lambda n, x: n.a(x).permute(0, 2, 3, 1).tanh().permute(0, 3, 1, 2),
        lambda n, x: n.a(x).tanh(),
        lambda n, x: n.a(x).permute(0, 2, 3, 1).tanh().permute(0, 3, 2, 1),
    ),
    Rewrite(
        "mean of a mean",
        lambda n, x: n.a(x).mean(3).mean(1),
        lambda n, x: n.a(x).mean((1, 3)),
        lambda n, x: n.a(x).mean(3).mean(2),
    ),
    Rewrite(
        "global pooling",
        lambda n, x: n.a(x).mean((2, 3)),
        lambda n, x: F.adaptive_avg_pool2d(n.a(x), 1).flatten(1),
        lambda n, x: n.a(x).mean((1, 3)),
    ),
    Rewrite(
        "global pooling",
        lambda n, x: n.a(x).amax((2, 3), keepdim=True),
        lambda n, x: F.adaptive_max_pool2d(n.a(x), 1),
        lambda n, x: n.a(x).amax((1, 3), keepdim=True),
        what="maximum",
    ),
    Rewrite(
        "clamp",
        lambda n, x: F.relu6(8 * n.a(x)),
        lambda n, x: (8 * n.a(x)).clamp(0, 6),
        lambda n, x: F.hardtanh(8 * n.a(x), 0, 5),
    ),
    Rewrite(
        "clamp",
        lambda n, x: n.a(x).clamp(min=0),
        lambda n, x: n.a(x).relu(),
        lambda n, x: n.a(x).clamp(max=0),
        what="ReLU",
    ),
    Rewrite(
        "ReLU of a ReLU",
        lambda n, x: n.a(x).relu().relu(),
        lambda n, x: n.a(x).relu(),
        lambda n, x: n.a(x).tanh().relu(),
    ),
    Rewrite(
        "ReLU before a max pool",
        lambda n, x: F.max_pool2d(n.a(x), 3, 2, 1, ceil_mode=True).relu(),
        lambda n, x: F.max_pool2d(n.a(x).relu(), 3, 2, 1, ceil_mode=True),
        lambda n, x: F.avg_pool2d(n.a(x).relu(), 3, 2, 1, ceil_mode=True),
    ),
    Rewrite(
        "ceil mode at stride 1",
        lambda n, x: F.max_pool2d(n.a(x), 3, 1, 1, ceil_mode=True),
        lambda n, x: F.max_pool2d(n.a(x), 3, 1, 1),
        lambda n, x: F.max_pool2d(n.a(x), 3, 2, 1, ceil_mode=True),
    ),
    Rewrite(
        "hardsigmoid",
        lambda n, x: F.relu6(4 * n.a(x) + 3) / 6,
        lambda n, x: F.hardsigmoid(4 * n.a(x)),
        lambda n, x: F.relu6(4 * n.a(x) + 3) / 5,
    ),
    Rewrite(
        "division by a power of two",
        lambda n, x: n.a(x) / 2,
        lambda n, x: n.a(x) * 0.5,
        lambda n, x: n.a(x) / 3,
    ),
    Rewrite("subtraction of a number", lambda n, x: n.a(x) - 3, lambda n, x: n.a(x) + -3, lambda n, x: 3 - n.a(x)),
    Rewrite(
        "gated activation",
        lambda n, x: (lambda y: y * y.sigmoid())(n.a(x)),
        lambda n, x: F.silu(n.a(x)),
        lambda n, x: n.b(x) * n.a(x).sigmoid(),
    ),
    Rewrite(
        "gated activation",
        lambda n, x: (lambda y: F.hardsigmoid(y) * y)(4 * n.a(x)),
        lambda n, x: F.hardswish(4 * n.a(x)),
        lambda n, x: (lambda y: F.hardsigmoid(y) * y.relu())(4 * n.a(x)),
        what="hardswish",
    ),
    Rewrite(
        "nested concatenation",
        lambda n, x: torch.cat([torch.cat([x, n.a(x)], 1), n.b(x)], 1),
        lambda n, x: torch.cat([x, n.a(x), n.b(x)], 1),
        lambda n, x: torch.cat([torch.cat([x, n.b(x)], 1), n.b(n.a(x))], 1),
    ),
    Rewrite(
        "permutation of a permutation",
        lambda n, x: n.a(x).transpose(1, 2).swapaxes(-1, -2).softmax(1),
        lambda n, x: n.a(x).permute(0, 2, 3, 1).softmax(1),
        lambda n, x: n.a(x).permute(0, 3, 2, 1).softmax(1),
    ),
    Rewrite(
        "padding before a convolution",
        lambda n, x: n.a(F.pad(x, (1, 1, 1, 1))),
        lambda n, x: F.conv2d(x, n.a.weight, n.a.bias, padding=1),
        lambda n, x: n.a(F.pad(x, (1, 1, 1, 1), value=1.0)),
        _unpadded,
    ),
    Rewrite(
        "padding before a convolution",
        lambda n, x: F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), n.r.weight, n.r.bias),
        lambda n, x: n.r(x),
        lambda n, x: F.conv2d(F.pad(x, (1, 1, 1, 1), mode="circular"), n.r.weight, n.r.bias),
        _unpadded,
        "reflected",
    ),
    Rewrite(
        "linear layer by hand",
        lambda n, x: torch.addmm(n.l.bias, _rows(n, x).flatten(0, 2), n.l.weight.t()),
        lambda n, x: n.l(_rows(n, x).flatten(0, 2)),
        lambda n, x: torch.addmm(n.l.bias, _rows(n, x).flatten(0, 2), n.l.weight.t(), beta=2),
        _linear,
    ),
    Rewrite(
        "bias of a linear layer",
        lambda n, x: _rows(n, x) @ n.l.weight.T + n.l.bias,
        lambda n, x: n.l(_rows(n, x)),
        lambda n, x: _rows(n, x) @ n.l.weight + n.l.bias,
        _linear,
    ),
    Rewrite(
        "",
        lambda n, x: F.relu(n.a(x), inplace=True),
        lambda n, x: torch.relu(n.a(x)),
        lambda n, x: n.a(x),
        what="in place",
    ),
    Rewrite(
        "",
        lambda n, x: (lambda u, v: u * v.tanh())(*n.a(x).chunk(2, 1)),
        lambda n, x: (lambda y: y[:, :4] * y[:, 4:].tanh())(n.a(x)),
        lambda n, x: (lambda u, v: v * u.tanh())(*n.a(x).chunk(2, 1)),
        what="chunk",
    ),
    Rewrite(
        "",
        lambda n, x: n.a(x).tensor_split((2, 5), dim=-3)[1],
        lambda n, x: n.a(x).narrow(1, 2, 3),
        lambda n, x: n.a(x).narrow(1, 3, 3),
        what="narrow",
    ),
    Rewrite(
        "",
        lambda n, x: n.a(x).softmax(-3),
        lambda n, x: n.a(x).softmax(1),
        lambda n, x: n.a(x).softmax(-1),
        what="axes",
    ),
    Rewrite(
        "",
        lambda n, x: n.a(x).contiguous(memory_format=torch.channels_last).clone(),
        lambda n, x: n.a(x),
        lambda n, x: n.a(x).detach(),
        what="copies",
    ),
    Rewrite(
        "",
        lambda n, x: torch.utils.checkpoint.checkpoint(lambda y: n.a(y).relu(), x, use_reentrant=False),
        lambda n, x: n.a(x).relu(),
        lambda n, x: torch.utils.checkpoint.checkpoint(lambda y: n.a(y).sigmoid(), x, use_reentrant=False),
        what="checkpointed",
    ),
)
