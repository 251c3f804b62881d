"""ReLU and its kin: clamps, gates, and their spellings by masks and maxima."""

from __future__ import annotations

from math import isclose

from properties.graph.ir import Op
from properties.graph.rewriting.polynomials import LAST_DIGITS, are_equal, polynomial
from properties.graph.rewriting.rule import Rewriting, always, in_real_arithmetic
from properties.graph.rewriting.signs import is_nonnegative

__all__ = [
    "bounds",
    "clamp",
    "gated",
    "hardsigmoid",
    "hardsigmoid_as_clamp",
    "relu_after_dropout",
    "relu_by_hand",
    "relu_by_mask",
    "relu_of_nonnegative",
    "relu_twice",
]  # fmt: skip


@always(
    "where",
    "masked_fill",
    "threshold",
    name="ReLU by a mask",
    source="where(x <= 0, 0, x) = masked_fill(x, x <= 0, 0) = threshold(x, 0, 0) = relu(x)",
    requires="x <= 0 and no other comparison; scalar 0; one size and type",
    evidence="exact",
)
def relu_by_mask(op: Op, graph: Rewriting) -> int | None:
    """Zeros in place of what is not above 0 are ReLU: what is no number stays none, and no gradient passes at 0."""
    if op.kind == "threshold":
        zero = op.attributes.get("threshold") == 0 == op.attributes.get("value")
        return graph.emit(op.with_(kind="relu", attributes={})) if zero and len(op.inputs) == 1 else None
    return _relu_of_mask(op, graph, ("le",))


@in_real_arithmetic(
    "where",
    "masked_fill",
    "max",
    "maximum",
    "mul",
    name="ReLU by hand",
    source="where(x > 0, x, 0) = masked_fill(x, x < 0, 0) = maximum(x, 0) = x * (x > 0) = relu(x)",
    requires="comparison with 0, scalar 0, one size and type",
    departs="x no number, or minus infinity times 0; gradients at x = 0",
)
def relu_by_hand(op: Op, graph: Rewriting) -> int | None:
    """A maximum with 0, or a mask of the values above (below) 0 that keeps (clears) them, is ReLU."""
    if op.kind in ("where", "masked_fill"):
        return _relu_of_mask(op, graph, ("gt", "ge", "lt"))
    if len(op.inputs) != 2 or op.attributes:
        return None
    for slot in (0, 1):
        x, other = op.inputs[1 - slot], graph.source(op, slot)
        if op.kind == "mul":
            mask = graph.source(other) if other.kind == "cast" else other
            if mask.kind in ("gt", "ge") and _against_zero(mask, x) and _is_like(op, graph.ops[x]):
                return graph.emit(op.with_(kind="relu", inputs=(x,)))
        elif _is_zero(other) and _is_like(op, graph.ops[x]):
            return graph.emit(op.with_(kind="relu", inputs=(x,)))
    return None


def _relu_of_mask(op: Op, graph: Rewriting, comparisons: tuple[str, ...]) -> int | None:
    """``where`` or ``masked_fill`` by one of these comparisons with 0, as ReLU."""
    if op.kind == "masked_fill":
        if len(op.inputs) != 2 or dict(op.attributes) not in ({"value": 0}, {"value": 0.0}):
            return None
        mask, x, zero = graph.source(op, 1), op.inputs[0], _clears(graph.source(op, 1))
    else:
        mask = graph.source(op)
        lost = 1 if _clears(mask) else 2
        x = op.inputs[-1] if lost == 1 else op.inputs[1]
        if len(op.inputs) == 3 and not op.attributes:
            zero = _is_zero(graph.ops[op.inputs[lost]])
        else:
            name = "other" if lost == 2 else "self"
            zero = len(op.inputs) == 2 and dict(op.attributes) in ({name: 0}, {name: 0.0})
    if not zero or mask.kind not in comparisons or not _against_zero(mask, x) or not _is_like(op, graph.ops[x]):
        return None
    return graph.emit(op.with_(kind="relu", inputs=(x,), attributes={}))


def _clears(mask: Op) -> bool:
    """Whether a comparison with 0 chooses what ReLU sets to 0, and not what it keeps."""
    return mask.kind in ("lt", "le")


def _is_like(op: Op, x: Op) -> bool:
    return (op.shape, op.dtype) == (x.shape, x.dtype)


def _against_zero(mask: Op, x: int) -> bool:
    return mask.inputs == (x,) and dict(mask.attributes) == {"other": 0}


def _is_zero(op: Op) -> bool:
    return op.kind == "full" and op.attributes["value"] == 0


