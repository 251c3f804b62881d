"""Tensors without memory are not drawn: what fills them with random numbers does nothing there.

torch has no kernel of its own for these calls on the meta device. It takes them apart in Python instead, and loads its
compiler to do so: a second for a net whose weights start from a normal distribution.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["Undrawn"]

_DRAWS = frozenset(
    f"aten::{name}_" for name in ("normal", "uniform", "exponential", "log_normal", "cauchy", "geometric", "random")
)


class Undrawn(TorchDispatchMode):
    """Within it a tensor on the meta device is left as it is by whatever would draw its numbers in place."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else every call would go through torch's compiler, which is what is to be spared

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func.name().partition(".")[0] not in _DRAWS or not args[0].is_meta:
            return func(*args, **kwargs)
        func(torch.empty(0, dtype=args[0].dtype), *args[1:], **kwargs)  # raises what arguments that are no law raise
        return args[0]
