"""Spellings of sums, differences, products and quotients."""

from __future__ import annotations

import torch
from support.cases import Rewrite, both

from properties.graph.rules.always import arithmetic as rules

__all__ = ["CASES"]


CASES = (
    Rewrite(
        rules.filled_operand,
        lambda n, x: (lambda y: (y + torch.full_like(y, 2.0)) * torch.full((1,), 3.0))(n.a(x)),
        lambda n, x: (n.a(x) + 2.0) * 3.0,
        lambda n, x: (lambda y: (y + torch.full_like(y, 2.0)) * torch.full((1,), 2.0))(n.a(x)),
    ),
    Rewrite(
        rules.power_of_two,
        lambda n, x: n.a(x) / 2,
        lambda n, x: n.a(x) * 0.5,
        lambda n, x: n.a(x) / 3,
    ),
    Rewrite(rules.negative_number, lambda n, x: n.a(x) - 3, lambda n, x: n.a(x) + -3, lambda n, x: 3 - n.a(x)),
    Rewrite(
        rules.sum_of_stack,
        lambda n, x: torch.stack([n.a(x), n.b(x)]).sum(0),
        lambda n, x: n.a(x) + n.b(x),
        lambda n, x: torch.stack([n.a(x), n.b(x)]).prod(0),
    ),
    Rewrite(
        rules.sum_of_stack,
        lambda n, x: torch.stack([n.a(x), n.b(x)], -1).mean(-1),
        lambda n, x: (n.a(x) + n.b(x)) / 2,
        lambda n, x: torch.stack([n.a(x), n.b(x)], 1).mean(2),
        what="mean",
    ),
    Rewrite(
        rules.expansion_in_arithmetic,
        lambda n, x: n.a(x) * n.b(x).mean((2, 3), keepdim=True).sigmoid().expand_as(x),
        lambda n, x: n.a(x) * n.b(x).mean((2, 3), keepdim=True).sigmoid(),
        lambda n, x: n.a(x) * n.b(x).mean((1, 2), keepdim=True).sigmoid().expand_as(x),
    ),
    Rewrite(
        rules.times_zero,
        lambda n, x: torch.cat([n.a(x), n.a(x).mul(0)], 1),
        lambda n, x: torch.cat([n.a(x), torch.zeros_like(x)], 1),
        lambda n, x: torch.cat([n.a(x), torch.ones_like(x)], 1),
    ),
    Rewrite(
        rules.negative,
        both(lambda a, b: a - (-b) + (-1 * b.tanh())),
        both(lambda a, b: a + b - b.tanh()),
        both(lambda a, b: a - b - b.tanh()),
    ),
    Rewrite(
        rules.scaled_sum,
        both(lambda a, b: torch.sub(a, b, alpha=3)),
        both(lambda a, b: a + -3 * b),
        both(lambda a, b: torch.sub(a, b, alpha=2)),
    ),
    Rewrite(
        rules.nested_sums,
        lambda n, x: (n.a(x) + n.b(x)) + x,
        lambda n, x: n.a(x) + (x + n.b(x)),
        lambda n, x: (n.a(x) + n.b(x)) + n.a(x),
    ),
)