@in_real_arithmetic(
    "clamp",
    "mul",
    name="hardsigmoid as a clamp",
    source="clamp(x / 6 + 1 / 2, 0, 1) = relu6(x + 3) * (1 / 6) = hardsigmoid(x)",
    requires="the line is x / 6 + 1 / 2 to the last digits, and the bounds are 0 and 1 of it",
    departs="gradients at the bounds of the clamp, and within rounding of them",
)
def hardsigmoid_as_clamp(op: Op, graph: Rewriting) -> int | None:
    """A clamped line of slope 1 / 6 through (0, 1 / 2) is hardsigmoid, scaled before the clamp or after it."""
    clamp, factor = (op, 1.0) if op.kind == "clamp" else (graph.source(op), op.attributes.get("scalar", 0))
    if clamp.kind != "clamp" or len(clamp.inputs) != 1 or set(op.attributes) - {"scalar", "min", "max"}:
        return None
    low, high = clamp.attributes.get("min"), clamp.attributes.get("max")
    if low != 0 or high is None or not isclose(high * factor, 1, rel_tol=LAST_DIGITS):
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
    "clamp_min",
    "clamp_max",
    "hardtanh",
    "clamp",
    name="bounds of a clamp",
    source="relu6(x) = hardtanh(x, 0, 6), clamp_min(x, a) = clamp(x, a, None), clamp_max(x, b) = clamp(x, None, b)",
    requires="bounds that are numbers",
    evidence="exact",
)
def bounds(op: Op, graph: Rewriting) -> int | None:
    """A ReLU6 is a hardtanh, and a clamp has two bounds, of which one may be None."""
    if len(op.inputs) != 1:
        return None
    a = op.attributes
    kind, names = ("clamp", ("min", "max")) if op.kind.startswith("clamp") else ("hardtanh", ("min_val", "max_val"))
    both = (0.0, 6.0) if op.kind == "relu6" else tuple(a.get(name) for name in names)
    attributes = {name: None if bound is None else float(bound) for name, bound in zip(names, both, strict=True)}
    if (op.kind, dict(a)) == (kind, attributes):
        return None
    return graph.emit(op.with_(kind=kind, attributes=attributes))


@in_real_arithmetic(
    "hardtanh",
    "clamp",
    "leaky_relu",
    name="clamp",
    source="hardtanh(x, a, b) = clamp(x, a, b), clamp(x, min=0) = leaky_relu(x, 0) = relu(x)",
    requires="bounds that are numbers, 0 and none for ReLU; negative_slope 0",
    departs="gradients at the bounds; minus infinity times a slope of 0",
)
def clamp(op: Op, graph: Rewriting) -> int | None:
    """A hardtanh is a clamp, and a clamp from 0 up is ReLU."""
    a = op.attributes
    if len(op.inputs) != 1:
        return None
    if op.kind == "hardtanh":
        between = {"min": float(a["min_val"]), "max": float(a["max_val"])}
        return graph.emit(op.with_(kind="clamp", attributes=between))
    cut = a.get("negative_slope") == 0 if op.kind == "leaky_relu" else (a.get("min"), a.get("max")) == (0, None)
    return graph.emit(op.with_(kind="relu", attributes={})) if cut else None


@always(
    "relu",
    "clamp",
    "hardtanh",
    name="ReLU of a ReLU",
    source="relu(x) = x for x >= 0 that has no gradient at 0, clamp(clamp(x, a, b), a, b) = clamp(x, a, b), "
    "hardtanh(relu(x), 0, b) = hardtanh(x, 0, b)",
    requires="a sign that follows from the operators before; equal bounds",
    evidence="exact",
)
def relu_twice(op: Op, graph: Rewriting) -> int | None:
    """A ReLU of what is never negative, a ReLU before a hardtanh from 0 up, or a clamp twice has no effect."""
    if op.kind == "relu":
        return op.inputs[0] if is_nonnegative(op.inputs[0], graph, strictly=True) else None
    before = graph.source(op)
    if len(op.inputs) == 1 and before == op.with_(inputs=before.inputs, where=before.where):
        return op.inputs[0]
    if op.kind != "hardtanh" or before.kind != "relu" or op.attributes["min_val"] != 0:
        return None
    return graph.emit(op.with_(inputs=before.inputs))


@in_real_arithmetic(
    "relu",
    "clamp",
    name="ReLU of what is not negative",
    source="max(x, 0) = x for x >= 0, clamp(max(x, 0), 0, b) = clamp(x, 0, b)",
    requires="a sign that follows from the operators before; min 0",
    departs="gradients at x = 0",
)
def relu_of_nonnegative(op: Op, graph: Rewriting) -> int | None:
    """A ReLU of a clamp, a maximum or a root that is never negative, or a ReLU before a clamp from 0 up."""
    if op.kind == "relu":
        return op.inputs[0] if is_nonnegative(op.inputs[0], graph) else None
    before = graph.source(op)
    if before.kind != "relu" or op.attributes.get("min") != 0 or len(op.inputs) != 1:
        return None
    return graph.emit(op.with_(inputs=before.inputs))


@in_real_arithmetic(
    "mul",
    name="gated activation",
    source="x * sigmoid(x) = silu(x) (arXiv:1702.03118), x * hardsigmoid(x) = hardswish(x) (arXiv:1905.02244)",
    requires="two operands, of which one is the other's gate",
    departs="at minus infinity, and in the last digits",
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


@in_real_arithmetic(
    "div",
    name="hardsigmoid",
    source="relu6(x + 3) / 6 = hardsigmoid(x)",
    requires="scalar 6 without rounding_mode, bounds 0 and 6, scalar 3",
    departs="gradients at x = -3 and x = 3, and within rounding of them",
)
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


@in_real_arithmetic(
    "relu",
    name="ReLU before a dropout",
    source="relu(dropout(x, p)) = dropout(relu(x), p), with one draw",
    requires="a dropout of elements or of channels",
    departs="minus infinity that is dropped is no number",
)
def relu_after_dropout(op: Op, graph: Rewriting) -> int | None:
    """A dropout keeps signs and draws as many numbers before a ReLU as after it: the normal form draws last."""
    before = graph.source(op)
    if before.kind not in ("dropout", "feature_dropout"):
        return None
    return graph.emit(before.with_(inputs=(graph.emit(op.with_(inputs=before.inputs)),)))
