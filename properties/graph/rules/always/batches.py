"""A batch taken apart, each part computed by itself, and put together again."""

from __future__ import annotations

from properties.graph.ir import Op
from properties.graph.kinds import BINARY, ELEMENTWISE, POOLS, REDUCTIONS
from properties.graph.rewriting.rule import Rewriting, always

__all__ = ["parts_of_a_batch"]

_BY_NUMBER = ELEMENTWISE - {"dropout"} | {"erf", "log", "pow", "reciprocal", "square", "hardtanh"}
_BY_IMAGE = frozenset({"conv", "conv_transpose", "linear", "group_norm", *POOLS})


@always(
    "cat",
    name="parts of a batch",
    source="cat([f(a), f(b)], 0) = f(cat([a, b], 0)) for an f that treats each image by itself",
    requires="the first axis; equal operators, attributes and tensors; an f that draws nothing and takes no statistics",
    evidence="rounded",
)
def parts_of_a_batch(op: Op, graph: Rewriting) -> int | None:
    """What is computed of each part of a batch alike, and joined, is computed of the whole batch."""
    parts = [graph.ops[source] for source in op.inputs]
    first = parts[0]
    if op.attributes["dim"] != 0 or len(parts) < 2 or not all(_is_by_image(part, graph) for part in parts):
        return None
    alike = (first.kind, first.attributes, first.params, first.dtype, first.shape[1:], len(first.inputs))
    if any((p.kind, p.attributes, p.params, p.dtype, p.shape[1:], len(p.inputs)) != alike for p in parts):
        return None
    inputs = []
    for slot in range(len(first.inputs)):
        sources = tuple(part.inputs[slot] for part in parts)
        before = [graph.ops[source] for source in sources]
        own = all(b.shape[:1] == p.shape[:1] and len(b.shape) >= 1 for b, p in zip(before, parts, strict=True))
        if not own or (len(first.inputs) > 1 and any(len(b.shape) != len(first.shape) for b in before)):
            return None
        if len({(b.shape[1:], b.dtype) for b in before}) > 1:
            return None
        size = (op.shape[0], *before[0].shape[1:])
        inputs.append(graph.emit(op.with_(inputs=sources, shape=size, dtype=before[0].dtype)))
    return graph.emit(first.with_(inputs=tuple(inputs), shape=op.shape))


def _is_by_image(op: Op, graph: Rewriting) -> bool:
    """Whether an operator makes each image of the result from one image, the first axis being that of the batch."""
    a, before = op.attributes, graph.source(op) if op.inputs else op
    if not op.inputs or "computed" in a.values() or "result" in a or "given" in a:
        return False
    if op.kind in _BY_IMAGE:
        return len(op.inputs) == 1 and len(op.shape) > 1
    if op.kind in _BY_NUMBER or op.kind in BINARY:
        return len(op.shape) > 0
    if op.kind == "batch_norm":
        return not a["training"]
    if op.kind == "layer_norm":
        return bool(a["axes"] < len(op.shape))
    if op.kind in ("softmax", "log_softmax"):
        return bool(a["dim"] != 0)
    if op.kind in REDUCTIONS:
        return 0 not in a["dim"]
    if op.kind == "flatten":
        return bool(a["start"] > 0)
    return op.kind == "permute" and a["dims"][0] == 0 and before.shape[:1] == op.shape[:1]
