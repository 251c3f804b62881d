"""Spellings that are one at the captured size only."""

from __future__ import annotations

from support.cases import OnADomain, Sizes
from torch.nn import functional as F

from properties.graph.rules.conditional import one_size as rules

__all__ = ["CASES"]


CASES = (
    OnADomain(
        rules.window_over_all,
        lambda n, x: F.avg_pool2d(n.a(x), 12),
        lambda n, x: n.a(x).mean((2, 3), keepdim=True),
        lambda n, x: F.avg_pool2d(n.a(x), 10),
        (2, 8, 24, 24),
        "covers the whole image",
    ),
    OnADomain(
        rules.pool_of_one_pixel,
        lambda n, x: F.adaptive_avg_pool2d(F.max_pool2d(n.a(x), 7), 1),
        lambda n, x: F.max_pool2d(n.a(x), 7),
        lambda n, x: F.adaptive_avg_pool2d(F.max_pool2d(n.a(x), 6), 1),
        (2, 8, 14, 14),
        "one pixel",
        sizes=Sizes(height=range(8, 14), width=range(8, 14)),
    ),
    OnADomain(
        rules.adaptive_with_equal_bins,
        lambda n, x: F.adaptive_avg_pool2d(n.a(x), 4),
        lambda n, x: F.avg_pool2d(n.a(x), 3),
        lambda n, x: F.adaptive_avg_pool2d(n.a(x), 5)[:, :, :4, :4],
        (2, 8, 13, 13),
        "bins are equal",
    ),
    OnADomain(
        rules.adaptive_with_equal_bins,
        lambda n, x: F.adaptive_max_pool2d(n.a(x), 12),
        lambda n, x: n.a(x),
        lambda n, x: F.adaptive_max_pool2d(n.a(x)[:, :, 1:, 1:], 12),
        (2, 8, 13, 13),
        "bins are equal",
        what="of one pixel",
    ),
    OnADomain(
        rules.ceil_mode_without_effect,
        lambda n, x: F.max_pool2d(n.a(x), 2, ceil_mode=True),
        lambda n, x: F.max_pool2d(n.a(x), 2),
        lambda n, x: F.max_pool2d(n.a(x), 3, 2, ceil_mode=True),
        (2, 8, 13, 13),
        "come out even",
        sizes=Sizes(height=range(4, 13, 2), width=range(4, 13, 2)),
    ),
    OnADomain(
        rules.sum_as_mean,
        lambda n, x: n.a(x).sum((2, 3)) / 144,
        lambda n, x: n.a(x).mean((2, 3)),
        lambda n, x: n.a(x).sum((2, 3)) / 12,
        (2, 8, 13, 13),
        "pixels",
    ),
)
