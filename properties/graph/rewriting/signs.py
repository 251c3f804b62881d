"""Which values are never negative, whatever the input."""

from __future__ import annotations

from collections.abc import Callable

from properties.graph.ir import Op
from properties.graph.rewriting.rule import Rewriting

__all__ = ["is_nonnegative"]

_ALWAYS = frozenset({"relu", "sigmoid", "hardsigmoid", "softmax", "exp", "abs", "sqrt", "rsqrt", "softplus", "square"})
_IF_ALL_ARE = frozenset(
    {
        "cat",
        "stack",
        "flatten",
        "reshape",
        "permute",
        "slice",
        "select",
        "dropout",
        "feature_dropout",
        "detach",
        "expand",
    }
) | frozenset(
    {"mean", "sum", "amax", "amin", "avg_pool", "adaptive_avg_pool", "global_avg_pool", "global_max_pool"}
    | {"adaptive_max_pool", "minimum", "expand_as", "repeat", "upsample_nearest2d", "upsample_bilinear2d"}
)


def is_nonnegative(position: int, graph: Rewriting) -> bool:
    """Whether the operator's result is never below 0. False where that is not known."""
    if position not in graph.nonnegative:
        graph.nonnegative[position] = False  # while it is being found out
        graph.nonnegative[position] = _decide(graph.ops[position], graph)
    return graph.nonnegative[position]


def _decide(op: Op, graph: Rewriting) -> bool:
    a = op.attributes
    if op.kind in _ALWAYS:
        return True
    if op.kind == "clamp":
        return a.get("min") is not None and a["min"] >= 0 and len(op.inputs) == 1
    if op.kind == "full":
        return isinstance(a["value"], int | float) and a["value"] >= 0
    inputs = [is_nonnegative(source, graph) for source in op.inputs]
    if op.kind == "maximum":
        return any(inputs)
    with_conditions: dict[str, Callable[[], bool]] = {
        "add": lambda: set(a) <= {"scalar"} and a.get("scalar", 0) >= 0,
        "mul": lambda: set(a) <= {"scalar"} and a.get("scalar", 0) >= 0,
        "div": lambda: set(a) <= {"scalar"} and a.get("scalar", 1) > 0,
        "max_pool": lambda: "result" not in a and set(a.get("dilation", (1,))) == {1},
        "pad": lambda: a["mode"] != "constant" or a["value"] >= 0,
    }
    if op.kind in with_conditions:
        return all(inputs) and with_conditions[op.kind]()
    return op.kind in _IF_ALL_ARE and bool(inputs) and all(inputs) and "result" not in a
