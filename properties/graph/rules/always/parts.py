"""Tensors taken apart and put together: slices, concatenations, stacks, parts written over."""

from __future__ import annotations

from itertools import pairwise
from math import prod

from properties.graph.ir import Op
from properties.graph.kinds import RESHAPES
from properties.graph.rewriting.rule import Rewriting, always

__all__ = [
    "cat_of_cat",
    "only_one",
    "order_of_parts",
    "part_of_a_permutation",
    "part_of_a_reshape",
    "part_of_filled",
    "part_of_parts",
    "stack_as_cat",
    "whole_of_parts",
    "written_parts",
    "zeros_beside",
]


@always(
    "reshape",
    "flatten",
    "permute",
    name="stack as a concatenation",
    source="stack([a, b], 1) = cat([a, b], 1).view(N, 2, C, *s), stack([a, b], k) = stack([a, b], 1).movedim(1, k)",
    requires="all parts have the stack's type, and two axes or more",
    evidence="exact",
)
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


@always(
    "put",
    name="written part by part",
    source="x[i:j] = y makes x cat([x[:i], y, x[j:]])",
    requires="step 1; the part has the slice's size and the tensor's type",
    evidence="solved",
)
def written_parts(op: Op, graph: Rewriting) -> int | None:
    """A tensor with a slice written over is what is before it, the new part and what is after it, joined."""
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


@always(
    "slice",
    "select",
    "reshape",
    "flatten",
    "permute",
    "expand",
    name="part of a filled tensor",
    source="full(s, c)[i:j] = full(t, c), and so any view of size t",
    requires="one operand, which is full(s, c)",
    evidence="exact",
    whatever=("dim", "dims", "index", "start", "end", "step"),
)
def part_of_filled(op: Op, graph: Rewriting) -> int | None:
    """A part or a view of a tensor that holds one number everywhere is such a tensor of its own size."""
    before = graph.source(op)
    if before.kind != "full" or len(op.inputs) != 1:
        return None
    return graph.emit(before.with_(attributes={**before.attributes, "shape": op.shape}, shape=op.shape, where=op.where))


@always(
    "cat",
    name="nested concatenation",
    source="cat([cat([a, b]), c]) = cat([a, b, c])",
    requires="one axis",
    evidence="exact",
)
def cat_of_cat(op: Op, graph: Rewriting) -> int | None:
    """A concatenation within one along the same axis is one concatenation of all parts."""
    nested = [graph.ops[source] for source in op.inputs]
    if not any(part.kind == "cat" and part.attributes == op.attributes for part in nested):
        return None
    flat: list[int] = []
    for source, part in zip(op.inputs, nested, strict=True):
        flat += part.inputs if part.kind == "cat" and part.attributes == op.attributes else (source,)
    return graph.emit(op.with_(inputs=tuple(flat)))


@always(
    "select",
    name="only position of an axis",
    source="x[:, 0] = reshape(x, (N, *s)) for x of size (N, 1, *s)",
    requires="the axis has size 1",
    evidence="solved",
    ground="one size",
)
def only_one(op: Op, graph: Rewriting) -> int | None:
    """A selection of the one position of an axis of size 1 is a reshape without that axis."""
    if graph.source(op).shape[op.attributes["dim"]] != 1 or op.attributes["index"] != 0:
        return None
    return graph.emit(op.with_(kind="reshape", attributes={"shape": op.shape}))


@always(
    "slice",
    "select",
    name="part of a permutation",
    source="narrow(permute(x, d), k, i, n) = permute(narrow(x, d[k], i, n), d)",
    requires="any axis",
    evidence="exact",
)
def part_of_a_permutation(op: Op, graph: Rewriting) -> int | None:
    """A part of a permuted tensor is a part of the tensor, permuted: the normal form permutes last."""
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


@always(
    "slice",
    "select",
    name="part of a reshape",
    source="narrow(x.view(N, C / m, m), 1, i, n) = narrow(x, 1, i * m, n * m).view(N, n, m) for x of size (N, C)",
    requires="step 1, along an axis that was kept or is the outer factor of one",
    evidence="solved",
)
def part_of_a_reshape(op: Op, graph: Rewriting) -> int | None:
    """A part of a reshape, along an axis it kept or an outer factor of one, is a reshape of a part."""
    before = graph.source(op)
    if before.kind not in RESHAPES or op.attributes.get("step", 1) != 1:
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


@always(
    "slice",
    name="part of parts",
    source="cat([a, b])[i:j] = cat([a[i:], b[:j - len(a)]]) for i < len(a) < j, x[i:j][k:l] = x[i + k:i + l]",
    requires="one axis, step 1, one type",
    evidence="solved",
)
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


@always(
    "cat",
    name="whole of its parts",
    source="cat([x[i:j], x[j:k]]) = x[i:k]",
    requires="one axis, step 1, neighbours",
    evidence="solved",
)
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


@always(
    "cat",
    name="zeros beside",
    source="cat([zeros(m), x, zeros(n)]) = pad(x, (m, n))",
    requires="full(s, 0) of the result's type at an end",
    evidence="solved",
)
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


@always(
    "slice", name="order of parts", source="x[:, k:l][i:j] = x[i:j][:, k:l]", requires="two axes", evidence="solved"
)
def order_of_parts(op: Op, graph: Rewriting) -> int | None:
    """Of parts along two axes the normal form takes the one along the earlier axis first."""
    before = graph.source(op)
    if before.kind != "slice" or before.attributes["dim"] <= op.attributes["dim"]:
        return None
    inner, dim = graph.source(before), op.attributes["dim"]
    shape = (*inner.shape[:dim], op.shape[dim], *inner.shape[dim + 1 :])
    first = graph.emit(op.with_(inputs=before.inputs, shape=shape))
    return graph.emit(before.with_(inputs=(first,), shape=op.shape))
