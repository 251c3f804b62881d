"""Attention written out as two products with a softmax between them."""

from __future__ import annotations

from math import isclose, prod, sqrt
from typing import Any

from properties.graph.ir import Op
from properties.graph.kinds import RESHAPES, VIEWS
from properties.graph.rewriting.polynomials import LAST_DIGITS
from properties.graph.rewriting.rule import Rewriting, always, in_real_arithmetic
from properties.graph.rewriting.views import last_two_turned, origin_of

__all__ = [
    "attention",
    "attention_scale",
    "factor_before_product",
    "mask_without_effect",
    "merged_batches",
    "softmax_of_reshaped",
]


@always(
    "matmul",
    name="product of merged batches",
    source="flatten(a, 0, 1) @ flatten(b, 0, 1) = flatten(a @ b, 0, 1)",
    requires="3 axes, of which the first was merged",
    evidence="exact",
)
def merged_batches(op: Op, graph: Rewriting) -> int | None:
    """A product of matrices numbered along one merged axis is one along the axes before the merging, reshaped."""
    if len(op.inputs) != 2 or op.attributes or len(op.shape) != 3:
        return None
    if any(len(graph.ops[source].shape) != 3 for source in op.inputs):
        return None
    for source in op.inputs:
        found = origin_of(source, graph)
        if found is None or len(found[1].leading()) < 2:
            continue
        outer = found[1].leading()
        sides = []
        for each in op.inputs:
            before = graph.ops[each]
            size = (*outer, *before.shape[-2:])
            cut = op.with_(kind="reshape", inputs=(each,), attributes={"shape": size}, shape=size, dtype=before.dtype)
            sides.append(graph.emit(cut))
        moved = graph.emit(op.with_(inputs=tuple(sides), shape=(*outer, *op.shape[-2:])))
        return graph.emit(op.with_(kind="reshape", inputs=(moved,), attributes={"shape": op.shape}))
    return None


@always(
    "softmax",
    "log_softmax",
    name="softmax of a reshape",
    source="softmax(x.view(N, C, H * W), dim=1) = softmax(x, dim=1).view(N, C, H * W) for x of size (N, C, H, W)",
    requires="dim was kept by the reshape; no dtype",
    evidence="rounded",
)
def softmax_of_reshaped(op: Op, graph: Rewriting) -> int | None:
    """A softmax along an axis that a reshape kept goes before the reshape: the normal form reshapes last."""
    before = graph.source(op)
    if before.kind not in RESHAPES or set(op.attributes) != {"dim"}:
        return None
    inner, at = graph.source(before), op.attributes["dim"]
    ahead = prod(op.shape[:at])
    for axis, size in enumerate(inner.shape):
        if size == op.shape[at] and prod(inner.shape[:axis]) == ahead and size != 1:
            moved = op.with_(inputs=before.inputs, attributes={"dim": axis}, shape=inner.shape)
            return graph.emit(before.with_(inputs=(graph.emit(moved),), dtype=op.dtype))
    return None


@in_real_arithmetic(
    "matmul",
    name="factor before a product",
    source="(c * a) @ b = c * (a @ b) = a @ (c * b)",
    requires="scalar, no rounding_mode",
    departs="a product that overflows before it is scaled down, or after it was scaled up",
)
def factor_before_product(op: Op, graph: Rewriting) -> int | None:
    """A number that multiplies or divides one factor of a product multiplies or divides the product."""
    if len(op.inputs) != 2 or op.attributes:
        return None
    for slot in (0, 1):
        found = _without_factor(op.inputs[slot], graph)
        if found is not None:
            kind, scalar, position = found
            inputs = (position, op.inputs[1]) if slot == 0 else (op.inputs[0], position)
            made = graph.emit(op.with_(inputs=inputs))
            return graph.emit(op.with_(kind=kind, inputs=(made,), attributes={"scalar": scalar}))
    return None


def _without_factor(position: int, graph: Rewriting) -> tuple[str, float, int] | None:
    """The number by which a value was multiplied or divided before it was moved about, and the value without it."""
    op = graph.ops[position]
    if op.kind in ("mul", "div") and len(op.inputs) == 1 and set(op.attributes) == {"scalar"}:
        return op.kind, op.attributes["scalar"], op.inputs[0]
    if op.kind not in VIEWS:
        return None
    found = _without_factor(op.inputs[0], graph)
    return None if found is None else (*found[:2], graph.emit(op.with_(inputs=found[2:])))


@in_real_arithmetic(
    "matmul",
    name="attention by hand",
    source="softmax(c * q @ k.T + m) @ v = scaled_dot_product_attention(q, k, v, m, scale=c) (arXiv:1706.03762)",
    requires="the softmax along the last axis; the mask is of the scores' type; equal ranks and batches",
    departs="a row that is masked altogether: zeros in one, no number in the other; scores that overflow "
    "before they are scaled",
)
def attention(op: Op, graph: Rewriting) -> int | None:
    """A softmax of scaled and masked products of queries and keys, times the values, is attention."""
    if len(op.inputs) != 2 or op.attributes or len(op.shape) < 3:
        return None
    first, second = op.inputs
    found = _attended(op, graph, first, second)
    return _turned_attention(op, graph) if found is None else found


