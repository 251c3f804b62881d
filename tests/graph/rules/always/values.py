"""Spellings with operators that have no effect, and with values that are computed twice."""

from __future__ import annotations

import torch
from support.cases import SQUARE, Rewrite
from torch.nn import functional as F

from properties.graph.rules.always import values as rules

__all__ = ["CASES"]


CASES = (
    Rewrite(rules.no_effect, lambda n, x: (n.a(x) + 0) * 1, lambda n, x: n.a(x), lambda n, x: (n.a(x) + 0) * 2),
    Rewrite(
        rules.no_effect,
        lambda n, x: F.avg_pool2d(F.max_pool2d(n.a(x), 1), 1),
        lambda n, x: n.a(x),
        lambda n, x: F.max_pool2d(n.a(x), 1, 2),
        what="pools",
    ),
    Rewrite(
        rules.no_effect,
        lambda n, x: torch.cat([F.pad(n.a(x), (0, 0))], 1).expand(-1, -1, -1, -1),
        lambda n, x: n.a(x),
        lambda n, x: F.pad(n.a(x), (1, -1)),
        what="shapes",
    ),
    Rewrite(
        rules.without_place,
        lambda n, x: n.a(x).max(2)[0] + n.a(x).min(3).values,
        lambda n, x: n.a(x).amax(2) + n.a(x).amin(3),
        lambda n, x: n.a(x).max(3)[0] + n.a(x).min(3).values,
        sizes=SQUARE,
    ),
    Rewrite(
        rules.computed_twice,
        lambda n, x: n.a(x).tanh() * n.a(x).sigmoid(),
        lambda n, x: (lambda y: y.tanh() * y.sigmoid())(n.a(x)),
        lambda n, x: n.a(x).tanh() * n.b(x).sigmoid(),
    ),
)
