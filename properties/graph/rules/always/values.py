"""Operators without effect on the value that is read, and values that are computed twice."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from properties.graph.ir import Op
from properties.graph.kinds import BINARY, ELEMENTWISE, GLOBAL_POOLS, REDUCTIONS, VIEWS, WINDOW_POOLS
from properties.graph.labels import is_pointwise
from properties.graph.rewriting.rule import Rewriting, always, in_real_arithmetic, on_whole_graph

__all__ = ["computed_twice", "no_effect", "without_place"]

_MOVES = frozenset({*VIEWS, "slice", "select", "cat", "stack", "pad", "expand"})
_ARITHMETIC = frozenset({*BINARY, *REDUCTIONS, "softmax", "log_softmax", "matmul"})
_POOLS = frozenset({*WINDOW_POOLS, *GLOBAL_POOLS})
_LAYERS = frozenset({"conv", "conv_transpose", "linear", "layer_norm", "group_norm", "rms_norm", "prelu"})
_ZERO, _ONE = ({"scalar": 0},), ({"scalar": 1},)
_WITHOUT_DRAWS = (_MOVES | _ARITHMETIC | _POOLS | _LAYERS | ELEMENTWISE) - {"dropout"}


@on_whole_graph(
    tier="A",
    name="computed twice",
    source="[f(x), f(x)] = [y, y] with y = f(x), for an f that draws nothing",
    requires="both operators have equal attributes, operands and tensors; neither draws or keeps statistics",
    evidence="exact",
)
def computed_twice(ops: tuple[Op, ...]) -> tuple[Op, ...] | None:
    """Operators that do the same to the same, draw nothing and keep no statistics are computed once."""
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


@always(
    "add",
    "sub",
    "mul",
    "div",
    "pad",
    "permute",
    "cat",
    "expand",
    "reshape",
    "slice",
    "max_pool",
    "avg_pool",
    name="no effect",
    source="x + 0 = x - 0 = x * 1 = x / 1 = pad(x, 0) = cat([x]) = pool(x, kernel=1, stride=1) = x",
    requires="one operand of the result's own size and type; scalar 0 or 1, no padding, kernel and stride "
    "1; x + 0 only where nothing tells -0.0 from 0.0",
    evidence="exact",
    whatever=("dim", "mode", "value", "dilation", "ceil_mode", "count_include_pad", "start", "end", "step"),
)
def no_effect(op: Op, graph: Rewriting) -> int | None:
    """Adding 0, multiplying by 1, padding by nothing, a 1x1 pool with stride 1, a list of one: the value itself."""
    a = op.attributes
    alone = len(op.inputs) == 1 and op.shape == graph.source(op).shape and op.dtype == graph.source(op).dtype
    nothing: dict[str, Callable[[], bool]] = {
        "add": lambda: dict(a) in _ZERO and not graph.zeros_have_signs,
        "sub": lambda: dict(a) in _ZERO,
        "mul": lambda: dict(a) in _ONE,
        "div": lambda: dict(a) in _ONE,
        "pad": lambda: all(pair == (0, 0) for pair in a["padding"]),
        "permute": lambda: a["dims"] == tuple(range(len(op.shape))),
        "cat": lambda: True,
        "expand": lambda: True,
        "reshape": lambda: True,
        "slice": lambda: True,
        "max_pool": lambda: is_pointwise(op) and "result" not in a,
        "avg_pool": lambda: is_pointwise(op) and "result" not in a and a["divisor_override"] in (None, 1),
    }
    return op.inputs[0] if alone and nothing[op.kind]() else None


@in_real_arithmetic(
    "max",
    "min",
    name="maximum without its place",
    source="max(x, dim).values = amax(x, dim), min(x, dim).values = amin(x, dim)",
    requires="dim is one axis, and the places are not read",
    departs="gradients where several values are the largest",
)
def without_place(op: Op, graph: Rewriting) -> int | None:
    """The largest or smallest values along an axis, where nobody asks where they stand, are ``amax`` or ``amin``."""
    if set(op.attributes) != {"dim", "keepdim"} or not isinstance(op.attributes["dim"], int):
        return None
    return graph.emit(op.with_(kind=f"a{op.kind}", attributes={**op.attributes, "dim": (op.attributes["dim"],)}))
