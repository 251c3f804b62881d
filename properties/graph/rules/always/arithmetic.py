"""Sums, differences, products and quotients: of numbers, of many terms, of stacked tensors."""

from __future__ import annotations

from math import frexp

from properties.graph.ir import Op
from properties.graph.kinds import BINARY
from properties.graph.rewriting.fingerprints import users_of
from properties.graph.rewriting.rule import Rewriting, always, in_real_arithmetic, on_whole_graph

__all__ = [
    "expansion_in_arithmetic",
    "filled_operand",
    "negative",
    "negative_number",
    "nested_sums",
    "power_of_two",
    "scaled_sum",
    "sum_of_stack",
    "times_zero",
]

_MINUS_ONE = ({"scalar": -1}, {"scalar": -1.0})


@on_whole_graph(
    tier="A",
    name="addition in another order",
    source="(a + b) + c = a + (b + c) = a + b + c",
    requires="no alpha, one size and type, and no other reader of the inner sum",
    evidence="rounded",
)
def nested_sums(ops: tuple[Op, ...]) -> tuple[Op, ...] | None:
    """A sum of a sum that nothing else reads is one sum of all terms.

    The two sides are equal as real numbers; in another order an addition rounds otherwise.
    """
    users = users_of(ops)
    terms: dict[int, tuple[int, ...]] = {}
    inner: set[int] = set()
    for position, op in enumerate(ops):
        if op.kind != "add" or op.attributes or op.params:
            continue
        flat: list[int] = []
        for source in op.inputs:
            nested = source in terms and len(users[source]) == 1 and op.inputs.count(source) == 1
            alike = (ops[source].shape, ops[source].dtype) == (op.shape, op.dtype)
            flat += terms[source] if nested and alike else (source,)
            inner |= {source} if nested and alike else set()
        terms[position] = tuple(flat)
    if not inner:
        return None
    return tuple(op.with_(inputs=terms[at]) if at in terms else op for at, op in enumerate(ops))


@always(
    "sum",
    "mean",
    name="sum of a stack",
    source="sum(stack([a, b]), dim=0) = a + b, mean(stack([a, b]), dim=0) = (a + b) / 2",
    requires="the axis of the stack, no keepdim, a float type, and no dtype",
    evidence="rounded",
)
def sum_of_stack(op: Op, graph: Rewriting) -> int | None:
    """A sum along the axis of a stack is the sum of what was stacked, and a mean that sum divided."""
    stack = graph.source(op)
    if stack.kind != "stack" or "dtype" in op.attributes or op.attributes["dim"] != (stack.attributes["dim"],):
        return None
    if op.attributes["keepdim"] or not op.dtype.startswith("float"):
        return None
    total = stack.inputs[0]
    for source in stack.inputs[1:]:
        total = graph.emit(op.with_(kind="add", inputs=(total, source), attributes={}))
    if op.kind == "sum":
        return total
    return graph.emit(op.with_(kind="div", inputs=(total,), attributes={"scalar": len(stack.inputs)}))


@always(
    *BINARY,
    name="expansion before arithmetic",
    source="expand(a, b.shape) + b = a + b by broadcasting, likewise -, * and /",
    requires="the other operand has the result's size; only axes of size 1 are repeated",
    evidence="exact",
    ground="one size",
)
def expansion_in_arithmetic(op: Op, graph: Rewriting) -> int | None:
    """An operand of arithmetic that is repeated along axes of size 1 is broadcast along them by itself."""
    if len(op.inputs) != 2:
        return None
    for slot in (0, 1):
        expansion, other = graph.source(op, slot), graph.source(op, 1 - slot)
        if expansion.kind not in ("expand", "expand_as", "repeat") or other.shape != op.shape:
            continue
        inner = graph.source(expansion)
        if inner.dtype != expansion.dtype or len(inner.shape) != len(expansion.shape):
            continue
        if all(before in (1, after) for before, after in zip(inner.shape, expansion.shape, strict=True)):
            inputs = tuple(expansion.inputs[0] if i == slot else source for i, source in enumerate(op.inputs))
            return graph.emit(op.with_(inputs=inputs))
    return None


