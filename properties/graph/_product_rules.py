"""Rules for products of matrices."""

from __future__ import annotations

from properties.graph._rewriting import Rewriting
from properties.graph.ir import Op

__all__ = ["merged_batches", "product_and_sum", "transposed_product"]


def product_and_sum(op: Op, graph: Rewriting) -> int | None:
    """``beta * a + alpha * (b @ c)`` step by step."""
    a = dict(op.attributes)
    alpha, beta = a.pop("alpha", 1), a.pop("beta", 1)
    if a or len(op.inputs) != 3:
        return None
    added, first, second = op.inputs
    made = graph.emit(op.with_(kind="matmul", inputs=(first, second), attributes={}))
    if alpha != 1:
        made = graph.emit(op.with_(kind="mul", inputs=(made,), attributes={"scalar": alpha}))
    if beta == 0:  # what it multiplies does not count, not even where it is no number
        return made
    if beta != 1:
        scaled = op.with_(kind="mul", inputs=(added,), attributes={"scalar": beta}, shape=graph.ops[added].shape)
        added = graph.emit(scaled)
    return graph.emit(op.with_(kind="add", inputs=(made, added), attributes={}))


def transposed_product(op: Op, graph: Rewriting) -> int | None:
    """``(a @ b).T`` is ``b.T @ a.T``."""
    product, dims = graph.source(op), op.attributes["dims"]
    rank = len(dims)
    turned = (*range(rank - 2), rank - 1, rank - 2)
    if product.kind != "matmul" or dims != turned or rank < 2 or product.attributes:
        return None
    if any(len(graph.ops[source].shape) != rank for source in product.inputs):
        return None
    sides = []
    for source in reversed(product.inputs):
        before = graph.ops[source]
        shape = tuple(before.shape[dim] for dim in turned)
        sides.append(
            graph.emit(op.with_(inputs=(source,), attributes={"dims": turned}, shape=shape, dtype=before.dtype))
        )
    return graph.emit(product.with_(inputs=tuple(sides), shape=op.shape))


def merged_batches(op: Op, graph: Rewriting) -> int | None:
    """Matrices numbered along one axis, or along the several that were merged to it. The normal form reshapes last."""
    if len(op.inputs) != 2 or op.attributes or len(op.shape) != 3:
        return None
    sources = [graph.source(op, slot) for slot in (0, 1)]
    if any(source.kind != "reshape" or len(source.shape) != 3 for source in sources):
        return None
    inner = [graph.source(source).shape for source in sources]
    outer = {shape[:-2] for shape in inner}
    if len(outer) != 1 or any(a[-2:] != b.shape[-2:] for a, b in zip(inner, sources, strict=True)):
        return None
    shape = (*inner[0][:-2], *op.shape[-2:])
    if len(shape) < 4:
        return None
    moved = graph.emit(op.with_(inputs=tuple(source.inputs[0] for source in sources), shape=shape))
    return graph.emit(op.with_(kind="reshape", inputs=(moved,), attributes={"shape": op.shape}))