def _turned_attention(op: Op, graph: Rewriting) -> int | None:
    """``v.T @ weights.T``, which is the attention's result transposed."""
    first, second = op.inputs
    turned = graph.ops[second]
    if turned.kind != "permute" or turned.attributes["dims"] != last_two_turned(len(op.shape)):
        return None
    if len(graph.ops[first].shape) != len(op.shape) or _weights(turned.inputs[0], graph) is None:
        return None
    shape = (*op.shape[:-2], op.shape[-1], op.shape[-2])
    made = _attended(op.with_(shape=shape), graph, turned.inputs[0], _turned(first, graph))
    return None if made is None else _turned(made, graph)


def _weights(position: int, graph: Rewriting) -> tuple[Op, float] | None:
    """A softmax along the last axis, and the rate of the dropout after it."""
    op, rate = graph.ops[position], 0.0
    if op.kind == "dropout":
        op, rate = graph.source(op), op.attributes["p"]
    return (op, rate) if op.kind == "softmax" and dict(op.attributes) == {"dim": len(op.shape) - 1} else None


def _attended(op: Op, graph: Rewriting, weights: int, value: int) -> int | None:
    found = _weights(weights, graph)
    if found is None:
        return None
    for scores, mask in _with_masks(found[0].inputs[0], graph):
        product = _scaled(scores, graph)
        if product is None:
            continue
        query, turned_key, scale = product
        shapes = [graph.ops[source].shape for source in (query, turned_key, value)]
        if any(len(shape) != len(op.shape) or shape[:-2] != op.shape[:-2] for shape in shapes):
            continue
        attributes: dict[str, Any] = {"dropout_p": found[1], "is_causal": False, "enable_gqa": False, "scale": scale}
        if mask:
            attributes["given"] = ("attn_mask",)
        inputs = (query, _turned(turned_key, graph), value, *mask)
        return graph.emit(op.with_(kind="scaled_dot_product_attention", inputs=inputs, attributes=attributes))
    return None


def _with_masks(position: int, graph: Rewriting) -> list[tuple[int, tuple[int, ...]]]:
    """The scores as they are, or what is added to them as a mask."""
    op = graph.ops[position]
    found: list[tuple[int, tuple[int, ...]]] = [(position, ())]
    if op.kind == "add" and len(op.inputs) == 2 and not op.attributes:
        for scores, mask in (op.inputs, op.inputs[::-1]):
            if graph.ops[scores].shape == op.shape and graph.ops[mask].dtype == op.dtype:
                found.append((scores, (mask,)))
    return found


def _scaled(position: int, graph: Rewriting) -> tuple[int, int, float] | None:
    """Queries, transposed keys and the number that their product is multiplied by."""
    op, scale = graph.ops[position], 1.0
    while op.kind in ("mul", "div") and len(op.inputs) == 1 and set(op.attributes) == {"scalar"}:
        scalar = op.attributes["scalar"]
        if not isinstance(scalar, int | float) or scalar == 0:
            return None
        scale = scale * scalar if op.kind == "mul" else scale / scalar
        op = graph.source(op)
    if op.kind != "matmul" or op.attributes or len(op.inputs) != 2:
        return None
    return op.inputs[0], op.inputs[1], scale


def _turned(position: int, graph: Rewriting) -> int:
    before = graph.ops[position]
    dims = last_two_turned(len(before.shape))
    shape = tuple(before.shape[dim] for dim in dims)
    turned = Op("permute", (position,), {"dims": dims}, shape=shape, where=before.where, dtype=before.dtype)
    return graph.emit(turned)


@always(
    "scaled_dot_product_attention",
    name="attention's own scale",
    source="scaled_dot_product_attention(q, k, v) = scaled_dot_product_attention(q, k, v, scale=q.shape[-1]^(-1/2))",
    requires="the scale is q.shape[-1]^(-1/2) to the last digits",
    evidence="rounded",
)
def attention_scale(op: Op, graph: Rewriting) -> int | None:
    """A scale of attention that is the one it has by itself need not be named."""
    scale, wide = op.attributes.get("scale"), graph.source(op).shape[-1]
    if not isinstance(scale, int | float) or not isclose(scale * sqrt(wide), 1, rel_tol=LAST_DIGITS):
        return None
    return graph.emit(op.with_(attributes={name: value for name, value in op.attributes.items() if name != "scale"}))


@always(
    "scaled_dot_product_attention",
    name="mask without effect",
    source="scaled_dot_product_attention(q, k, v, full(s, True)) = scaled_dot_product_attention(q, k, v), "
    "likewise full(s, 0.0)",
    requires="the mask is True, or of a float type and 0, everywhere",
    evidence="rounded",
)
def mask_without_effect(op: Op, graph: Rewriting) -> int | None:
    """A mask that hides nothing, or adds nothing, need not be given."""
    if op.attributes.get("given") != ("attn_mask",) or len(op.inputs) != 4:
        return None
    mask = graph.source(op, 3)
    if mask.kind != "full" or mask.attributes["value"] != (mask.dtype == "bool"):
        return None
    attributes = {name: value for name, value in op.attributes.items() if name != "given"}
    return graph.emit(op.with_(inputs=op.inputs[:3], attributes=attributes))
