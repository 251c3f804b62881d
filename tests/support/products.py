"""More pairs of spellings that are one function: products, attention, norms by hand, tensors put together of parts."""

from __future__ import annotations

import math

import torch
from support.pairs import conv
from support.rewrites import Rewrite
from torch import nn
from torch.nn import functional as F

__all__ = ["PRODUCTS"]


def _sizes(*shapes: int | tuple[int, ...]):
    """Members ``w``, ``b``, ... that are parameters of these sizes, besides two convolutions."""
    return lambda: {
        "a": conv(),
        "b": conv(),
        **{
            name: nn.Parameter(torch.zeros(shape))
            for name, shape in zip(("v", "w")[-len(shapes) :], shapes, strict=True)
        },
    }


def _both(run):
    """A forward pass that is given the images of two convolutions."""
    return lambda n, x: run(n.a(x), n.b(x))


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
    return torch.bmm(torch.bmm(q / math.sqrt(4), k.transpose(1, 2)).softmax(dim), v).view(2, 2, -1, 4)


def _rows(n, x):
    return n.a(x).permute(0, 2, 3, 1)


def _normed(y, dim, eps=1e-5):
    mean = y.mean(dim, keepdim=True)
    return (y - mean) / torch.sqrt(y.var(dim, unbiased=False, keepdim=True) + eps)


def _normed_by_powers(y, dim, eps=1e-5):
    mean = y.mean(dim, keepdim=True)
    return (y - mean) * ((y - mean).pow(2).mean(dim, keepdim=True) + eps) ** -0.5


def _written(n, x, at=4):
    y, parts = torch.empty_like(x), (n.a(x), n.b(x))
    y[:, :at] = parts[0][:, :at]
    y[:, at:] = parts[1][:, at:]
    return y


def _in_zeros(n, x):
    y = x.new_zeros(2, 8, 12, 12)
    y[:, 2:6] = n.a(x)[:, :4]
    return y


