"""A short stand-in for a large tensor: sums of its numbers under drawn weights, equal where the tensors are.

Whatever two tensors differ in changes some of the sums, whose weights differ in sign and size from row to row. A sketch
of a sum is the sum of the sketches.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["is_large", "sketched"]

_LENGTH = 1 << 14  # numbers of a sketch
_SEED = 20_011


def is_large(tensor: Tensor) -> bool:
    """Whether a sketch of it is much shorter."""
    return tensor.numel() > 4 * _LENGTH


def sketched(tensor: Tensor) -> Tensor:
    """The sketch of a tensor's numbers, in their order; its numbers are about as large as the tensor's."""
    flat = tensor.detach().reshape(-1)
    rows, rest = divmod(len(flat), _LENGTH)
    generator = torch.Generator().manual_seed(_SEED)
    weights = torch.empty(rows + 1, dtype=torch.float64).uniform_(-1, 1, generator=generator)
    weights = (weights + weights.sign() / 2).to(flat.dtype)
    sums: Tensor = weights[:rows] @ flat[: rows * _LENGTH].view(rows, _LENGTH)
    sums[:rest] += weights[rows] * flat[rows * _LENGTH :]
    return sums.div_(max(rows, 1) ** 0.5)
