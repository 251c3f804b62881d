"""Smooth functions written out: GELU, sigmoid, softmax and their kin as formulas."""

from __future__ import annotations

from math import isclose, pi, sqrt

from properties.graph.ir import Op
from properties.graph.kinds import POLYNOMIAL
from properties.graph.rewriting.polynomials import LAST_DIGITS, Polynomial, are_equal, polynomial
from properties.graph.rewriting.rule import Rewriting, always, in_real_arithmetic

__all__ = ["gelu", "log_of_softmax", "product_as_activation", "sigmoid_by_hand", "softmax_by_hand", "square"]

_ERF: Polynomial = {1: 1 / sqrt(2)}
_TANH: Polynomial = {1: sqrt(2 / pi), 3: sqrt(2 / pi) * 0.044715}
_MOST_FACTORS = 6


@in_real_arithmetic(
    "mul",
    "div",
    name="GELU by hand",
    source="x / 2 * (1 + erf(x / sqrt(2))) = gelu(x), "
    "x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) = gelu(x, approximate='tanh') (arXiv:1606.08415)",
    requires="the constants are right to the last digits; no rounding_mode",
    departs="at infinities, and in the last digits far below 0",
)
def gelu(op: Op, graph: Rewriting) -> int | None:
    """GELU written out, by the error function or by its approximation with tanh, is GELU."""
    for gate in _factors(op, graph)[1]:
        plus_one = graph.ops[gate]
        if plus_one.kind != "add" or dict(plus_one.attributes) != {"scalar": 1}:
            continue
        curve = graph.source(plus_one)
        wanted = {"erf": _ERF, "tanh": _TANH}.get(curve.kind)
        x = None if wanted is None else _gated(op, gate, curve.inputs[0], wanted, 0.5, graph)
        if x is not None:
            approximate = "none" if curve.kind == "erf" else "tanh"
            return graph.emit(op.with_(kind="gelu", inputs=(x,), attributes={"approximate": approximate}))
    return None


@in_real_arithmetic(
    "mul",
    "div",
    name="product as an activation",
    source="x * tanh(log(1 + exp(x))) = mish(x) (arXiv:1908.08681), x * relu6(x + 3) / 6 = hardswish(x)",
    requires="softplus with beta 1 and threshold 20; relu6; the constants are right to the last digits",
    departs="at infinities, and gradients at the kinks",
)
def product_as_activation(op: Op, graph: Rewriting) -> int | None:
    """A value times the tanh of its softplus is Mish, times its shifted ReLU6 and a sixth hardswish."""
    for gate in _factors(op, graph)[1]:
        found = graph.ops[gate]
        x = None
        if found.kind == "tanh" and graph.source(found).kind == "softplus":
            inner = graph.source(found)
            if dict(inner.attributes) == {"beta": 1, "threshold": 20}:
                kind, x = "mish", _gated(op, gate, inner.inputs[0], {1: 1.0}, 1.0, graph)
        if found.kind == "clamp" and dict(found.attributes) == {"min": 0.0, "max": 6.0} and len(found.inputs) == 1:
            kind, x = "hardswish", _gated(op, gate, found.inputs[0], {0: 3.0, 1: 1.0}, 1 / 6, graph)
        if x is not None:
            return graph.emit(op.with_(kind=kind, inputs=(x,), attributes={}))
    return None


def _gated(op: Op, gate: int, inside: int, wanted: Polynomial, number: float, graph: Rewriting) -> int | None:
    """The ``x`` for which the operator is ``number * x * gate``, and what is inside the gate the wanted polynomial."""
    for x in _below(inside, graph):
        if graph.ops[x].shape != op.shape or not are_equal(polynomial(inside, x, graph), wanted):
            continue
        found, factors = _factors(op, graph, x)
        if isclose(found, number, rel_tol=LAST_DIGITS) and sorted(factors) == sorted((x, gate)):
            return x
    return None


def _below(position: int, graph: Rewriting) -> list[int]:
    """The value, and those that it is computed from by arithmetic alone."""
    found = [position]
    for at in found:
        op = graph.ops[at]
        if op.kind in POLYNOMIAL and len(found) < _MOST_FACTORS**2:
            found += [source for source in op.inputs if source not in found]
    return found