PRODUCTS = (
    Rewrite(
        "einsum as a product",
        lambda n, x: torch.einsum("...c,kc->...k", _rows(n, x), n.w),
        lambda n, x: F.linear(_rows(n, x), n.w),
        lambda n, x: torch.einsum("...c,ck->...k", _rows(n, x), n.w),
        _sizes((8, 8)),
        "linear layer",
    ),
    Rewrite(
        "einsum as a product",
        lambda n, x: torch.einsum("oc, nchw -> nohw", n.w, n.a(x)),
        lambda n, x: F.linear(_rows(n, x), n.w).permute(0, 3, 1, 2),
        lambda n, x: torch.einsum("oc, nchw -> nowh", n.w, n.a(x)),
        _sizes((8, 8)),
        "weight first",
    ),
    Rewrite(
        "einsum as a product",
        _both(lambda a, b: torch.einsum("bhqd,bhkd->bhqk", a, b)),
        _both(lambda a, b: a @ b.mT),
        _both(lambda a, b: torch.einsum("bhqd,bhdk->bhqk", a, b)),
        what="batches",
    ),
    Rewrite(
        "einsum as a product",
        _both(lambda a, b: torch.einsum("bhqd,bhkd->bkqh", a, b.tanh())),
        _both(lambda a, b: (b.tanh() @ a.mT).permute(0, 2, 3, 1)),
        _both(lambda a, b: (a @ b.tanh().mT).permute(0, 2, 3, 1)),
        what="turned",
    ),
    Rewrite(
        "einsum as a product",
        lambda n, x: torch.einsum("nchw,nc->nchw", n.a(x), n.b(x).mean((2, 3))),
        lambda n, x: n.a(x) * n.b(x).mean((2, 3))[:, :, None, None],
        lambda n, x: torch.einsum("nchw,nh->nchw", n.a(x)[:, :, :8], n.b(x).mean((2, 3))).repeat(1, 1, 2, 1)[:, :, :12],
        what="scale",
    ),
    Rewrite(
        "einsum as a product",
        _both(lambda a, b: torch.einsum("nchw,nchw->nc", a, b) + torch.einsum("nchw->nc", a)),
        _both(lambda a, b: (a * b).sum((2, 3)) + a.sum((2, 3))),
        _both(lambda a, b: torch.einsum("nchw,nchw->nc", a, b) + torch.einsum("nchw->cn", a).T.flip(0)),
        what="sums",
    ),
    Rewrite(
        "einsum as a product",
        lambda n, x: torch.tensordot(n.a(x), n.w, ([1, 3], [1, 0])),
        lambda n, x: n.a(x).transpose(1, 2).flatten(2) @ n.w.permute(1, 0, 2).flatten(0, 1),
        lambda n, x: torch.tensordot(n.a(x), n.w, ([1, 2], [1, 0])),
        _sizes((12, 8, 5)),
        "tensordot",
    ),
    Rewrite(
        "product and sum",
        lambda n, x: torch.baddbmm(n.b(x)[0], n.a(x)[0], n.a(x)[1], beta=3, alpha=0.5),
        lambda n, x: 3 * n.b(x)[0] + 0.5 * (n.a(x)[0] @ n.a(x)[1]),
        lambda n, x: torch.baddbmm(n.b(x)[0], n.a(x)[0], n.a(x)[1], beta=0.5, alpha=3),
    ),
    Rewrite(
        "transposed product",
        _both(lambda a, b: (a @ b.tanh().mT).mT),
        _both(lambda a, b: b.tanh() @ a.mT),
        _both(lambda a, b: a @ b.tanh().mT),
    ),
    Rewrite(
        "weight before its input",
        lambda n, x: (n.w @ n.a(x).flatten(2)).view(2, 8, 12, 12),
        lambda n, x: F.linear(n.a(x).flatten(2).mT, n.w).mT.view(2, 8, 12, 12),
        lambda n, x: (n.w.T @ n.a(x).flatten(2)).view(2, 8, 12, 12),
        _sizes((8, 8)),
    ),
    Rewrite(
        "product of merged batches",
        _both(lambda a, b: torch.bmm(a.flatten(0, 1), b.flatten(0, 1)).view(2, 8, 12, 12)),
        _both(lambda a, b: a @ b),
        _both(lambda a, b: torch.bmm(a.flatten(0, 1), b.transpose(0, 1).flatten(0, 1)).view(2, 8, 12, 12)),
    ),
    Rewrite(
        "factor before a product",
        _both(lambda a, b: (a * 0.3).mT @ b),
        _both(lambda a, b: a.mT @ b * 0.3),
        _both(lambda a, b: a.mT @ b * 0.4),
    ),
    Rewrite(
        "softmax of a reshape",
        lambda n, x: n.a(x).flatten(0, 1).softmax(-1).view(2, 8, 12, 12),
        lambda n, x: n.a(x).softmax(-1),
        lambda n, x: n.a(x).flatten(0, 1).softmax(0).view(2, 8, 12, 12),
    ),
    Rewrite(
        "attention by hand",
        _attention,
        lambda n, x: F.scaled_dot_product_attention(*_tokens(n, x)),
        lambda n, x: _attention(n, x, 0.4),
    ),
    Rewrite(
        "attention by hand",
        _merged_attention,
        lambda n, x: F.scaled_dot_product_attention(*_tokens(n, x)),
        lambda n, x: _merged_attention(n, x, 1),
        what="merged",
    ),
    Rewrite(
        "attention by hand",
        lambda n, x: _attention(n, x, mask=n.w),
        lambda n, x: F.scaled_dot_product_attention(*_tokens(n, x), n.w),
        lambda n, x: _attention(n, x, mask=n.w.mT),
        _sizes((2, 16, 16)),
        "mask",
    ),
    Rewrite(
        "attention's own scale",
        lambda n, x: F.scaled_dot_product_attention(*_tokens(n, x), scale=4**-0.5),
        lambda n, x: F.scaled_dot_product_attention(*_tokens(n, x)),
        lambda n, x: F.scaled_dot_product_attention(*_tokens(n, x), scale=8**-0.5),
    ),
    Rewrite(
        "stack as a concatenation",
        _both(lambda a, b: torch.stack((a, b), 2).flatten(1, 2)),
        _both(lambda a, b: F.channel_shuffle(torch.cat((a, b), 1), 2)),
        _both(lambda a, b: torch.cat((a, b), 1)),
    ),
    Rewrite(
        "stack as a concatenation",
        _both(lambda a, b: torch.stack((a, b), -1).flatten(3)),
        _both(lambda a, b: torch.cat((a, b), 1).view(2, 2, 8, 12, 12).permute(0, 2, 3, 4, 1).flatten(3)),
        _both(lambda a, b: torch.stack((a, b), -2).flatten(3)),
        what="last axis",
    ),
    Rewrite(
        "written part by part",
        _written,
        lambda n, x: torch.cat([n.a(x)[:, :4], n.b(x)[:, 4:]], 1),
        lambda n, x: _written(n, x, 3),
    ),
    Rewrite(
        "part of a filled tensor",
        _in_zeros,
        lambda n, x: F.pad(n.a(x)[:, :4], (0, 0, 0, 0, 2, 2)),
        lambda n, x: F.pad(n.a(x)[:, :4], (0, 0, 0, 0, 1, 3)),
    ),
    Rewrite(
        "variance",
        lambda n, x: n.a(x).var(1, unbiased=False),
        lambda n, x: (n.a(x) - n.a(x).mean(1, keepdim=True)).square().mean(1),
        lambda n, x: n.a(x).var(1),
    ),
    Rewrite(
        "division by a root",
        _both(lambda a, b: a / (b.abs() + 1).sqrt() + 1 / (a.abs() + 1).sqrt()),
        _both(lambda a, b: a * torch.rsqrt(b.abs() + 1) + (a.abs() + 1) ** -0.5),
        _both(lambda a, b: a / (b.abs() + 1) + 1 / (a.abs() + 1).sqrt()),
    ),
    Rewrite(
        "norm by hand",
        lambda n, x: _normed(_rows(n, x), -1) * n.v + n.w,
        lambda n, x: F.layer_norm(_rows(n, x), (8,), n.v, n.w),
        lambda n, x: F.layer_norm(_rows(n, x), (8,), n.v, n.w, 1e-2),
        _sizes(8, 8),
    ),
    Rewrite(
        "norm by hand",
        lambda n, x: _normed_by_powers(n.a(x), 1, 1e-6),
        lambda n, x: F.layer_norm(_rows(n, x), (8,), eps=1e-6).permute(0, 3, 1, 2),
        lambda n, x: (lambda y: (y - y.mean(1, keepdim=True)) / (y.std(1, keepdim=True) + 1e-6))(n.a(x)),
        what="channels",
    ),
    Rewrite(
        "norm by hand",
        lambda n, x: (lambda y: n.w * (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + 1e-6)))(n.a(x)),
        lambda n, x: F.rms_norm(n.a(x), (12,), n.w, 1e-6),
        lambda n, x: (lambda y: n.w * (y * torch.rsqrt(y.pow(2).sum(-1, keepdim=True) + 1e-6)))(n.a(x)),
        _sizes(12),
        "root mean square",
    ),
    Rewrite(
        "group norm by hand",
        lambda n, x: _normed(n.a(x).view(2, 4, -1), -1).view(x.shape),
        lambda n, x: F.group_norm(n.a(x), 4),
        lambda n, x: F.group_norm(n.a(x), 2),
    ),
    Rewrite(
        "scale and shift of a norm",
        lambda n, x: F.group_norm(n.a(x), 4) * n.v.view(1, -1, 1, 1) + n.w[:, None, None],
        lambda n, x: F.group_norm(n.a(x), 4, n.v, n.w),
        lambda n, x: (F.group_norm(n.a(x), 4) + n.w[:, None, None]) * n.v.view(1, -1, 1, 1),
        _sizes(8, 8),
    ),
    Rewrite(
        "computed twice",
        lambda n, x: n.a(x).tanh() * n.a(x).sigmoid(),
        lambda n, x: (lambda y: y.tanh() * y.sigmoid())(n.a(x)),
        lambda n, x: n.a(x).tanh() * n.b(x).sigmoid(),
    ),
    Rewrite(
        "chain of views",
        lambda n, x: n.a(x).view(2, 2, 4, 12, 12).permute(0, 3, 4, 2, 1).flatten(3).permute(0, 3, 1, 2),
        lambda n, x: n.a(x).view(2, 2, 4, 144).transpose(1, 2).reshape(2, 8, 12, 12),
        lambda n, x: n.a(x).view(2, 4, 2, 144).transpose(1, 2).reshape(2, 8, 12, 12),
    ),
    Rewrite(
        "chain of views",
        lambda n, x: n.a(x).flatten(2).transpose(1, 2).unflatten(2, (2, 4)).transpose(1, 2),
        lambda n, x: n.a(x).permute(0, 2, 3, 1).reshape(2, 144, 2, 4).permute(0, 2, 1, 3),
        lambda n, x: n.a(x).permute(0, 3, 2, 1).reshape(2, 144, 2, 4).permute(0, 2, 1, 3),
        what="heads",
    ),
    Rewrite(
        "adaptive pool twice",
        lambda n, x: F.adaptive_max_pool2d(F.adaptive_avg_pool2d(F.adaptive_avg_pool2d(n.a(x), 7), 7), 1).mean((2, 3)),
        lambda n, x: F.adaptive_max_pool2d(F.adaptive_avg_pool2d(n.a(x), 7), 1).flatten(1),
        lambda n, x: F.adaptive_max_pool2d(F.adaptive_avg_pool2d(F.adaptive_avg_pool2d(n.a(x), 7), 5), 1).flatten(1),
    ),
    Rewrite(
        "subtraction of a negative",
        _both(lambda a, b: a - (-b) + (-1 * b.tanh())),
        _both(lambda a, b: a + b - b.tanh()),
        _both(lambda a, b: a - b - b.tanh()),
    ),
    Rewrite(
        "sum with a factor",
        _both(lambda a, b: torch.sub(a, b, alpha=3)),
        _both(lambda a, b: a + -3 * b),
        _both(lambda a, b: torch.sub(a, b, alpha=2)),
    ),
    Rewrite(
        "maximum without its place",
        lambda n, x: n.a(x).max(2)[0] + n.a(x).min(3).values,
        lambda n, x: n.a(x).amax(2) + n.a(x).amin(3),
        lambda n, x: n.a(x).max(3)[0] + n.a(x).min(3).values,
    ),
    Rewrite(
        "ReLU by hand",
        lambda n, x: (lambda y: y.masked_fill(y < 0, 0.0))(n.a(x)),
        lambda n, x: n.a(x).relu(),
        lambda n, x: (lambda y: y.masked_fill(y > 0, 0.0))(n.a(x)),
        what="filled",
    ),
    Rewrite(
        "part of parts",
        lambda n, x: torch.cat([n.a(x), n.b(x), x], 1)[:, 2:20].tanh(),
        lambda n, x: torch.cat([n.a(x)[:, 2:], n.b(x), x[:, :4]], 1).tanh(),
        lambda n, x: torch.cat([n.a(x)[:, 2:], n.b(x), x[:, 4:]], 1).tanh(),
        what="several",
    ),
    Rewrite(
        "",
        _both(lambda a, b: torch.hstack((a, torch.dstack((a, b))[:, :, 12:]))),
        _both(lambda a, b: torch.cat((a, b), 1)),
        _both(lambda a, b: torch.vstack((a, b)).view(2, 16, 12, 12)),
        what="hstack",
    ),
)
