"""Rules for sums: of many terms, of stacked tensors, of zeros."""

from __future__ import annotations

from properties.graph.ir import Op
from properties.graph.rewriting.fingerprints import users_of
from properties.graph.rewriting.rule import Rewriting

__all__ = ["expansion_in_arithmetic", "nested_sums", "sum_of_stack", "times_zero", "zeros_beside"]


def nested_sums(ops: tuple[Op, ...]) -> tuple[Op, ...] | None:
    """``(a + b) + c`` and ``a + (b + c)`` are one sum of three terms, if nothing else reads the inner sum.

    This is the one rule whose sides may differ in their last digits: they are equal as real numbers, and addition in
    another order rounds otherwise.
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


def sum_of_stack(op: Op, graph: Rewriting) -> int | None:
    """``stack([a, b]).sum(0)`` is ``a + b``; its mean is a half of that."""
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


def expansion_in_arithmetic(op: Op, graph: Rewriting) -> int | None:
    """Arithmetic repeats an operand along axes of size 1 by itself."""
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


def times_zero(op: Op, graph: Rewriting) -> int | None:
    """Finite numbers times 0 are zeros."""
    if len(op.inputs) != 1 or dict(op.attributes) not in ({"scalar": 0}, {"scalar": 0.0}):
        return None
    if not op.dtype.startswith("float"):
        return None
    zeros = {"shape": op.shape, "value": 0.0, "dtype": op.dtype}
    return graph.emit(op.with_(kind="full", inputs=(), attributes=zeros))


def zeros_beside(op: Op, graph: Rewriting) -> int | None:
    """Zeros joined to a tensor pad it."""
    parts = [graph.ops[source] for source in op.inputs]
    zero = [part.kind == "full" and part.attributes["value"] == 0 and part.dtype == op.dtype for part in parts]
    if all(zero) or not (zero[0] or zero[-1]):
        return None
    dim = op.attributes["dim"]
    low, high = zero.index(False), len(zero) - zero[::-1].index(False)
    sides = sum(part.shape[dim] for part in parts[:low]), sum(part.shape[dim] for part in parts[high:])
    inner, shape = op.inputs[low], parts[low].shape
    if high - low > 1:
        shape = (*op.shape[:dim], op.shape[dim] - sum(sides), *op.shape[dim + 1 :])
        inner = graph.emit(op.with_(inputs=op.inputs[low:high], shape=shape))
    padding = tuple(sides if axis == dim else (0, 0) for axis in range(len(op.shape)))
    attributes = {"padding": padding, "mode": "constant", "value": 0.0}
    return graph.emit(op.with_(kind="pad", inputs=(inner,), attributes=attributes))
