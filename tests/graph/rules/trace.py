"""Spellings that are one graph as soon as they are traced; no rule is about them."""

from __future__ import annotations

import torch
from support.cases import Rewrite, both
from torch.nn import functional as F

__all__ = ["CASES"]


CASES = (
    Rewrite(
        None,
        lambda n, x: F.relu(n.a(x), inplace=True),
        lambda n, x: torch.relu(n.a(x)),
        lambda n, x: n.a(x),
        what="in place",
    ),
    Rewrite(
        None,
        lambda n, x: (lambda u, v: u * v.tanh())(*n.a(x).chunk(2, 1)),
        lambda n, x: (lambda y: y[:, :4] * y[:, 4:].tanh())(n.a(x)),
        lambda n, x: (lambda u, v: v * u.tanh())(*n.a(x).chunk(2, 1)),
        what="chunk",
    ),
    Rewrite(
        None,
        lambda n, x: n.a(x).tensor_split((2, 5), dim=-3)[1],
        lambda n, x: n.a(x).narrow(1, 2, 3),
        lambda n, x: n.a(x).narrow(1, 3, 3),
        what="narrow",
    ),
    Rewrite(
        None,
        lambda n, x: n.a(x).softmax(-3),
        lambda n, x: n.a(x).softmax(1),
        lambda n, x: n.a(x).softmax(-1),
        what="axes",
    ),
    Rewrite(
        None,
        lambda n, x: n.a(x).contiguous(memory_format=torch.channels_last).clone(),
        lambda n, x: n.a(x),
        lambda n, x: n.a(x).detach(),
        what="copies",
    ),
    Rewrite(
        None,
        lambda n, x: torch.utils.checkpoint.checkpoint(lambda y: n.a(y).relu(), x, use_reentrant=False),
        lambda n, x: n.a(x).relu(),
        lambda n, x: torch.utils.checkpoint.checkpoint(lambda y: n.a(y).sigmoid(), x, use_reentrant=False),
        what="checkpointed",
    ),
    Rewrite(
        None,
        both(lambda a, b: torch.hstack((a, torch.dstack((a, b))[:, :, a.shape[2] :]))),
        both(lambda a, b: torch.cat((a, b), 1)),
        both(lambda a, b: torch.vstack((a, b)).view(-1, 16, *a.shape[2:])),
        what="hstack",
    ),
)
