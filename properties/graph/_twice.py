"""One value that is computed twice, computed once."""

from __future__ import annotations

from collections.abc import Hashable

from properties.graph._rewriting import ELEMENTWISE
from properties.graph.ir import Op

__all__ = ["computed_twice"]

_MOVES = frozenset({"reshape", "flatten", "permute", "slice", "select", "cat", "stack", "pad", "expand"})
_ARITHMETIC = frozenset({"add", "sub", "mul", "div", "mean", "sum", "amax", "amin", "softmax", "log_softmax", "matmul"})
_POOLS = frozenset({"max_pool", "avg_pool", "global_avg_pool", "global_max_pool"})
_WITHOUT_DRAWS = (_MOVES | _ARITHMETIC | _POOLS | ELEMENTWISE) - {"dropout"}


def computed_twice(ops: tuple[Op, ...]) -> tuple[Op, ...] | None:
    """Operators without weights and draws that do the same to the same; the later ones give way to the first."""
    first: dict[Hashable, int] = {}
    became: list[int] = []
    changed = False
    for position, op in enumerate(ops):
        inputs = tuple(became[source] for source in op.inputs)
        became.append(position)
        if op.kind in _WITHOUT_DRAWS and not op.params and inputs:
            key = (op.kind, inputs, tuple(sorted(op.attributes.items())), op.shape, op.dtype)
            became[position] = first.setdefault(key, position)
            changed = changed or became[position] != position
    if not changed:
        return None
    return tuple(op.with_(inputs=tuple(became[source] for source in op.inputs)) for op in ops)
