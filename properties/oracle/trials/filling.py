"""Tensors with the content that a trial describes: weights by their filling, images by their draw."""

from __future__ import annotations

import torch
from torch import Tensor

from properties.oracle.trials.trial import Draw, Filling

__all__ = ["fill", "image"]

_DRAWN = 262_147  # numbers that a tensor has of its own before they repeat; a prime, so that no two rows are the same
_LARGE = 100.0
_SHARE = 0.05  # of the numbers that are not zero in a sparse image


@torch.no_grad()
def fill(tensor: Tensor, filling: Filling) -> None:
    """Write a filling's numbers into a tensor of as many scalars, whatever its size and type.

    They are drawn in single precision, so that every floating type of a trial but half precision holds the same. Those
    of a large tensor repeat, which costs a tenth of drawing them all.

    Raises:
        ValueError: if the tensor has another number of scalars than the filling, or there is no such law.
    """
    if tensor.numel() != torch.Size(filling.shape).numel():
        raise ValueError(f"a tensor of {tuple(tensor.shape)} cannot hold a filling of {filling.shape}")
    if not tensor.is_floating_point():
        tensor.fill_(int(filling.low))
        return
    whole = tensor if tensor.is_contiguous() else torch.empty(tensor.shape, dtype=tensor.dtype)
    flat = whole.view(-1)
    generator = torch.Generator().manual_seed(filling.seed)
    drawn = _drawn(torch.empty(min(_DRAWN, len(flat)), dtype=torch.float32), filling, generator).to(tensor.dtype)
    for start in range(0, len(flat), _DRAWN):
        part = flat[start : start + _DRAWN]
        part.copy_(drawn[: len(part)])
    if whole is not tensor:
        tensor.copy_(whole)


def _drawn(buffer: Tensor, filling: Filling, generator: torch.Generator) -> Tensor:
    if filling.law == "uniform":
        return buffer.uniform_(filling.low, filling.high, generator=generator)
    if filling.law == "normal":
        return buffer.normal_(filling.low, filling.high, generator=generator)
    if filling.law == "signed":
        return _signed(buffer.uniform_(-1, 1, generator=generator), filling)
    raise ValueError(f"a law must be uniform, signed or normal, got {filling.law!r}")


def _signed(unit: Tensor, filling: Filling) -> Tensor:
    return unit * (filling.high - filling.low) + torch.sign(unit) * filling.low


def image(draw: Draw, dtype: torch.dtype) -> Tensor:
    """The batch of inputs that a draw describes.

    Raises:
        ValueError: if there is no such regime.
    """
    generator = torch.Generator().manual_seed(draw.seed)
    normal = torch.randn(draw.shape, generator=generator, dtype=torch.float32)
    made = _in_regime(normal, draw, generator).to(dtype)
    if draw.jitter:
        made = made * (1 + draw.jitter * (2 * torch.rand(draw.shape, generator=generator, dtype=dtype) - 1))
    return made


def _in_regime(normal: Tensor, draw: Draw, generator: torch.Generator) -> Tensor:
    if draw.regime == "normal":
        return normal
    if draw.regime == "large":
        return _LARGE * normal
    if draw.regime == "sparse":
        return normal * (torch.rand(draw.shape, generator=generator) < _SHARE)
    if draw.regime == "constant":  # one value for each channel of each image
        leading = draw.shape[: 2 if normal.dim() > 2 else 1]
        first = normal.flatten(len(leading))[..., :1]
        return first.reshape(*leading, *[1] * (normal.dim() - len(leading))).expand_as(normal)
    if draw.regime == "impulse":
        return _impulses(normal, generator)
    raise ValueError(f"a regime must be normal, large, sparse, constant or impulse, got {draw.regime!r}")


def _impulses(normal: Tensor, generator: torch.Generator) -> Tensor:
    """One number other than zero in each channel, or one number at all in each vector."""
    flat = normal.flatten(2) if normal.dim() > 2 else normal[:, None]
    places = torch.randint(flat.shape[-1], flat.shape[:-1], generator=generator)[..., None]
    made = torch.zeros_like(flat).scatter_(-1, places, 10 * flat.gather(-1, places))
    return made.reshape(normal.shape)
