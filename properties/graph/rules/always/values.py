"""Rules for operators without effect, activations and arithmetic with numbers."""

from __future__ import annotations

from collections.abc import Callable
from math import frexp

from properties.graph.ir import Op
from properties.graph.rewriting.rule import Rewriting
from properties.graph.rewriting.signs import is_nonnegative

__all__ = [
    "clamp",
    "gated",
    "gradient_only",
    "hardsigmoid",
    "negative",
    "negative_number",
    "no_effect",
    "power_of_two",
    "relu_twice",
    "scaled_sum",
    "without_place",
]


_MINUS_ONE = ({"scalar": -1}, {"scalar": -1.0})


def no_effect(op: Op, graph: Rewriting) -> int | None:
    """Adding 0, multiplying by 1, padding by nothing, a 1x1 pool with stride 1, a list of one."""
    a = op.attributes
    alone = len(op.inputs) == 1 and op.shape == graph.source(op).shape and op.dtype == graph.source(op).dtype
    nothing: dict[str, Callable[[], bool]] = {
        "add": lambda: a.get("scalar") == 0,
        "sub": lambda: a.get("scalar") == 0,
        "mul": lambda: a.get("scalar") == 1,
        "div": lambda: dict(a) == {"scalar": 1},
        "pad": lambda: all(pair == (0, 0) for pair in a["padding"]),
        "permute": lambda: a["dims"] == tuple(range(len(op.shape))),
        "cat": lambda: True,
        "expand": lambda: True,
        "reshape": lambda: True,
        "slice": lambda: True,
        "max_pool": lambda: _is_pointwise(op),
        "avg_pool": lambda: _is_pointwise(op) and a["divisor_override"] in (None, 1),
    }
    return op.inputs[0] if alone and nothing[op.kind]() else None


def _is_pointwise(op: Op) -> bool:
    a = op.attributes
    return {*a["kernel_size"], *a["stride"]} == {1} and set(a["padding"]) == {0} and "result" not in a


def gradient_only(op: Op, graph: Rewriting) -> int | None:
    """What only the backward pass sees changes nothing in eval mode: a detached tensor, a backward of the net's own."""
    if op.kind == "detach" and graph.source(op).kind == "detach":
        return op.inputs[0]
    if graph.mode != "eval" or (op.kind == "put" and op.attributes["view"] != "detach"):
        return None
    return op.inputs[-1]


def clamp(op: Op, graph: Rewriting) -> int | None:
    """ReLU6, hardtanh and clamp; a clamp from 0 up is ReLU."""
    a = op.attributes
    bounds = {
        "relu6": (0.0, 6.0),
        "hardtanh": (a.get("min_val"), a.get("max_val")),
        "clamp_min": (a.get("min"), None),
        "clamp_max": (None, a.get("max")),
        "clamp": (a.get("min"), a.get("max")),
        "leaky_relu": (0.0, None) if a.get("negative_slope") == 0 else None,
        "threshold": (0.0, None) if a.get("threshold") == 0 == a.get("value") else None,
    }[op.kind]
    if bounds is None or len(op.inputs) != 1:
        return None
    low, high = (None if bound is None else float(bound) for bound in bounds)
    kind, attributes = ("relu", {}) if (low, high) == (0.0, None) else ("clamp", {"min": low, "max": high})
    if (op.kind, dict(a)) == (kind, attributes):
        return None
    return graph.emit(op.with_(kind=kind, attributes=attributes))


def relu_twice(op: Op, graph: Rewriting) -> int | None:
    """A ReLU of what is never negative, such as a mean of ReLUs; a clamp from 0 up of a ReLU; a clamp twice."""
    if op.kind == "relu":
        return op.inputs[0] if is_nonnegative(op.inputs[0], graph) else None
    before = graph.source(op)
    if len(op.inputs) == 1 and before == op.with_(inputs=before.inputs, where=before.where):
        return op.inputs[0]
    if before.kind != "relu" or op.attributes.get("min") != 0 or len(op.inputs) != 1:
        return None
    return graph.emit(op.with_(inputs=before.inputs))


