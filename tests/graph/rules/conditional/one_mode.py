"""Spellings that are one in the captured mode only."""

from __future__ import annotations

from support.cases import SEVERAL, OnADomain, Sizes
from support.pairs import conv
from torch import nn
from torch.nn import functional as F

from properties.graph.rules.conditional import one_mode as rules

__all__ = ["CASES"]


def _normed() -> dict[str, nn.Module]:
    return {"a": conv(), "n": nn.BatchNorm2d(8)}


def _without_bias(n, x):
    return F.conv2d(x, n.a.weight, padding=1)


CASES = (
    OnADomain(
        rules.bias_before_norm,
        lambda n, x: n.n(n.a(x)),
        lambda n, x: n.n(_without_bias(n, x)),
        lambda n, x: n.n(n.a(x).relu()),
        None,
        "running mean",
        _normed,
        sizes=Sizes(),
    ),
    OnADomain(
        rules.bias_before_norm,
        lambda n, x: n.n(n.l(x.mean((2, 3)))),
        lambda n, x: n.n(F.linear(x.mean((2, 3)), n.l.weight)),
        lambda n, x: n.n(n.l(x.mean((2, 3))).tanh()),
        None,
        "running mean",
        lambda: {"l": nn.Linear(8, 8), "n": nn.BatchNorm1d(8)},
        "linear",
        sizes=SEVERAL,
    ),
    OnADomain(
        rules.gradient_only,
        lambda n, x: (lambda y: y + (y.relu() - y).detach())(n.a(x)),
        lambda n, x: (lambda y: y + (y.relu() - y))(n.a(x)),
        lambda n, x: (lambda y: y + (y.sigmoid() - y).detach())(n.a(x)),
        None,
        "nobody asks for gradients",
        sizes=Sizes(),
        mode="eval",
    ),
)
