"""Which values are never negative, whatever the input, and in which a ReLU changes no gradient either."""

from __future__ import annotations

from collections.abc import Callable

from properties.graph.ir import Op
from properties.graph.rewriting.rule import Rewriting

__all__ = ["is_nonnegative"]

# With the attributes that they may have. Where one of these is 0, no gradient passes it.
_ALWAYS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("relu", "sigmoid", "hardsigmoid", "exp", "abs", "square"), frozenset[str]()),
    "softmax": frozenset({"dim"}),
}
_IF_ALL_ARE: dict[str, frozenset[str]] = {
    **dict.fromkeys(("cat", "stack"), frozenset({"dim"})),
    **dict.fromkeys(("mean", "sum", "amax", "amin"), frozenset({"dim", "keepdim"})),
    **dict.fromkeys(("dropout", "feature_dropout"), frozenset({"p"})),
    **dict.fromkeys(("adaptive_avg_pool", "adaptive_max_pool"), frozenset({"output_size"})),
    **dict.fromkeys(("detach", "global_avg_pool", "global_max_pool", "minimum"), frozenset[str]()),
    "flatten": frozenset({"start"}),
    "reshape": frozenset({"shape"}),
    "permute": frozenset({"dims"}),
    "slice": frozenset({"dim", "start", "end", "step"}),
    "select": frozenset({"dim", "index"}),
    "expand": frozenset({"size"}),
    "expand_as": frozenset[str](),
    "repeat": frozenset({"repeats"}),
    "upsample_nearest2d": frozenset({"output_size", "scale_factors", "scales_h", "scales_w"}),
    "upsample_bilinear2d": frozenset({"output_size", "align_corners", "scale_factors", "scales_h", "scales_w"}),
}


def is_nonnegative(position: int, graph: Rewriting, *, strictly: bool = False) -> bool:
    """Whether the operator's result is never below 0. False where that is not known.

    Args:
        position: the operator.
        graph: where it stands.
        strictly: whether besides no gradient passes where the result is 0, so that a ReLU after it changes nothing.
    """
    known = graph.nonnegative
    if (position, strictly) not in known:
        known[position, strictly] = False  # while it is being found out
        known[position, strictly] = _decide(graph.ops[position], graph, strictly)
    return known[position, strictly]


def _decide(op: Op, graph: Rewriting, strictly: bool) -> bool:
    a = op.attributes
    if op.kind in _ALWAYS:
        return set(a) <= _ALWAYS[op.kind]
    if op.kind == "full":
        return isinstance(a["value"], int | float) and a["value"] >= 0
    itself: dict[str, Callable[[], bool]] = {
        "softplus": lambda: set(a) == {"beta", "threshold"} and a["beta"] > 0 and a["threshold"] >= 0,
        "clamp": lambda: set(a) == {"min", "max"} and _from_zero(a["min"], a["max"], strictly),
        "hardtanh": lambda: set(a) == {"min_val", "max_val"} and a["min_val"] >= 0,
        "sqrt": lambda: not a and not strictly,  # without a limit to its slope at 0
    }
    if op.kind in itself:
        return len(op.inputs) == 1 and itself[op.kind]()
    if op.kind == "mul" and not a and op.inputs[:1] == op.inputs[1:]:  # a square
        return True
    inputs = [is_nonnegative(source, graph, strictly=strictly) for source in op.inputs]
    if op.kind == "maximum":  # of two that are 0, each gets half of a gradient
        return not a and (all(inputs) or (any(inputs) and not strictly))
    with_conditions: dict[str, Callable[[], bool]] = {
        "add": lambda: set(a) <= {"scalar"} and a.get("scalar", 0) >= 0,
        "mul": lambda: set(a) <= {"scalar"} and a.get("scalar", 0) >= (1 if strictly else 0),
        "div": lambda: set(a) <= {"scalar"} and a.get("scalar", 1) > 0 and not strictly,
        "max_pool": lambda: set(a) == _MAX_POOL and set(a["dilation"]) == {1},
        "avg_pool": lambda: set(a) == _AVG_POOL and (a["divisor_override"] or 1) > 0 and not strictly,
        "pad": lambda: a["mode"] != "constant" or a["value"] >= 0,
    }
    if op.kind in with_conditions:
        return all(inputs) and with_conditions[op.kind]()
    if op.kind in _MEANS and strictly:
        return False
    return op.kind in _IF_ALL_ARE and bool(inputs) and all(inputs) and set(a) <= _IF_ALL_ARE[op.kind]


_MEANS = ("mean", "adaptive_avg_pool", "global_avg_pool", "upsample_bilinear2d")  # the smallest number is 0 afterwards
_MAX_POOL = {"kernel_size", "stride", "padding", "dilation", "ceil_mode"}
_AVG_POOL = {"kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"}


def _from_zero(low: float | None, high: float | None, strictly: bool) -> bool:
    """Whether a clamp's result is never negative; with crossed bounds it is the upper one."""
    if low is None or low < 0 or (high is not None and high < 0):
        return False
    return not strictly or (low > 0 and (high is None or high > 0))
