"""How far two lists of tensors lie apart, relative to their norm and to the precision of their dtype."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["all_finite", "difference", "rounding", "same_bits"]


def difference(actual: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    """The largest ``||a - b|| / ||b||`` over all pairs; infinite where counts, shapes or the finite elements differ."""
    if len(actual) != len(expected):
        return float("inf")
    return max((_relative(a, b) for a, b in zip(actual, expected, strict=True)), default=0.0)


def _relative(actual: Tensor, expected: Tensor) -> float:
    if actual.shape != expected.shape:
        return float("inf")
    if torch.equal(actual, expected):
        return 0.0
    a, b = actual.detach().to("cpu", torch.float64), expected.detach().to("cpu", torch.float64)
    if not (a.isfinite() == b.isfinite()).all():
        return float("inf")
    finite = a.isfinite()
    gap, size = float((a[finite] - b[finite]).norm()), float(b[finite].norm())
    return gap / size if size else (float("inf") if gap else 0.0)


def rounding(dtype: torch.dtype) -> float:
    """What a deep net may lose to rounding: half the digits of its dtype, 3e-4 for float32, 1.5e-8 for float64."""
    return float(torch.finfo(dtype).eps ** 0.5)


def all_finite(tensors: Sequence[Tensor]) -> bool:
    """Whether there is neither an infinity nor a NaN."""
    return all(bool(tensor.isfinite().all()) for tensor in tensors)


def same_bits(actual: Sequence[Tensor], expected: Sequence[Tensor]) -> bool:
    """Whether the two lists hold the same numbers: NaN is NaN, an infinity only itself, and -0.0 is 0.0."""
    return len(actual) == len(expected) and all(
        a.shape == b.shape and a.dtype == b.dtype and torch.allclose(a, b, rtol=0.0, atol=0.0, equal_nan=True)
        for a, b in zip(actual, expected, strict=True)
    )
