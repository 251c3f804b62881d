"""Spellings of products of matrices and sums over named axes."""

from __future__ import annotations

import torch
from support.cases import Rewrite, Sizes, both, parameters, rows
from torch.nn import functional as F

from properties.graph.rules.always import products as rules

__all__ = ["CASES"]


CASES = (
    Rewrite(
        rules.einsum,
        lambda n, x: torch.einsum("...c,kc->...k", rows(n, x), n.w),
        lambda n, x: F.linear(rows(n, x), n.w),
        lambda n, x: torch.einsum("...c,ck->...k", rows(n, x), n.w),
        parameters((8, 8)),
        "linear layer",
    ),
    Rewrite(
        rules.einsum,
        lambda n, x: torch.einsum("oc, nchw -> nohw", n.w, n.a(x)),
        lambda n, x: F.linear(rows(n, x), n.w).permute(0, 3, 1, 2),
        lambda n, x: torch.einsum("oc, nchw -> nowh", n.w, n.a(x)),
        parameters((8, 8)),
        "weight first",
    ),
    Rewrite(
        rules.einsum,
        both(lambda a, b: torch.einsum("bhqd,bhkd->bhqk", a, b)),
        both(lambda a, b: a @ b.mT),
        both(lambda a, b: torch.einsum("bhqd,bhdk->bhqk", a, b)),
        what="batches",
    ),
    Rewrite(
        rules.einsum,
        both(lambda a, b: torch.einsum("bhqd,bhkd->bkqh", a, b.tanh())),
        both(lambda a, b: (b.tanh() @ a.mT).permute(0, 2, 3, 1)),
        both(lambda a, b: (a @ b.tanh().mT).permute(0, 2, 3, 1)),
        what="turned",
    ),
    Rewrite(
        rules.einsum,
        lambda n, x: torch.einsum("nchw,nc->nchw", n.a(x), n.b(x).mean((2, 3))),
        lambda n, x: n.a(x) * n.b(x).mean((2, 3))[:, :, None, None],
        lambda n, x: torch.einsum("nchw,nh->nchw", n.a(x)[:, :, :8], n.b(x).mean((2, 3))).repeat(1, 1, 2, 1)[:, :, :12],
        what="scale",
    ),
    Rewrite(
        rules.einsum,
        both(lambda a, b: torch.einsum("nchw,nchw->nc", a, b) + torch.einsum("nchw->nc", a)),
        both(lambda a, b: (a * b).sum((2, 3)) + a.sum((2, 3))),
        both(lambda a, b: torch.einsum("nchw,nchw->nc", a, b) + torch.einsum("nchw->cn", a).T.flip(0)),
        what="sums",
    ),
    Rewrite(
        rules.tensordot,
        lambda n, x: torch.tensordot(n.a(x), n.w, ([1, 3], [1, 0])),
        lambda n, x: n.a(x).transpose(1, 2).flatten(2) @ n.w.permute(1, 0, 2).flatten(0, 1),
        lambda n, x: torch.tensordot(n.a(x), n.w, ([1, 2], [1, 0])),
        parameters((12, 8, 5)),
        "tensordot",
        sizes=Sizes(width=(12,)),
    ),
    Rewrite(
        rules.product_and_sum,
        lambda n, x: torch.baddbmm(n.b(x)[0], n.a(x)[0], n.a(x)[1], beta=3, alpha=0.5),
        lambda n, x: 3 * n.b(x)[0] + 0.5 * (n.a(x)[0] @ n.a(x)[1]),
        lambda n, x: torch.baddbmm(n.b(x)[0], n.a(x)[0], n.a(x)[1], beta=0.5, alpha=3),
        sizes=Sizes(batch=(2, 3), width=None),
    ),
    Rewrite(
        rules.transposed_product,
        both(lambda a, b: (a @ b.tanh().mT).mT),
        both(lambda a, b: b.tanh() @ a.mT),
        both(lambda a, b: a @ b.tanh().mT),
    ),
    Rewrite(
        rules.parameter_first,
        lambda n, x: (n.w @ n.a(x).flatten(2)).view(x.shape),
        lambda n, x: F.linear(n.a(x).flatten(2).mT, n.w).mT.view(x.shape),
        lambda n, x: (n.w.T @ n.a(x).flatten(2)).view(x.shape),
        parameters((8, 8)),
    ),
)
