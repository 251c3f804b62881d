"""Spellings of ReLU and its kin: clamps, gates, masks and maxima."""

from __future__ import annotations

import torch
from support.cases import Rewrite
from torch.nn import functional as F

from properties.graph.rules.always import activations as rules

__all__ = ["CASES"]


CASES = (
    Rewrite(
        rules.relu_after_dropout,
        lambda n, x: F.dropout(n.a(x), 0.3).relu(),
        lambda n, x: F.dropout(n.a(x).relu(), 0.3),
        lambda n, x: F.dropout(n.a(x), 0.3).sigmoid(),
    ),
    Rewrite(
        rules.clamp,
        lambda n, x: F.relu6(8 * n.a(x)),
        lambda n, x: (8 * n.a(x)).clamp(0, 6),
        lambda n, x: F.hardtanh(8 * n.a(x), 0, 5),
    ),
    Rewrite(
        rules.clamp,
        lambda n, x: n.a(x).clamp(min=0),
        lambda n, x: n.a(x).relu(),
        lambda n, x: n.a(x).clamp(max=0),
        what="ReLU",
    ),
    Rewrite(
        rules.relu_twice,
        lambda n, x: n.a(x).relu().relu(),
        lambda n, x: n.a(x).relu(),
        lambda n, x: n.a(x).tanh().relu(),
    ),
    Rewrite(
        rules.relu_of_nonnegative,
        lambda n, x: F.avg_pool2d(n.a(x).relu(), 3, 2, 1).relu(),
        lambda n, x: F.avg_pool2d(n.a(x).relu(), 3, 2, 1),
        lambda n, x: F.avg_pool2d(n.a(x), 3, 2, 1).relu(),
        what="mean",
    ),
    Rewrite(
        rules.relu_of_nonnegative,
        lambda n, x: torch.cat([n.a(x).relu() + 1, n.b(x).sigmoid() * n.a(x).abs()], 1).relu(),
        lambda n, x: torch.cat([n.a(x).relu() + 1, n.b(x).sigmoid() * n.a(x).abs()], 1),
        lambda n, x: torch.cat([n.a(x).relu() - 1, n.b(x).sigmoid() * n.a(x).abs()], 1).relu(),
        what="sum",
    ),
    Rewrite(
        rules.relu_twice,
        lambda n, x: F.relu6(3 * n.a(x).relu()),
        lambda n, x: F.relu6(F.relu6(3 * n.a(x).relu())),
        lambda n, x: F.relu6(3 * n.a(x).abs()),
        what="clamp",
    ),
    Rewrite(
        rules.relu_twice,
        lambda n, x: F.softplus(n.a(x), beta=2).relu(),
        lambda n, x: F.softplus(n.a(x), beta=2),
        lambda n, x: F.softplus(n.a(x), beta=-2).relu(),
        what="softplus",
    ),
    Rewrite(
        rules.relu_of_nonnegative,
        lambda n, x: (3 * n.a(x)).clamp(0, 6).relu(),
        lambda n, x: (3 * n.a(x)).relu().clamp(0, 6),
        lambda n, x: (3 * n.a(x)).clamp(-1, 6),
    ),
    Rewrite(
        rules.bounds,
        lambda n, x: F.relu6(8 * n.a(x)),
        lambda n, x: F.hardtanh(8 * n.a(x), 0, 6),
        lambda n, x: F.hardtanh(8 * n.a(x), 0, 5),
    ),
    Rewrite(
        rules.relu_by_mask,
        lambda n, x: (lambda y: y.masked_fill(y <= 0, 0.0))(n.a(x)),
        lambda n, x: F.threshold(n.a(x), 0, 0),
        lambda n, x: F.threshold(n.a(x), 0, 1),
        what="filled",
    ),
    Rewrite(
        rules.hardsigmoid,
        lambda n, x: F.relu6(4 * n.a(x) + 3) / 6,
        lambda n, x: F.hardsigmoid(4 * n.a(x)),
        lambda n, x: F.relu6(4 * n.a(x) + 3) / 5,
    ),
    Rewrite(
        rules.gated,
        lambda n, x: (lambda y: y * y.sigmoid())(n.a(x)),
        lambda n, x: F.silu(n.a(x)),
        lambda n, x: n.b(x) * n.a(x).sigmoid(),
    ),
    Rewrite(
        rules.gated,
        lambda n, x: (lambda y: F.hardsigmoid(y) * y)(4 * n.a(x)),
        lambda n, x: F.hardswish(4 * n.a(x)),
        lambda n, x: (lambda y: F.hardsigmoid(y) * y.relu())(4 * n.a(x)),
        what="hardswish",
    ),
    Rewrite(
        rules.relu_by_hand,
        lambda n, x: (lambda y: torch.where(y > 0, y, 0.0))(n.a(x)),
        lambda n, x: n.a(x).relu(),
        lambda n, x: (lambda y: torch.where(y > 0, 0.0, y))(n.a(x)),
        what="where",
    ),
    Rewrite(
        rules.relu_by_mask,
        lambda n, x: (lambda y: torch.where(y <= 0, torch.zeros_like(y), y))(n.a(x)),
        lambda n, x: n.a(x).relu(),
        lambda n, x: (lambda y: torch.where(y <= 0.5, torch.zeros_like(y), y))(n.a(x)),
        what="where not",
    ),
    Rewrite(
        rules.relu_by_hand,
        lambda n, x: (lambda y: torch.max(y, torch.zeros_like(y)))(n.a(x)),
        lambda n, x: (lambda y: y * (y > 0).to(y.dtype))(n.a(x)),
        lambda n, x: (lambda y: torch.max(y, torch.ones_like(y)))(n.a(x)),
        what="maximum",
    ),
    Rewrite(
        rules.relu_by_hand,
        lambda n, x: (lambda y: y.masked_fill(y < 0, 0.0))(n.a(x)),
        lambda n, x: n.a(x).relu(),
        lambda n, x: (lambda y: y.masked_fill(y > 0, 0.0))(n.a(x)),
        what="filled",
    ),
    Rewrite(
        rules.hardsigmoid_as_clamp,
        lambda n, x: (4 * n.a(x) / 6 + 0.5).clamp(0, 1),
        lambda n, x: F.hardsigmoid(4 * n.a(x)),
        lambda n, x: (4 * n.a(x) / 5 + 0.5).clamp(0, 1),
    ),
)
