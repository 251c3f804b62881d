"""ReLU and its kin: clamps, gates, and their spellings by masks and maxima."""

from __future__ import annotations

from math import isclose

from properties.graph.ir import Op
from properties.graph.rewriting.polynomials import are_equal, polynomial
from properties.graph.rewriting.rule import Rewriting, always
from properties.graph.rewriting.signs import is_nonnegative

__all__ = ["clamp", "gated", "hardsigmoid", "hardsigmoid_as_clamp", "relu_by_hand", "relu_twice"]


@always(
    "where",
    "masked_fill",
    "max",
    "maximum",
    "mul",
    name="ReLU by hand",
    source="where(x > 0, x, 0) = masked_fill(x, x < 0, 0) = maximum(x, 0) = x * (x > 0) = relu(x)",
    evidence="exact",
)
def relu_by_hand(op: Op, graph: Rewriting) -> int | None:
    """A maximum with 0, or a mask of the values above (below) 0 that keeps (clears) them, is ReLU."""
    if op.kind == "where":
        return _relu_of_where(op, graph)
    if op.kind == "masked_fill":
        filled = len(op.inputs) == 2 and dict(op.attributes) in ({"value": 0}, {"value": 0.0})
        below = filled and graph.source(op, 1).kind in ("lt", "le") and _against_zero(graph.source(op, 1), op.inputs[0])
        return graph.emit(op.with_(kind="relu", inputs=op.inputs[:1], attributes={})) if below else None
    if len(op.inputs) != 2 or op.attributes:
        return None
    for slot in (0, 1):
        x, other = op.inputs[1 - slot], graph.source(op, slot)
        if op.kind == "mul":
            mask = graph.source(other) if other.kind == "cast" else other
            if mask.kind in ("gt", "ge") and _against_zero(mask, x) and graph.ops[x].shape == op.shape:
                return graph.emit(op.with_(kind="relu", inputs=(x,)))
        elif _is_zero(other) and graph.ops[x].shape == op.shape and graph.ops[x].dtype == op.dtype:
            return graph.emit(op.with_(kind="relu", inputs=(x,)))
    return None


def _relu_of_where(op: Op, graph: Rewriting) -> int | None:
    mask = graph.source(op)
    kept, lost = {"gt": (1, 2), "ge": (1, 2), "lt": (2, 1), "le": (2, 1)}.get(mask.kind, (0, 0))
    if kept == 0:
        return None
    if len(op.inputs) == 3 and not op.attributes:
        x, zero = op.inputs[kept], _is_zero(graph.ops[op.inputs[lost]])
    elif len(op.inputs) == 2:
        name = "other" if lost == 2 else "self"
        x, zero = op.inputs[1], dict(op.attributes) in ({name: 0}, {name: 0.0})
    else:
        return None
    if not zero or not _against_zero(mask, x) or graph.ops[x].dtype != op.dtype:
        return None
    return graph.emit(op.with_(kind="relu", inputs=(x,), attributes={}))


def _against_zero(mask: Op, x: int) -> bool:
    return mask.inputs == (x,) and dict(mask.attributes) == {"other": 0}


def _is_zero(op: Op) -> bool:
    return op.kind == "full" and op.attributes["value"] == 0


@always(
    "clamp",
    "mul",
    name="hardsigmoid as a clamp",
    source="clamp(x / 6 + 1 / 2, 0, 1) = relu6(x + 3) * (1 / 6) = hardsigmoid(x)",
    evidence="real",
)
def hardsigmoid_as_clamp(op: Op, graph: Rewriting) -> int | None:
    """A clamped line of slope 1 / 6 through (0, 1 / 2) is hardsigmoid, scaled before the clamp or after it."""
    clamp, factor = (op, 1.0) if op.kind == "clamp" else (graph.source(op), op.attributes.get("scalar", 0))
    if clamp.kind != "clamp" or len(clamp.inputs) != 1 or set(op.attributes) - {"scalar", "min", "max"}:
        return None
    low, high = clamp.attributes.get("min"), clamp.attributes.get("max")
    if low != 0 or high is None or not isclose(high * factor, 1, rel_tol=1e-9):
        return None
    x = clamp.inputs[0]
    while graph.ops[x].kind in ("add", "mul", "div") and "scalar" in graph.ops[x].attributes:
        x = graph.ops[x].inputs[0]
        found = polynomial(clamp.inputs[0], x, graph)
        if found is not None and are_equal({power: c * factor for power, c in found.items()}, {0: 0.5, 1: 1 / 6}):
            return graph.emit(op.with_(kind="hardsigmoid", inputs=(x,), attributes={}))
    return None


@always(
    "relu6",
    "hardtanh",
    "clamp_min",
    "clamp_max",
    "clamp",
    "leaky_relu",
    "threshold",
    name="clamp",
    source="relu6(x) = hardtanh(x, 0, 6) = clamp(x, 0, 6), "
    "clamp(x, min=0) = leaky_relu(x, 0) = threshold(x, 0, 0) = relu(x)",
    evidence="exact",
)
def clamp(op: Op, graph: Rewriting) -> int | None:
    """ReLU6, hardtanh and their kin are clamps, and a clamp from 0 up is ReLU."""
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


@always(
    "relu",
    "clamp",
    name="ReLU of a ReLU",
    source="max(x, 0) = x for x >= 0, clamp(max(x, 0), 0, b) = clamp(x, 0, b), "
    "clamp(clamp(x, a, b), a, b) = clamp(x, a, b)",
    evidence="exact",
)
def relu_twice(op: Op, graph: Rewriting) -> int | None:
    """A ReLU of what is never negative, a ReLU before a clamp from 0 up, or a clamp twice has no effect."""
    if op.kind == "relu":
        return op.inputs[0] if is_nonnegative(op.inputs[0], graph) else None
    before = graph.source(op)
    if len(op.inputs) == 1 and before == op.with_(inputs=before.inputs, where=before.where):
        return op.inputs[0]
    if before.kind != "relu" or op.attributes.get("min") != 0 or len(op.inputs) != 1:
        return None
    return graph.emit(op.with_(inputs=before.inputs))


@always(
    "mul",
    name="gated activation",
    source="x * sigmoid(x) = silu(x) (arXiv:1702.03118), x * hardsigmoid(x) = hardswish(x) (arXiv:1905.02244)",
    evidence="real",
)
def gated(op: Op, graph: Rewriting) -> int | None:
    """A value times its own sigmoid is SiLU, times its own hardsigmoid hardswish."""
    names = {"sigmoid": "silu", "hardsigmoid": "hardswish"}
    if len(op.inputs) != 2:
        return None
    for slot in (0, 1):
        gate = graph.source(op, slot)
        if gate.kind in names and gate.inputs == (op.inputs[1 - slot],):
            return graph.emit(op.with_(kind=names[gate.kind], inputs=gate.inputs, attributes={}))
    return None


@always("div", name="hardsigmoid", source="relu6(x + 3) / 6 = hardsigmoid(x)", evidence="real")
def hardsigmoid(op: Op, graph: Rewriting) -> int | None:
    """A ReLU6 of the value plus 3, divided by 6, is hardsigmoid."""
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
