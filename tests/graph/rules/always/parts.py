"""Spellings of tensors taken apart and put together."""

from __future__ import annotations

import torch
from support.cases import Rewrite, both
from torch.nn import functional as F

from properties.graph.rules.always import parts as rules

__all__ = ["CASES"]


def _shortcut(y, low, high):
    """ResNet's shortcut without weights: every second pixel, zeros for the new channels."""
    return F.pad(y[:, :, ::2, ::2], (0, 0, 0, 0, low, high))


def _written(n, x, at=4):
    y, parts = torch.empty_like(x), (n.a(x), n.b(x))
    y[:, :at] = parts[0][:, :at]
    y[:, at:] = parts[1][:, at:]
    return y


def _in_zeros(n, x):
    y = x.new_zeros(x.shape)
    y[:, 2:6] = n.a(x)[:, :4]
    return y


CASES = (
    Rewrite(
        rules.only_one,
        lambda n, x: F.adaptive_avg_pool2d(n.a(x), 1)[:, :, 0, 0],
        lambda n, x: F.adaptive_avg_pool2d(n.a(x), 1).squeeze(-1).squeeze(-1),
        lambda n, x: n.a(x)[:, :, 0, 0],
    ),
    Rewrite(
        rules.part_of_a_permutation,
        lambda n, x: n.a(x).permute(0, 2, 3, 1)[:, 2:5, 1].tanh(),
        lambda n, x: n.a(x)[:, :, 2:5, 1].transpose(1, 2).tanh(),
        lambda n, x: n.a(x)[:, :, 1, 2:5].transpose(1, 2).tanh(),
    ),
    Rewrite(
        rules.part_of_a_reshape,
        lambda n, x: n.a(x).unflatten(1, (2, 4))[:, 1].tanh(),
        lambda n, x: n.a(x)[:, 4:].tanh(),
        lambda n, x: n.a(x).unflatten(1, (4, 2))[:, :, 1].tanh(),
    ),
    Rewrite(
        rules.part_of_parts,
        lambda n, x: torch.cat([n.a(x), n.b(x)], 1)[:, 8:][:, 2:6].tanh(),
        lambda n, x: n.b(x)[:, 2:6].tanh(),
        lambda n, x: n.b(x)[:, 3:7].tanh(),
    ),
    Rewrite(
        rules.part_of_parts,
        lambda n, x: torch.cat([n.a(x), n.b(x), x], 1)[:, 2:20].tanh(),
        lambda n, x: torch.cat([n.a(x)[:, 2:], n.b(x), x[:, :4]], 1).tanh(),
        lambda n, x: torch.cat([n.a(x)[:, 2:], n.b(x), x[:, 4:]], 1).tanh(),
        what="several",
    ),
    Rewrite(
        rules.whole_of_parts,
        lambda n, x: (lambda y: torch.cat([y[:, :3], y[:, 3:6], y[:, 6:]], 1))(n.a(x)).tanh(),
        lambda n, x: n.a(x).tanh(),
        lambda n, x: (lambda y: torch.cat([y[:, 3:6], y[:, :3], y[:, 6:]], 1))(n.a(x)).tanh(),
    ),
    Rewrite(
        rules.cat_of_cat,
        lambda n, x: torch.cat([torch.cat([x, n.a(x)], 1), n.b(x)], 1),
        lambda n, x: torch.cat([x, n.a(x), n.b(x)], 1),
        lambda n, x: torch.cat([torch.cat([x, n.b(x)], 1), n.b(n.a(x))], 1),
    ),
    Rewrite(
        rules.zeros_beside,
        lambda n, x: (lambda y: torch.cat([0 * y[:, :3], y, 0 * y[:, :5]], 1))(n.a(x)[:, :, ::2, ::2]),
        lambda n, x: _shortcut(n.a(x), 3, 5),
        lambda n, x: _shortcut(n.a(x), 5, 3),
    ),
    Rewrite(
        rules.order_of_parts,
        lambda n, x: n.a(x)[..., ::2][:, 2:, ::3].tanh(),
        lambda n, x: n.a(x)[:, 2:, ::3, ::2].tanh(),
        lambda n, x: n.a(x)[:, 2:, 1::3, ::2].tanh(),
    ),
    Rewrite(
        rules.stack_as_cat,
        both(lambda a, b: torch.stack((a, b), 2).flatten(1, 2)),
        both(lambda a, b: F.channel_shuffle(torch.cat((a, b), 1), 2)),
        both(lambda a, b: torch.cat((a, b), 1)),
    ),
    Rewrite(
        rules.stack_as_cat,
        both(lambda a, b: torch.stack((a, b), -1).flatten(3)),
        both(lambda a, b: torch.cat((a, b), 1).unflatten(1, (2, 8)).permute(0, 2, 3, 4, 1).flatten(3)),
        both(lambda a, b: torch.stack((a, b), -2).flatten(3)),
        what="last axis",
    ),
    Rewrite(
        rules.written_parts,
        _written,
        lambda n, x: torch.cat([n.a(x)[:, :4], n.b(x)[:, 4:]], 1),
        lambda n, x: _written(n, x, 3),
    ),
    Rewrite(
        rules.part_of_filled,
        _in_zeros,
        lambda n, x: F.pad(n.a(x)[:, :4], (0, 0, 0, 0, 2, 2)),
        lambda n, x: F.pad(n.a(x)[:, :4], (0, 0, 0, 0, 1, 3)),
    ),
)
