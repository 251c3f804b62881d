"""Spellings of reshapes and permutations, and of what is done before or after them."""

from __future__ import annotations

import torch
from support.cases import AT_12, Rewrite, Sizes
from support.pairs import conv
from torch import nn
from torch.nn import functional as F

from properties.graph.rules.always import views as rules

__all__ = ["CASES"]


CASES = (
    Rewrite(
        rules.flip_of_flip,
        lambda n, x: n.a(x.flip(3)).flip(2).flip((3, 2)),
        lambda n, x: n.a(x.flip(-1)).flip(-1),
        lambda n, x: n.a(x.flip(3)).flip(2),
    ),
    Rewrite(
        rules.reshape_of_reshape,
        lambda n, x: n.a(x).view(-1, 4, 2, 12, 12).view(len(x), -1, 6, 24).relu(),
        lambda n, x: n.a(x).reshape(-1, 8, 6, 24).relu(),
        lambda n, x: n.a(x).reshape(-1, 8, 24, 6).relu(),
        sizes=AT_12,
    ),
    Rewrite(
        rules.flatten,
        lambda n, x: torch.flatten(n.a(x), 1),
        lambda n, x: n.a(x).view(x.size(0), -1),
        lambda n, x: n.a(x).permute(0, 2, 3, 1).flatten(1),
    ),
    Rewrite(
        rules.batch_first,
        lambda n, x: n.a(x).view(-1, 4, 24, 12),
        lambda n, x: n.a(x).reshape(x.shape[0], 4, 24, -1),
        lambda n, x: n.a(x).reshape(4, 2, 24, 12),
        sizes=Sizes((2, 3), (12,), (12,)),
    ),
    Rewrite(
        rules.elementwise_after_reshape,
        lambda n, x: n.a(x).flatten(1).sigmoid(),
        lambda n, x: n.a(x).sigmoid().flatten(1),
        lambda n, x: n.a(x).flatten(1).softmax(1),
    ),
    Rewrite(
        rules.elementwise_after_permute,
        lambda n, x: n.a(x).permute(0, 2, 3, 1).tanh().permute(0, 3, 1, 2),
        lambda n, x: n.a(x).tanh(),
        lambda n, x: n.a(x).permute(0, 2, 3, 1).tanh().permute(0, 3, 2, 1),
    ),
    Rewrite(
        rules.elementwise_after_permute,
        lambda n, x: (n.a(x).permute(0, 2, 3, 1) * 2 + 1).permute(0, 3, 1, 2),
        lambda n, x: n.a(x) * 2 + 1,
        lambda n, x: (n.a(x).permute(0, 2, 3, 1) * 2 + 2).permute(0, 3, 1, 2),
        what="number",
    ),
    Rewrite(
        rules.norm_after_reshape,
        lambda n, x: n.m(n.a(x).flatten(2)).view(x.shape),
        lambda n, x: F.batch_norm(n.a(x), None, None, n.m.weight, n.m.bias, True),
        lambda n, x: n.m(n.a(x).flatten(2).transpose(1, 2)[:, :8]).repeat(1, 1, 18).view(x.shape),
        lambda: {"a": conv(), "m": nn.BatchNorm1d(8, track_running_stats=False)},
    ),
    Rewrite(
        rules.permute_of_permute,
        lambda n, x: n.a(x).transpose(1, 2).swapaxes(-1, -2).softmax(1),
        lambda n, x: n.a(x).permute(0, 2, 3, 1).softmax(1),
        lambda n, x: n.a(x).permute(0, 3, 2, 1).softmax(1),
    ),
    Rewrite(
        rules.reduction_of_permuted,
        lambda n, x: n.a(x).permute(0, 2, 3, 1).mean([1, 2]),
        lambda n, x: n.a(x).mean([2, 3]),
        lambda n, x: n.a(x).permute(0, 2, 3, 1).mean([2, 3]),
    ),
    Rewrite(
        rules.reduction_of_permuted,
        lambda n, x: n.a(x).permute(3, 0, 2, 1).amax(2),
        lambda n, x: n.a(x).amax(2).permute(2, 0, 1),
        lambda n, x: n.a(x).amax(2, keepdim=True).permute(3, 0, 2, 1),
        what="order",
    ),
    Rewrite(
        rules.softmax_of_permuted,
        lambda n, x: n.a(x).permute(0, 2, 3, 1).softmax(-1),
        lambda n, x: n.a(x).softmax(1).permute(0, 2, 3, 1),
        lambda n, x: n.a(x).softmax(2).permute(0, 2, 3, 1),
    ),
    Rewrite(
        rules.shuffle,
        lambda n, x: F.channel_shuffle(n.a(x), 2),
        lambda n, x: n.a(x).unflatten(1, (2, 4)).transpose(1, 2).flatten(1, 2),
        lambda n, x: F.channel_shuffle(n.a(x), 4),
    ),
    Rewrite(
        rules.shuffle,
        lambda n, x: F.pixel_shuffle(F.pixel_unshuffle(n.a(x), 3), 6),
        lambda n, x: (
            n.a(x)
            .view(-1, 8, 4, 3, 4, 3)
            .permute(0, 1, 3, 5, 2, 4)
            .reshape(-1, 2, 6, 6, 4, 4)
            .permute(0, 1, 4, 2, 5, 3)
            .reshape(-1, 2, 24, 24)
        ),
        lambda n, x: F.pixel_shuffle(F.pixel_unshuffle(n.a(x).mT, 3), 6),
        what="pixels",
        sizes=AT_12,
    ),
    Rewrite(
        rules.views_in_one,
        lambda n, x: n.a(x).view(-1, 2, 4, 12, 12).permute(0, 3, 4, 2, 1).flatten(3).permute(0, 3, 1, 2),
        lambda n, x: n.a(x).view(-1, 2, 4, 144).transpose(1, 2).reshape(-1, 8, 12, 12),
        lambda n, x: n.a(x).view(-1, 4, 2, 144).transpose(1, 2).reshape(-1, 8, 12, 12),
        sizes=AT_12,
    ),
    Rewrite(
        rules.views_in_one,
        lambda n, x: n.a(x).flatten(2).transpose(1, 2).unflatten(2, (2, 4)).transpose(1, 2),
        lambda n, x: n.a(x).permute(0, 2, 3, 1).reshape(len(x), -1, 2, 4).permute(0, 2, 1, 3),
        lambda n, x: n.a(x).permute(0, 3, 2, 1).reshape(len(x), -1, 2, 4).permute(0, 2, 1, 3),
        what="heads",
    ),
)
