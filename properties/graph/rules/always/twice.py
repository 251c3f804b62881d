"""One value that is computed twice, computed once."""

from __future__ import annotations

from collections.abc import Hashable

from properties.graph.ir import Op
from properties.graph.rewriting.rule import ELEMENTWISE

__all__ = ["computed_twice"]

_MOVES = frozenset({"reshape", "flatten", "permute", "slice", "select", "cat", "stack", "pad", "expand"})
_ARITHMETIC = frozenset({"add", "sub", "mul", "div", "mean", "sum", "amax", "amin", "softmax", "log_softmax", "matmul"})
_POOLS = frozenset({"max_pool", "avg_pool", "global_avg_pool", "global_max_pool"})
_LAYERS = frozenset({"conv", "conv_transpose", "linear", "layer_norm", "group_norm", "rms_norm", "prelu"})
_WITHOUT_DRAWS = (_MOVES | _ARITHMETIC | _POOLS | _LAYERS | ELEMENTWISE) - {"dropout"}


def computed_twice(ops: tuple[Op, ...]) -> tuple[Op, ...] | None:
    """Operators that draw nothing and keep no statistics, and do the same to the same: the first serves all."""
    first: dict[Hashable, int] = {}
    became: list[int] = []
    changed = False
    for position, op in enumerate(ops):
        inputs = tuple(became[source] for source in op.inputs)
        became.append(position)
        if op.kind in _WITHOUT_DRAWS and inputs:
            key = (op.kind, inputs, tuple(sorted(op.attributes.items())), _tensors(op), op.shape, op.dtype)
            became[position] = first.setdefault(key, position)
            changed = changed or became[position] != position
    if not changed:
        return None
    return tuple(op.with_(inputs=tuple(became[source] for source in op.inputs)) for op in ops)


def _tensors(op: Op) -> tuple[Hashable, ...]:
    return tuple(sorted((role, param.key, param.shape) for role, param in op.params.items()))
