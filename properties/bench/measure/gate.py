"""Whether a net computes what it should, before anybody times it: its outputs against those of float64 on the CPU."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["TOLERANCES", "WrongOutput", "check_outputs", "relative_error"]

# Largest relative error, of rounding alone: float32 with TF32 off, float32 with TF32 on, bfloat16.
TOLERANCES = {"float32": 1e-4, "tfloat32": 2e-3, "bfloat16": 2e-2}


class WrongOutput(AssertionError):
    """A net's outputs are not what they should be, so its speed means nothing."""


def relative_error(actual: Tensor, expected: Tensor) -> float:
    """Euclidean distance over the expected tensor's length; infinite for other sizes and for what is not finite."""
    if actual.shape != expected.shape:
        return float("inf")
    actual, expected = actual.detach().cpu().double(), expected.detach().cpu().double()
    if not bool(torch.isfinite(actual).all()):
        return float("inf")
    length = float(torch.linalg.vector_norm(expected))
    return float(torch.linalg.vector_norm(actual - expected)) / max(length, torch.finfo(torch.float64).tiny)


def check_outputs(actual: Tensor, expected: Tensor, dtype: str, name: str) -> float:
    """Hold outputs against those of float64.

    Args:
        actual: what the net computes as it will be timed.
        expected: the same images' outputs in float64.
        dtype: whose rounding is allowed, a key of ``TOLERANCES``.
        name: how the message calls the net.

    Returns:
        the relative error.

    Raises:
        WrongOutput: if it is larger than rounding explains.
    """
    error, allowed = relative_error(actual, expected), TOLERANCES[dtype]
    if not error <= allowed:
        raise WrongOutput(f"relative error {error:.1e}, but should be at most {allowed:.0e} in {dtype} [{name}]")
    return error