@in_real_arithmetic(
    "reciprocal",
    "div",
    name="sigmoid by hand",
    source="1 / (1 + exp(-x)) = sigmoid(x), x / (1 + exp(-x)) = silu(x)",
    requires="scalar 1, and no rounding_mode",
    departs="exp(-x) overflows for x < -88 (-709 in float64): the gradient is no number there",
)
def sigmoid_by_hand(op: Op, graph: Rewriting) -> int | None:
    """The logistic function written out is sigmoid, and a value divided by its denominator SiLU."""
    below = graph.source(op, len(op.inputs) - 1)
    if below.kind != "add" or dict(below.attributes) != {"scalar": 1}:
        return None
    power = graph.source(below)
    negative = graph.source(power) if power.kind == "exp" else power
    if power.kind != "exp" or not (negative.kind == "neg" or dict(negative.attributes) == {"scalar": -1}):
        return None
    if negative.kind not in ("neg", "mul"):
        return None
    if op.kind == "reciprocal":
        return graph.emit(op.with_(kind="sigmoid", inputs=negative.inputs, attributes={}))
    if op.kind == "div" and not op.attributes and op.inputs[:1] == negative.inputs:
        return graph.emit(op.with_(kind="silu", inputs=negative.inputs, attributes={}))
    return None


@in_real_arithmetic(
    "log",
    name="logarithm of a softmax",
    source="log(exp(x) / sum(exp(x))) = x - log(sum(exp(x))) = log_softmax(x)",
    requires="dim, and no dtype",
    departs="a probability below the smallest number is 0, and its logarithm minus infinity",
)
def log_of_softmax(op: Op, graph: Rewriting) -> int | None:
    """A logarithm of a softmax is ``log_softmax``."""
    before = graph.source(op)
    if before.kind != "softmax" or set(before.attributes) != {"dim"}:
        return None
    return graph.emit(before.with_(kind="log_softmax", where=op.where))


@in_real_arithmetic(
    "div",
    name="softmax by hand",
    source="exp(x) / sum(exp(x), dim, keepdim=True) = softmax(x, dim)",
    requires="one axis, kept; no dtype",
    departs="exp(x) overflows for x > 88 (709 in float64), and is 0 throughout far below 0: then there is no number",
)
def softmax_by_hand(op: Op, graph: Rewriting) -> int | None:
    """An exponential divided by its sum along an axis is the softmax along it."""
    if len(op.inputs) != 2 or op.attributes:
        return None
    above, below = graph.source(op), graph.source(op, 1)
    if (
        above.kind != "exp"
        or below.kind != "sum"
        or below.inputs != op.inputs[:1]
        or set(below.attributes) != {"dim", "keepdim"}
    ):
        return None
    dims = below.attributes["dim"]
    if len(dims) != 1 or not below.attributes["keepdim"]:
        return None
    return graph.emit(op.with_(kind="softmax", inputs=above.inputs, attributes={"dim": dims[0]}))


@always(
    "pow",
    "square",
    name="power",
    source="x^2 = x * x, x^(1/2) = sqrt(x), x^(-1/2) = rsqrt(x), x^(-1) = 1 / x",
    requires="the exponent is 2, 1/2, -1/2 or -1",
    evidence="rounded",
)
def square(op: Op, graph: Rewriting) -> int | None:
    """A square is a product, and a power of 1/2, -1/2 or -1 a root, its reciprocal or a reciprocal."""
    exponent = 2 if op.kind == "square" else op.attributes.get("exponent")
    if len(op.inputs) != 1 or set(op.attributes) - {"exponent"}:
        return None
    if exponent == 2:
        return graph.emit(op.with_(kind="mul", inputs=op.inputs * 2, attributes={}))
    kinds = {0.5: "sqrt", -0.5: "rsqrt", -1: "reciprocal"}
    if op.kind == "pow" and exponent in kinds:
        return graph.emit(op.with_(kind=kinds[exponent], attributes={}))
    return None


def _factors(op: Op, graph: Rewriting, whole: int = -1) -> tuple[float, tuple[int, ...]]:
    """A product as a number and what it multiplies; the factor ``whole`` is not taken apart, and no quotient is one."""
    number, waiting = 1.0, [op]
    found: list[int] = []
    while waiting and len(found) < _MOST_FACTORS:
        product = waiting.pop()
        if product.kind == "div" and (len(product.inputs) > 1 or set(product.attributes) != {"scalar"}):
            return 0.0, ()
        scalar = product.attributes.get("scalar")
        if isinstance(scalar, int | float):
            number = number * scalar if product.kind == "mul" else number / (scalar or float("inf"))
        for source in product.inputs:
            inner = graph.ops[source]
            scaled = inner.kind == "div" and set(inner.attributes) == {"scalar"} and len(inner.inputs) == 1
            if source != whole and ((inner.kind == "mul" and set(inner.attributes) <= {"scalar"}) or scaled):
                waiting.append(inner)
            else:
                found.append(source)
    return number, tuple(found)
