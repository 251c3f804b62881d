"""Pairs of nets that are one function at one size or in one mode only: the rules of tier C."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from support.pairs import Forward, conv
from torch import nn
from torch.nn import functional as F

__all__ = ["ON_A_DOMAIN", "OnADomain"]

Members = Callable[[], dict[str, nn.Module]]


@dataclass(frozen=True)
class OnADomain:
    """Two spellings that are one at 12x12 in train mode, and not in general.

    Args:
        rule: the rule that brings them together.
        one: a spelling.
        other: another one.
        near: another one that differs at 12x12 too.
        elsewhere: a size at which the two spellings differ, or None where the mode decides.
        words: what the condition must speak of.
        members: makes the layers.
        what: which of the rule's cases.
    """

    rule: str
    one: Forward
    other: Forward
    near: Forward
    elsewhere: tuple[int, ...] | None
    words: str
    members: Members = lambda: {"a": conv()}
    what: str = ""

    def __str__(self) -> str:
        return f"{self.rule}{'-' * bool(self.what)}{self.what}".replace(" ", "-")


def _normed() -> dict[str, nn.Module]:
    return {"a": conv(), "n": nn.BatchNorm2d(8)}


def _without_bias(n, x):
    return F.conv2d(x, n.a.weight, padding=1)


ON_A_DOMAIN = (
    OnADomain(
        "window over the whole image",
        lambda n, x: F.avg_pool2d(n.a(x), 12),
        lambda n, x: n.a(x).mean((2, 3), keepdim=True),
        lambda n, x: F.avg_pool2d(n.a(x), 10),
        (2, 8, 24, 24),
        "covers the whole image",
    ),
    OnADomain(
        "adaptive pool with equal bins",
        lambda n, x: F.adaptive_avg_pool2d(n.a(x), 4),
        lambda n, x: F.avg_pool2d(n.a(x), 3),
        lambda n, x: F.adaptive_avg_pool2d(n.a(x), 5)[:, :, :4, :4],
        (2, 8, 13, 13),
        "bins are equal",
    ),
    OnADomain(
        "adaptive pool with equal bins",
        lambda n, x: F.adaptive_max_pool2d(n.a(x), 12),
        lambda n, x: n.a(x),
        lambda n, x: F.adaptive_max_pool2d(n.a(x)[:, :, 1:, 1:], 12),
        (2, 8, 13, 13),
        "bins are equal",
        what="of one pixel",
    ),
    OnADomain(
        "global pool of one pixel",
        lambda n, x: F.adaptive_avg_pool2d(F.max_pool2d(n.a(x), 7), 1),
        lambda n, x: F.max_pool2d(n.a(x), 7),
        lambda n, x: F.adaptive_avg_pool2d(F.max_pool2d(n.a(x), 6), 1),
        (2, 8, 14, 14),
        "one pixel",
    ),
    OnADomain(
        "ceil mode without effect",
        lambda n, x: F.max_pool2d(n.a(x), 2, ceil_mode=True),
        lambda n, x: F.max_pool2d(n.a(x), 2),
        lambda n, x: F.max_pool2d(n.a(x), 3, 2, ceil_mode=True),
        (2, 8, 13, 13),
        "come out even",
    ),
    OnADomain(
        "sum as a mean",
        lambda n, x: n.a(x).sum((2, 3)) / 144,
        lambda n, x: n.a(x).mean((2, 3)),
        lambda n, x: n.a(x).sum((2, 3)) / 12,
        (2, 8, 13, 13),
        "pixels",
    ),
    OnADomain(
        "bias before a batch norm",
        lambda n, x: n.n(n.a(x)),
        lambda n, x: n.n(_without_bias(n, x)),
        lambda n, x: n.n(n.a(x).relu()),
        None,
        "running mean",
        _normed,
    ),
    OnADomain(
        "bias before a batch norm",
        lambda n, x: n.n(n.l(x.mean((2, 3)))),
        lambda n, x: n.n(F.linear(x.mean((2, 3)), n.l.weight)),
        lambda n, x: n.n(n.l(x.mean((2, 3))).tanh()),
        None,
        "running mean",
        lambda: {"l": nn.Linear(8, 8), "n": nn.BatchNorm1d(8)},
        "linear",
    ),
)
