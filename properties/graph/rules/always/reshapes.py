"""Rules for operators that only move numbers."""

from __future__ import annotations

from itertools import pairwise
from math import prod

from properties.graph.ir import Op
from properties.graph.rewriting.rule import Rewriting

__all__ = [
    "batch_first",
    "cat_of_cat",
    "elementwise_after_permute",
    "elementwise_after_reshape",
    "flatten",
    "norm_after_reshape",
    "only_one",
    "part_of_a_permutation",
    "part_of_a_reshape",
    "part_of_parts",
    "permute_of_permute",
    "reshape_of_reshape",
    "whole_of_parts",
]


def reshape_of_reshape(op: Op, graph: Rewriting) -> int | None:
    before = graph.source(op)
    if before.kind not in ("reshape", "flatten"):
        return None
    origin = graph.ops[before.inputs[0]]
    if origin.shape == op.shape:
        return before.inputs[0]
    return graph.emit(op.with_(kind="reshape", inputs=before.inputs, attributes={"shape": op.shape}))


def flatten(op: Op, graph: Rewriting) -> int | None:
    """A reshape that merges the last axes and nothing else."""
    before, after = graph.source(op).shape, op.shape
    start = len(after) - 1
    if start < 1 or len(before) <= len(after) or before[:start] != after[:start] or prod(before[start:]) != after[-1]:
        return None
    return graph.emit(op.with_(kind="flatten", attributes={"start": start}))


def batch_first(op: Op, graph: Rewriting) -> int | None:
    """Write the batch axis of a reshape as -1 where it stays the batch axis."""
    shape, before = op.attributes["shape"], graph.source(op).shape
    if not shape or not before or shape[0] != before[0] or shape[0] < 0 or before[0] == 1:
        return None
    return graph.emit(op.with_(attributes={"shape": (-1, *shape[1:])}))


def elementwise_after_reshape(op: Op, graph: Rewriting) -> int | None:
    """Number by number or reshaped first: the same. The normal form reshapes last."""
    before = graph.source(op)
    if len(op.inputs) != 1 or before.kind not in ("reshape", "flatten") or op.shape != before.shape:
        return None
    inner = graph.ops[before.inputs[0]]
    moved = graph.emit(op.with_(inputs=before.inputs, shape=inner.shape))
    return graph.emit(before.with_(inputs=(moved,), dtype=op.dtype))


def norm_after_reshape(op: Op, graph: Rewriting) -> int | None:
    """A batch norm treats all pixels of a channel alike, however they are laid out. The normal form reshapes last."""
    before = graph.source(op)
    inner = graph.ops[before.inputs[0]] if before.kind in ("reshape", "flatten") else before
    if inner is before or len(op.inputs) != 1 or len(inner.shape) < 2 or inner.shape[:2] != op.shape[:2]:
        return None
    moved = graph.emit(op.with_(inputs=before.inputs, shape=inner.shape))
    return graph.emit(before.with_(inputs=(moved,), dtype=op.dtype))


def elementwise_after_permute(op: Op, graph: Rewriting) -> int | None:
    """Number by number, then permuted. A dropout stays where it is: its draws would fall on other numbers."""
    before = graph.source(op)
    if len(op.inputs) != 1 or before.kind != "permute":
        return None
    moved = graph.emit(op.with_(inputs=before.inputs, shape=graph.source(before).shape))
    return graph.emit(before.with_(inputs=(moved,), dtype=op.dtype))


def cat_of_cat(op: Op, graph: Rewriting) -> int | None:
    nested = [graph.ops[source] for source in op.inputs]
    if not any(part.kind == "cat" and part.attributes == op.attributes for part in nested):
        return None
    flat: list[int] = []
    for source, part in zip(op.inputs, nested, strict=True):
        flat += part.inputs if part.kind == "cat" and part.attributes == op.attributes else (source,)
    return graph.emit(op.with_(inputs=tuple(flat)))


def permute_of_permute(op: Op, graph: Rewriting) -> int | None:
    before = graph.source(op)
    if before.kind != "permute":
        return None
    dims = tuple(before.attributes["dims"][dim] for dim in op.attributes["dims"])
    return graph.emit(op.with_(inputs=before.inputs, attributes={"dims": dims}))


def only_one(op: Op, graph: Rewriting) -> int | None:
    """The one position of an axis of size 1, chosen or squeezed."""
    if graph.source(op).shape[op.attributes["dim"]] != 1:
        return None
    return graph.emit(op.with_(kind="reshape", attributes={"shape": op.shape}))


