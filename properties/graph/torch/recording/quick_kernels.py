"""Batch norms, means and linear layers without memory, a batch norm at a fortieth of the time that torch takes for it.

torch has no kernels for them on the meta device: it takes them apart into steps in Python, and loads its compiler for
the first one. Nothing is computed there, so all that is needed are results of the right size.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

__all__ = ["quick_kernels"]

_within: list[torch.library.Library] = []


@contextmanager
def quick_kernels() -> Iterator[None]:
    """Within it these operators only make their results on the meta device; everywhere else they are what they were."""
    if _within:  # of one that was entered before
        yield
        return
    library = torch.library.Library("aten", "IMPL", "Meta")
    try:
        library.impl("native_batch_norm", _batch_norm, "Meta", allow_override=True)
        library.impl("mean.dim", _mean, "Meta", allow_override=True)
        library.impl("addmm", _addmm, "Meta", allow_override=True)
    except (TypeError, RuntimeError):  # another torch: its own way is slow and right
        library._destroy()
        yield
        return
    _within.append(library)
    try:
        yield
    finally:
        _within.clear()
        library._destroy()


def _batch_norm(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    mean: Tensor | None,
    variance: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """What the operator returns: the result, and mean and deviation of each channel."""
    kept = x.shape[1:2]
    same = torch.empty(x.shape, dtype=x.dtype, device="meta") if x.is_contiguous() else torch.empty_like(x)
    return same, torch.empty(kept, dtype=x.dtype, device="meta"), torch.empty(kept, dtype=x.dtype, device="meta")


def _mean(x: Tensor, dim: list[int] | None, keepdim: bool = False, *, dtype: torch.dtype | None = None) -> Tensor:
    """A result of the size and type that the operator returns."""
    kind = dtype or x.dtype
    if not (kind.is_floating_point or kind.is_complex):
        raise RuntimeError(f"mean(): the input dtype must be either a floating point or complex dtype. Got: {kind}")
    return torch.sum(x, dim, keepdim, dtype=dtype)


def _addmm(x: Tensor, one: Tensor, other: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """A matrix of the size and type of the product and what is added to it."""
    made = torch.mm(one, other)
    x.expand(made.shape)  # raises where it cannot be added
    return made if x.dtype == made.dtype else made.to(torch.promote_types(x.dtype, made.dtype))