@in_real_arithmetic(
    "mul",
    name="times zero",
    source="x * 0 = 0 for finite x",
    requires="a float type, scalar 0",
    departs="x infinite or no number makes no number of x * 0",
)
def times_zero(op: Op, graph: Rewriting) -> int | None:
    """Finite numbers times 0 are zeros."""
    if len(op.inputs) != 1 or dict(op.attributes) not in ({"scalar": 0}, {"scalar": 0.0}):
        return None
    if not op.dtype.startswith("float"):
        return None
    zeros = {"shape": op.shape, "value": 0.0, "dtype": op.dtype}
    return graph.emit(op.with_(kind="full", inputs=(), attributes=zeros))


@always(
    "div",
    name="division by a power of two",
    source="x / 2^k = x * 2^-k, both rounded from the same real number",
    requires="a float type; 2^-14 <= |c| <= 2^14; no rounding_mode",
    evidence="exact",
)
def power_of_two(op: Op, graph: Rewriting) -> int | None:
    """A division by a power of two is a product with its reciprocal, to the last bit."""
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


@always(
    "sub",
    name="subtraction of a number",
    source="x - c = x + (-c)",
    requires="c is a number; no alpha",
    evidence="exact",
)
def negative_number(op: Op, graph: Rewriting) -> int | None:
    """A subtraction of a number is the addition of the negative number."""
    number = op.attributes.get("scalar")
    if dict(op.attributes) != {"scalar": number} or not isinstance(number, int | float) or isinstance(number, bool):
        return None
    return graph.emit(op.with_(kind="add", attributes={"scalar": -number}))


@always(
    *BINARY,
    name="one number everywhere",
    source="x + full(s, c) = x + c, x - full(s, c) = x - c, likewise * and /",
    requires="x and the result have one size, and all three one float type",
    evidence="exact",
)
def filled_operand(op: Op, graph: Rewriting) -> int | None:
    """A tensor that holds one number everywhere is that number, where it makes nothing larger."""
    if len(op.inputs) != 2 or op.attributes or not op.dtype.startswith("float"):
        return None
    for slot in (1, 0) if op.kind in ("add", "mul") else (1,):
        filled, x = graph.source(op, slot), graph.source(op, 1 - slot)
        if filled.kind != "full" or (x.shape, x.dtype, filled.dtype) != (op.shape, op.dtype, op.dtype):
            continue
        number = filled.attributes["value"]
        if isinstance(number, int | float):
            return graph.emit(op.with_(inputs=(op.inputs[1 - slot],), attributes={"scalar": number}))
    return None


@always(
    "add",
    "sub",
    "neg",
    "mul",
    name="subtraction of a negative",
    source="x - (-y) = x + y, x + (-y) = x - y, -(-x) = x, -1 * x = -x",
    requires="no alpha; a float type where a sign is moved",
    evidence="exact",
)
def negative(op: Op, graph: Rewriting) -> int | None:
    """A sign is taken into the sum or difference it stands in, two signs cancel, and a product with -1 is a sign."""
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


@always(
    "scaled_add",
    "scaled_sub",
    name="sum with a factor",
    source="add(x, y, alpha=c) = x + c * y, sub(x, y, alpha=c) = x + (-c) * y",
    requires="alpha is a number",
    evidence="rounded",
)
def scaled_sum(op: Op, graph: Rewriting) -> int | None:
    """A sum or difference with a factor is a product and a sum."""
    factor = op.attributes.get("alpha")
    if set(op.attributes) != {"alpha"} or len(op.inputs) != 2 or not isinstance(factor, int | float):
        return None
    factor = -factor if op.kind == "scaled_sub" else factor
    before = graph.source(op, 1)
    product = op.with_(kind="mul", inputs=op.inputs[1:], attributes={"scalar": factor}, shape=before.shape)
    return graph.emit(op.with_(kind="add", inputs=(op.inputs[0], graph.emit(product)), attributes={}))
