"""Rules for operators that only move numbers."""

from __future__ import annotations

from math import prod

from properties.graph._rewriting import Rewriting
from properties.graph.ir import Op

__all__ = [
    "batch_first",
    "cat_of_cat",
    "elementwise_after_permute",
    "elementwise_after_reshape",
    "flatten",
    "permute_of_permute",
    "reshape_of_reshape",
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
