"""Rules for products of matrices."""

from __future__ import annotations

from properties.graph.ir import Op
from properties.graph.rewriting.rule import Rewriting

__all__ = ["parameter_first", "product_and_sum", "transposed_product"]


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
    if any(graph.ops[source].kind == "parameter" for source in product.inputs):  # the form of a linear layer stays
        return None
    sides = tuple(_permuted(op, graph, source, turned) for source in reversed(product.inputs))
    return graph.emit(product.with_(inputs=sides, shape=op.shape))


def parameter_first(op: Op, graph: Rewriting) -> int | None:
    """``weight @ x`` is ``x.T @ weight.T``, turned back: the form that a linear layer has."""
    if len(op.inputs) != 2 or op.attributes:
        return None
    (left, right), rank = op.inputs, len(op.shape)
    weight, before = graph.ops[left], graph.ops[right]
    param = weight.params.get("value")
    if weight.kind != "parameter" or param is None or param.kind != "parameter" or before.kind == "parameter":
        return None
    if len(weight.shape) != 2 or rank < 2 or len(before.shape) != rank:
        return None
    turned = (*range(rank - 2), rank - 1, rank - 2)
    first = _permuted(op, graph, right, turned)
    second = _permuted(op, graph, left, (1, 0))
    shape = tuple(op.shape[dim] for dim in turned)
    made = graph.emit(op.with_(inputs=(first, second), shape=shape))
    return graph.emit(op.with_(kind="permute", inputs=(made,), attributes={"dims": turned}))


def _permuted(op: Op, graph: Rewriting, position: int, dims: tuple[int, ...]) -> int:
    before = graph.ops[position]
    shape = tuple(before.shape[dim] for dim in dims)
    return graph.emit(
        op.with_(kind="permute", inputs=(position,), attributes={"dims": dims}, shape=shape, dtype=before.dtype)
    )
