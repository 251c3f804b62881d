"""Numbers and texts as tensors, so that they go where tensors go, and back."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["Value", "decoded", "encoded"]

Value = bool | int | float | str


def encoded(value: Value) -> Tensor:
    """The value as a tensor whose type says what it was."""
    if isinstance(value, str):
        return torch.tensor(list(b"\0" + value.encode(errors="replace")), dtype=torch.uint8)  # never empty
    if isinstance(value, bool):
        return torch.tensor(bool(value))
    whole = isinstance(value, int) and abs(value) < 1 << 63
    return torch.tensor(int(value), dtype=torch.int64) if whole else torch.tensor(float(value), dtype=torch.float64)


def decoded(tensor: Tensor) -> Value:
    """The value that ``encoded`` made a tensor of."""
    if tensor.dtype == torch.uint8:
        return bytes(tensor.flatten().tolist()[1:]).decode(errors="replace")
    value: Value = tensor.item()
    return value
