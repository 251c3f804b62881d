"""Spellings of pools: global ones, borders, ceil mode, pools of pools."""

from __future__ import annotations

import math

from support.cases import Rewrite
from torch.nn import functional as F

from properties.graph.rules.always import pools as rules

__all__ = ["CASES"]


CASES = (
    Rewrite(
        rules.mean_of_mean,
        lambda n, x: n.a(x).mean(3).mean(1),
        lambda n, x: n.a(x).mean((1, 3)),
        lambda n, x: n.a(x).mean(3).mean(2),
    ),
    Rewrite(
        rules.global_pool,
        lambda n, x: n.a(x).mean((2, 3)),
        lambda n, x: F.adaptive_avg_pool2d(n.a(x), 1).flatten(1),
        lambda n, x: n.a(x).mean((1, 3)),
    ),
    Rewrite(
        rules.global_maximum,
        lambda n, x: n.a(x).amax((2, 3), keepdim=True),
        lambda n, x: F.adaptive_max_pool2d(n.a(x), 1),
        lambda n, x: n.a(x).amax((1, 3), keepdim=True),
        what="maximum",
    ),
    Rewrite(
        rules.relu_after_max_pool,
        lambda n, x: F.max_pool2d(n.a(x), 3, 2, 1, ceil_mode=True).relu(),
        lambda n, x: F.max_pool2d(n.a(x).relu(), 3, 2, 1, ceil_mode=True),
        lambda n, x: F.avg_pool2d(n.a(x).relu(), 3, 2, 1, ceil_mode=True),
    ),
    Rewrite(
        rules.ceil_mode,
        lambda n, x: F.max_pool2d(n.a(x), 3, 1, 1, ceil_mode=True),
        lambda n, x: F.max_pool2d(n.a(x), 3, 1, 1),
        lambda n, x: F.max_pool2d(n.a(x), 3, 2, 1, ceil_mode=True),
    ),
    Rewrite(
        rules.global_pool_of_flattened,
        lambda n, x: n.a(x).flatten(2).mean(-1),
        lambda n, x: n.a(x).mean((2, 3)),
        lambda n, x: n.a(x).flatten(1, 2).mean(-1),
    ),
    Rewrite(
        rules.pool_of_single_values,
        lambda n, x: F.max_pool2d(n.a(x), 1, 2),
        lambda n, x: F.avg_pool2d(n.a(x), 1, 2),
        lambda n, x: n.a(x)[:, :, 1::2, ::2],
    ),
    Rewrite(
        rules.padded_max_pool,
        lambda n, x: F.max_pool2d(F.pad(n.a(x), (1, 1, 1, 1), value=-math.inf), 3, 2),
        lambda n, x: F.max_pool2d(n.a(x), 3, 2, 1),
        lambda n, x: F.max_pool2d(F.pad(n.a(x) - 2, (1, 1, 1, 1)), 3, 2),
    ),
    Rewrite(
        rules.padded_max_pool,
        lambda n, x: F.max_pool2d(F.pad(n.a(x).relu(), (1, 1, 1, 1)), 3, 2),
        lambda n, x: F.max_pool2d(n.a(x), 3, 2, 1).relu(),
        lambda n, x: F.max_pool2d(F.pad(n.a(x).relu(), (1, 1, 1, 1), value=1.0), 3, 2),
        what="zeros",
    ),
    Rewrite(
        rules.padded_pool,
        lambda n, x: F.avg_pool2d(F.pad(n.a(x), (1, 1, 1, 1)), 3, 2),
        lambda n, x: F.avg_pool2d(n.a(x), 3, 2, 1),
        lambda n, x: F.avg_pool2d(n.a(x), 3, 2, 1, count_include_pad=False),
        what="mean",
    ),
    Rewrite(
        rules.border_without_effect,
        lambda n, x: F.avg_pool2d(n.a(x), 3, 2, count_include_pad=False),
        lambda n, x: F.avg_pool2d(n.a(x), 3, 2),
        lambda n, x: F.avg_pool2d(n.a(x), 3, 2, 1, count_include_pad=False)[:, :, :5, :5],
    ),
    Rewrite(
        rules.pooled_twice,
        lambda n, x: F.adaptive_max_pool2d(F.adaptive_avg_pool2d(F.adaptive_avg_pool2d(n.a(x), 7), 7), 1).mean((2, 3)),
        lambda n, x: F.adaptive_max_pool2d(F.adaptive_avg_pool2d(n.a(x), 7), 1).flatten(1),
        lambda n, x: F.adaptive_max_pool2d(F.adaptive_avg_pool2d(F.adaptive_avg_pool2d(n.a(x), 7), 5), 1).flatten(1),
    ),
)
