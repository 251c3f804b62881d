"""Spellings of norms whose scale and shift are stored in another size."""

from __future__ import annotations

import torch
from support.cases import Weighted
from torch import nn
from torch.nn import functional as F

from properties.graph.rules.weights import norms as rules

__all__ = ["CASES"]


CASES = (
    Weighted(
        rules.stored_affine,
        (
            lambda n, x: F.group_norm(x, 4) * n.w + n.b,
            lambda: {name: nn.Parameter(torch.zeros(1, 8, 1, 1)) for name in "wb"},
        ),
        (lambda n, x: n.n(x), lambda: {"n": nn.GroupNorm(4, 8)}),
        (
            lambda n, x: F.group_norm(x, 4) * n.w + n.b,
            lambda: {name: nn.Parameter(torch.zeros(1, 1, 12, 1)) for name in "wb"},
        ),
    ),
)
