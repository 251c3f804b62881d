"""Spellings of attention, and of the products and softmaxes that it is made of."""

from __future__ import annotations

import math

import torch
from support.cases import SQUARE, Rewrite, Sizes, both, parameters
from torch.nn import functional as F

from properties.graph.rules.always import attention as rules

__all__ = ["CASES"]


def _tokens(n, x, names="aba"):
    """Queries, keys and values: ``(N, heads, L, D)`` with 4 numbers a head."""
    images = [getattr(n, name)(x[:, :, ::3, ::3]).flatten(2) for name in names]
    return [image.unflatten(1, (2, 4)).transpose(2, 3) for image in images]


def _attention(n, x, scale=0.5, mask=0.0):
    q, k, v = _tokens(n, x)
    return (q @ k.transpose(-2, -1) * scale + mask).softmax(-1) @ v


def _merged_attention(n, x, dim=2):
    """As ``nn.MultiheadAttention`` computes it: images and heads along one axis, queries scaled first."""
    q, k, v = (part.flatten(0, 1) for part in _tokens(n, x))
    return torch.bmm(torch.bmm(q / math.sqrt(4), k.transpose(1, 2)).softmax(dim), v).unflatten(0, (-1, 2))


CASES = (
    Rewrite(
        rules.mask_without_effect,
        lambda n, x: (
            lambda y: F.scaled_dot_product_attention(y, y, y, (torch.arange(y.shape[-2]) >= 0).expand(y.shape[-2], -1))
        )(n.a(x)),
        lambda n, x: (lambda y: F.scaled_dot_product_attention(y, y, y))(n.a(x)),
        lambda n, x: (
            lambda y: F.scaled_dot_product_attention(y, y, y, (torch.arange(y.shape[-2]) >= 1).expand(y.shape[-2], -1))
        )(n.a(x)),
        sizes=SQUARE,
    ),
    Rewrite(
        rules.merged_batches,
        both(lambda a, b: torch.bmm(a.flatten(0, 1), b.flatten(0, 1)).view(a.shape)),
        both(lambda a, b: a @ b),
        both(lambda a, b: torch.bmm(a.flatten(0, 1), b.transpose(0, 1).flatten(0, 1)).view(a.shape)),
        sizes=SQUARE,
    ),
    Rewrite(
        rules.factor_before_product,
        both(lambda a, b: (a * 0.3).mT @ b),
        both(lambda a, b: a.mT @ b * 0.3),
        both(lambda a, b: a.mT @ b * 0.4),
    ),
    Rewrite(
        rules.softmax_of_reshaped,
        lambda n, x: n.a(x).flatten(0, 1).softmax(-1).view(x.shape),
        lambda n, x: n.a(x).softmax(-1),
        lambda n, x: n.a(x).flatten(0, 1).softmax(0).view(x.shape),
    ),
    Rewrite(
        rules.attention,
        _attention,
        lambda n, x: F.scaled_dot_product_attention(*_tokens(n, x)),
        lambda n, x: _attention(n, x, 0.4),
    ),
    Rewrite(
        rules.attention,
        _merged_attention,
        lambda n, x: F.scaled_dot_product_attention(*_tokens(n, x)),
        lambda n, x: _merged_attention(n, x, 1),
        what="merged",
    ),
    Rewrite(
        rules.attention,
        lambda n, x: _attention(n, x, mask=n.w),
        lambda n, x: F.scaled_dot_product_attention(*_tokens(n, x), n.w),
        lambda n, x: _attention(n, x, mask=n.w.mT),
        parameters((2, 16, 16)),
        "mask",
        sizes=Sizes(height=range(10, 13), width=range(10, 13)),
    ),
    Rewrite(
        rules.attention_scale,
        lambda n, x: F.scaled_dot_product_attention(*_tokens(n, x), scale=4**-0.5),
        lambda n, x: F.scaled_dot_product_attention(*_tokens(n, x)),
        lambda n, x: F.scaled_dot_product_attention(*_tokens(n, x), scale=8**-0.5),
    ),
)
