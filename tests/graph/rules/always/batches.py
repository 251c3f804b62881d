"""Spellings of a batch that is computed part by part."""

from __future__ import annotations

import torch
from support.cases import Rewrite, Sizes
from torch import nn

from properties.graph.rules.always import batches as rules

__all__ = ["CASES"]

BATCHES = Sizes(batch=(2, 3, 4))


def _head(n, x):
    y = n.a(x).relu()
    return n.l((n.b(y) + y).mean((2, 3)))


def _members():
    return {"a": nn.Conv2d(8, 8, 3), "b": nn.Conv2d(8, 8, 1), "l": nn.Linear(8, 4)}


CASES = (
    Rewrite(
        rules.parts_of_a_batch,
        lambda n, x: torch.cat([_head(n, x[:1]), _head(n, x[1:])]),
        _head,
        lambda n, x: torch.cat([_head(n, x[1:]), _head(n, x[:1])]),
        _members,
        sizes=BATCHES,
    ),
    Rewrite(
        rules.parts_of_a_batch,
        lambda n, x: torch.cat([(2 * n.a(part)).softmax(1) for part in x.split(1)]),
        lambda n, x: (2 * n.a(x)).softmax(1),
        lambda n, x: torch.cat([(2 * n.a(part)).softmax(0) for part in x.split(1)]),
        what="softmax",
        sizes=BATCHES,
    ),
)