def gated(op: Op, graph: Rewriting) -> int | None:
    """``x * sigmoid(x)`` is SiLU, ``x * hardsigmoid(x)`` hardswish."""
    names = {"sigmoid": "silu", "hardsigmoid": "hardswish"}
    if len(op.inputs) != 2:
        return None
    for slot in (0, 1):
        gate = graph.source(op, slot)
        if gate.kind in names and gate.inputs == (op.inputs[1 - slot],):
            return graph.emit(op.with_(kind=names[gate.kind], inputs=gate.inputs, attributes={}))
    return None


def hardsigmoid(op: Op, graph: Rewriting) -> int | None:
    """``relu6(x + 3) / 6``."""
    clamp = graph.source(op)
    if (
        dict(op.attributes) != {"scalar": 6}
        or clamp.kind != "clamp"
        or dict(clamp.attributes) != {"min": 0.0, "max": 6.0}
    ):
        return None
    shifted = graph.source(clamp)
    if shifted.kind != "add" or shifted.attributes.get("scalar") != 3:
        return None
    return graph.emit(op.with_(kind="hardsigmoid", inputs=shifted.inputs, attributes={}))


def power_of_two(op: Op, graph: Rewriting) -> int | None:
    """``x / 2`` is ``x * 0.5`` to the last bit, because the reciprocal is exact."""
    number = op.attributes.get("scalar")
    if (
        dict(op.attributes) != {"scalar": number}
        or not isinstance(number, int | float)
        or not graph.source(op).dtype.startswith("float")
    ):
        return None
    if number == 0 or abs(frexp(number)[0]) != 0.5 or not 2**-14 <= abs(number) <= 2**14:
        return None
    return graph.emit(op.with_(kind="mul", attributes={"scalar": 1 / number}))


def negative_number(op: Op, graph: Rewriting) -> int | None:
    """``x - 3`` is ``x + (-3)``."""
    number = op.attributes.get("scalar")
    if dict(op.attributes) != {"scalar": number} or not isinstance(number, int | float) or isinstance(number, bool):
        return None
    return graph.emit(op.with_(kind="add", attributes={"scalar": -number}))


def negative(op: Op, graph: Rewriting) -> int | None:
    """``x - (-y)`` is ``x + y``, ``x + (-y)`` is ``x - y``, ``-(-x)`` is ``x``, ``-1 * x`` is ``-x``."""
    if op.kind == "mul":
        return graph.emit(op.with_(kind="neg", attributes={})) if dict(op.attributes) in _MINUS_ONE else None
    if op.attributes:
        return None
    if op.kind == "neg":
        return graph.source(op).inputs[0] if graph.source(op).kind == "neg" else None
    if len(op.inputs) != 2 or not op.dtype.startswith("float"):
        return None
    first, second = op.inputs
    if graph.ops[second].kind == "neg":
        opposite = {"add": "sub", "sub": "add"}[op.kind]
        return graph.emit(op.with_(kind=opposite, inputs=(first, graph.ops[second].inputs[0])))
    if op.kind == "add" and graph.ops[first].kind == "neg":
        return graph.emit(op.with_(kind="sub", inputs=(second, graph.ops[first].inputs[0])))
    return None


def scaled_sum(op: Op, graph: Rewriting) -> int | None:
    """``add(x, y, alpha=2)`` is ``x + 2 * y``."""
    factor = op.attributes.get("alpha")
    if set(op.attributes) != {"alpha"} or len(op.inputs) != 2 or not isinstance(factor, int | float):
        return None
    factor = -factor if op.kind == "scaled_sub" else factor
    before = graph.source(op, 1)
    product = op.with_(kind="mul", inputs=op.inputs[1:], attributes={"scalar": factor}, shape=before.shape)
    return graph.emit(op.with_(kind="add", inputs=(op.inputs[0], graph.emit(product)), attributes={}))


def without_place(op: Op, graph: Rewriting) -> int | None:
    """The largest values along an axis, where nobody asks where they stand."""
    if set(op.attributes) != {"dim", "keepdim"} or not isinstance(op.attributes["dim"], int):
        return None
    return graph.emit(op.with_(kind=f"a{op.kind}", attributes={**op.attributes, "dim": (op.attributes["dim"],)}))
