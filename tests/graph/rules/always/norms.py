"""Spellings of norms: as formulas, with scales and shifts of their own or applied afterwards."""

from __future__ import annotations

import torch
from support.cases import Rewrite, Sizes, both, parameters, rows
from torch.nn import functional as F

from properties.graph.rules.always import norms as rules

__all__ = ["CASES"]


def _normed(y, dim, eps=1e-5):
    mean = y.mean(dim, keepdim=True)
    return (y - mean) / torch.sqrt(y.var(dim, unbiased=False, keepdim=True) + eps)


def _normed_by_powers(y, dim, eps=1e-5):
    mean = y.mean(dim, keepdim=True)
    return (y - mean) * ((y - mean).pow(2).mean(dim, keepdim=True) + eps) ** -0.5


CASES = (
    Rewrite(
        rules.variance,
        lambda n, x: n.a(x).var(1, unbiased=False),
        lambda n, x: (n.a(x) - n.a(x).mean(1, keepdim=True)).square().mean(1),
        lambda n, x: n.a(x).var(1),
    ),
    Rewrite(
        rules.division_by_root,
        both(lambda a, b: a / (b.abs() + 1).sqrt() + 1 / (a.abs() + 1).sqrt()),
        both(lambda a, b: a * torch.rsqrt(b.abs() + 1) + (a.abs() + 1) ** -0.5),
        both(lambda a, b: a / (b.abs() + 1) + 1 / (a.abs() + 1).sqrt()),
    ),
    Rewrite(
        rules.norm_by_hand,
        lambda n, x: _normed(rows(n, x), -1) * n.v + n.w,
        lambda n, x: F.layer_norm(rows(n, x), (8,), n.v, n.w),
        lambda n, x: F.layer_norm(rows(n, x), (8,), n.v, n.w, 1e-2),
        parameters(8, 8),
    ),
    Rewrite(
        rules.norm_by_hand,
        lambda n, x: _normed_by_powers(n.a(x), 1, 1e-6),
        lambda n, x: F.layer_norm(rows(n, x), (8,), eps=1e-6).permute(0, 3, 1, 2),
        lambda n, x: (lambda y: (y - y.mean(1, keepdim=True)) / (y.std(1, keepdim=True) + 1e-6))(n.a(x)),
        what="channels",
    ),
    Rewrite(
        rules.norm_by_hand,
        lambda n, x: (lambda y: n.w * (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + 1e-6)))(n.a(x)),
        lambda n, x: F.rms_norm(n.a(x), (12,), n.w, 1e-6),
        lambda n, x: (lambda y: n.w * (y * torch.rsqrt(y.pow(2).sum(-1, keepdim=True) + 1e-6)))(n.a(x)),
        parameters(12),
        "root mean square",
        sizes=Sizes(width=(12,)),
    ),
    Rewrite(
        rules.group_norm_by_layer_norm,
        lambda n, x: _normed(n.a(x).view(len(x), 4, -1), -1).view(x.shape),
        lambda n, x: F.group_norm(n.a(x), 4),
        lambda n, x: F.group_norm(n.a(x), 2),
    ),
    Rewrite(
        rules.affine_after_norm,
        lambda n, x: F.group_norm(n.a(x), 4) * n.v.view(1, -1, 1, 1) + n.w[:, None, None],
        lambda n, x: F.group_norm(n.a(x), 4, n.v, n.w),
        lambda n, x: (F.group_norm(n.a(x), 4) + n.w[:, None, None]) * n.v.view(1, -1, 1, 1),
        parameters(8, 8),
    ),
)