def part_of_a_permutation(op: Op, graph: Rewriting) -> int | None:
    """A part of a permuted tensor is a part of the tensor, permuted. The normal form permutes last."""
    before = graph.source(op)
    if before.kind != "permute":
        return None
    dims, at = before.attributes["dims"], op.attributes["dim"]
    axis = dims[at]
    inner = graph.source(before)
    back = {dim: position for position, dim in enumerate(dims)}
    if op.kind == "slice":
        shape = tuple(op.shape[back[dim]] for dim in range(len(dims)))
        turn = dims
    else:
        shape = (*inner.shape[:axis], *inner.shape[axis + 1 :])
        turn = tuple(dim - (dim > axis) for dim in dims if dim != axis)
    part = op.with_(inputs=before.inputs, attributes={**op.attributes, "dim": axis}, shape=shape)
    return graph.emit(before.with_(inputs=(graph.emit(part),), attributes={"dims": turn}, shape=op.shape))


def part_of_a_reshape(op: Op, graph: Rewriting) -> int | None:
    """Of an axis that a reshape kept, or cut up with this as its outer part. The normal form reshapes last."""
    before = graph.source(op)
    if before.kind not in ("reshape", "flatten") or op.attributes.get("step", 1) != 1:
        return None
    inner, at = graph.source(before), op.attributes["dim"]
    ahead, count = prod(before.shape[:at]), before.shape[at]
    axis = next((a for a in range(len(inner.shape)) if prod(inner.shape[:a]) == ahead and inner.shape[a] > 1), None)
    if axis is None or count == 0 or inner.shape[axis] % count:
        return None
    start = op.attributes["start"] if op.kind == "slice" else op.attributes["index"]
    each, taken = inner.shape[axis] // count, op.shape[at] if op.kind == "slice" else 1
    cut = {"dim": axis, "start": start * each, "end": (start + taken) * each, "step": 1}
    shape = (*inner.shape[:axis], taken * each, *inner.shape[axis + 1 :])
    part = graph.emit(op.with_(kind="slice", inputs=before.inputs, attributes=cut, shape=shape))
    return graph.emit(before.with_(kind="reshape", inputs=(part,), attributes={"shape": op.shape}, shape=op.shape))


def part_of_parts(op: Op, graph: Rewriting) -> int | None:
    """A part of a concatenation is one of its parts, or several joined, each as far as it goes; a part of a part."""
    before, a = graph.source(op), op.attributes
    if (
        before.kind == "slice"
        and before.attributes["dim"] == a["dim"]
        and {a["step"], before.attributes["step"]} == {1}
    ):
        start = before.attributes["start"]
        cut = {**a, "start": start + a["start"], "end": start + a["end"]}
        return graph.emit(op.with_(inputs=before.inputs, attributes=cut))
    if before.kind != "cat" or before.attributes["dim"] != a["dim"] or a["step"] != 1:
        return None
    end, taken = 0, []
    for source in before.inputs:
        start, end = end, end + graph.ops[source].shape[a["dim"]]
        first, last = max(start, a["start"]), min(end, a["end"])
        if first < last:
            taken.append(_cut(op, graph, source, first - start, last - start))
    if not taken or any(graph.ops[source].dtype != op.dtype for source in taken):
        return None
    return taken[0] if len(taken) == 1 else graph.emit(before.with_(inputs=tuple(taken), shape=op.shape))


def _cut(op: Op, graph: Rewriting, source: int, start: int, end: int) -> int:
    """A part of one operand, or all of it."""
    before, dim = graph.ops[source], op.attributes["dim"]
    if (start, end) == (0, before.shape[dim]):
        return source
    shape = (*before.shape[:dim], end - start, *before.shape[dim + 1 :])
    cut = {"dim": dim, "start": start, "end": end, "step": 1}
    return graph.emit(op.with_(inputs=(source,), attributes=cut, shape=shape, dtype=before.dtype))


def whole_of_parts(op: Op, graph: Rewriting) -> int | None:
    """Neighbouring parts of one tensor, joined again, are one part of it, or all of it."""
    dim = op.attributes["dim"]
    parts = [graph.ops[source] for source in op.inputs]
    for slot, (first, second) in enumerate(pairwise(parts)):
        if first.kind != "slice" or second.kind != "slice" or first.inputs != second.inputs:
            continue
        one, two = first.attributes, second.attributes
        if {one["dim"], two["dim"]} != {dim} or {one["step"], two["step"]} != {1} or one["end"] != two["start"]:
            continue
        whole = graph.source(first)
        shape = (*first.shape[:dim], two["end"] - one["start"], *first.shape[dim + 1 :])
        both = first.inputs[0]
        if shape != whole.shape:
            both = graph.emit(first.with_(attributes={**one, "end": two["end"]}, shape=shape))
        inputs = (*op.inputs[:slot], both, *op.inputs[slot + 2 :])
        return both if len(inputs) == 1 else graph.emit(op.with_(inputs=inputs))
    return None
