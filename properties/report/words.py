"""Operators, settings, sizes and shares as people call and write them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

__all__ = ["by", "noun", "off", "value"]

_NOUNS = {
    "conv": "convolution", "linear": "linear layer", "batch_norm": "batch norm", "max_pool": "max pool",
    "avg_pool": "average pool", "adaptive_avg_pool": "adaptive average pool", "global_avg_pool": "global average pool",
    "relu": "ReLU", "add": "addition", "cat": "concatenation", "mul": "product", "layer_norm": "layer norm",
    "conv_transpose": "transposed convolution", "silu": "SiLU", "gelu": "GELU", "group_norm": "group norm",
    "global_max_pool": "global max pool", "local_response_norm": "local response norm", "output": "net",
}  # fmt: skip


def by(size: Iterable[int]) -> str:
    """``3x224x224``: a size as people write it, one number an axis."""
    return "x".join(map(str, size))


def noun(kind: str, count: int = 1) -> str:
    """``conv`` to ``convolution``, ``convolutions``."""
    word = _NOUNS.get(kind, kind)
    return word if count == 1 or word.endswith("s") else f"{word}s"


def off(relative: float) -> str:
    """How far off numbers are as a person reads it: ``12 % off``, or ``100 times off`` for what is far larger."""
    if not math.isfinite(relative):
        return "infinite or NaN, unlike the reference's"
    if relative >= 10:
        return f"{relative:.2g} times off"
    return f"{100 * relative:.0f} % off" if relative >= 0.1 else f"{100 * relative:.2g} % off"


def value(name: str, what: Any) -> str:
    """A setting as people write it: ``3x3`` for a kernel, 2 for a stride of (2, 2)."""
    if isinstance(what, tuple) and what and all(type(item) is int for item in what):
        if name in ("kernel_size", "output_size", "shape"):
            return by(what)
        if len(set(what)) == 1:
            return str(what[0])
    return str(what)
