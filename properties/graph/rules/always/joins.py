"""Rules for tensors put together of parts: stacked, written part by part, filled with one number."""

from __future__ import annotations

from properties.graph.ir import Op
from properties.graph.rewriting.rule import Rewriting

__all__ = ["part_of_filled", "stack_as_cat", "written_parts"]


def stack_as_cat(op: Op, graph: Rewriting) -> int | None:
    """A reshaped or permuted stack is a concatenation along the channels, cut up again and permuted."""
    stack = graph.source(op)
    if stack.kind != "stack" or len(op.inputs) != 1:
        return None
    parts = [graph.ops[source] for source in stack.inputs]
    size, dim = parts[0].shape, stack.attributes["dim"]
    if len(size) < 2 or any(part.dtype != stack.dtype for part in parts):
        return None
    joined = (size[0], len(parts) * size[1], *size[2:])
    made = graph.emit(stack.with_(kind="cat", attributes={"dim": 1}, shape=joined))
    cut = (size[0], len(parts), *size[1:])
    made = graph.emit(stack.with_(kind="reshape", inputs=(made,), attributes={"shape": cut}, shape=cut))
    if dim != 1:
        others = [axis for axis in range(len(cut)) if axis != 1]
        dims = (*others[:dim], 1, *others[dim:])
        made = graph.emit(stack.with_(kind="permute", inputs=(made,), attributes={"dims": dims}))
    return graph.emit(op.with_(inputs=(made,)))


def written_parts(op: Op, graph: Rewriting) -> int | None:
    """A tensor of which a part is written over: what is before it, the new part and what is after it, joined."""
    a = op.attributes
    if a.get("view") != "slice" or a.get("step") != 1 or len(op.inputs) != 2:
        return None
    (before, part), dim = op.inputs, a["dim"]
    whole, size = graph.ops[before], op.shape[dim]
    written = (*op.shape[:dim], a["end"] - a["start"], *op.shape[dim + 1 :])
    if graph.ops[part].shape != written or not op.dtype == graph.ops[part].dtype == whole.dtype:
        return None
    joined = []
    for start, end in ((0, a["start"]), (a["end"], size)):
        if start < end:
            shape = (*op.shape[:dim], end - start, *op.shape[dim + 1 :])
            cut = {"dim": dim, "start": start, "end": end, "step": 1}
            joined.append(graph.emit(op.with_(kind="slice", inputs=(before,), attributes=cut, shape=shape)))
    joined.insert(0 if a["start"] == 0 else 1, part)
    return graph.emit(op.with_(kind="cat", inputs=tuple(joined), attributes={"dim": dim}))


def part_of_filled(op: Op, graph: Rewriting) -> int | None:
    """A part of a tensor that holds one number everywhere holds that number, however it is laid out."""
    before = graph.source(op)
    if before.kind != "full" or len(op.inputs) != 1:
        return None
    return graph.emit(before.with_(attributes={**before.attributes, "shape": op.shape}, shape=op.shape, where=op.where))
