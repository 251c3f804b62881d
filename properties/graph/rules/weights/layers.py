"""Single layers whose weight or bias is stored in another shape, such as a linear layer that is a convolution.

The normal form of a linear layer is the convolution, whose kernel says which pixel each weight multiplies.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import prod
from typing import Any

from properties.graph.ir import Op, Param, Shape
from properties.graph.kinds import RESHAPES
from properties.graph.labels import is_pointwise
from properties.graph.recipe import permuted, reshaped
from properties.graph.rewriting.params import can_change, remade, with_kernel
from properties.graph.rewriting.rule import Rewriting, under_weight_map

__all__ = [
    "bias_of_convolution",
    "dropout_after_permute",
    "linear_is_convolution",
    "pointwise_before_reshape",
    "product_is_linear",
]


@under_weight_map(
    "linear",
    name="linear layer as a convolution",
    source="x @ V.T = conv(x[..., None, None], V[..., None, None]), flatten(y, 1) @ V.T = conv(y, V.view(K, C, H, W))",
    requires="a weight whose content is no part of the net, and one operand",
    evidence="rounded",
)
def linear_is_convolution(op: Op, graph: Rewriting) -> int | None:
    """A linear layer on one vector, on a flattened image, or on the channels of every pixel is a convolution."""
    weight = op.params.get("weight")
    rank = len(op.shape)
    if weight is None or not can_change(weight) or "bias" in op.attributes or rank < 2 or len(op.inputs) != 1:
        return None
    if rank > 2:
        return _on_every_pixel(op, weight, graph)
    position = op.inputs[0]
    before = graph.ops[position]
    if before.kind == "flatten" and before.attributes["start"] == 1:
        position = before.inputs[0]
    else:
        size = (*before.shape, 1, 1)
        position = graph.emit(Op("reshape", (position,), {"shape": size}, shape=size, where=op.where, dtype=op.dtype))
    kernel = graph.ops[position].shape[2:]
    made = graph.emit(_convolution(op, weight, position, kernel, (*op.shape, *(1 for _ in kernel))))
    return graph.emit(op.with_(kind="flatten", inputs=(made,), attributes={"start": 1}, params={}))


def _on_every_pixel(op: Op, weight: Param, graph: Rewriting) -> int:
    rank = len(op.shape)
    first, last = (0, rank - 1, *range(1, rank - 1)), (0, *range(2, rank), 1)
    before = graph.source(op)
    turned = before.with_(
        kind="permute",
        inputs=op.inputs,
        attributes={"dims": first},
        params={},
        shape=tuple(before.shape[axis] for axis in first),
        where=op.where,
    )
    size = tuple(op.shape[axis] for axis in first)
    made = graph.emit(_convolution(op, weight, graph.emit(turned), (1,) * (rank - 2), size))
    return graph.emit(op.with_(kind="permute", inputs=(made,), attributes={"dims": last}, params={}))


def _convolution(op: Op, weight: Param, position: int, kernel: Shape, shape: Shape) -> Op:
    out = op.shape[-1]
    size = (out, weight.shape[1] // prod(kernel), *kernel)
    attributes: dict[str, Any] = {
        "out_channels": out,
        "kernel_size": kernel,
        "stride": (1,) * len(kernel),
        "padding": (0,) * len(kernel),
        "dilation": (1,) * len(kernel),
        "groups": 1,
        "padding_mode": "zeros",
        **{name: value for name, value in op.attributes.items() if name != "out_features"},
    }
    params = {**op.params, "weight": remade(weight, partial(reshaped, shape=size))}
    return op.with_(kind="conv", inputs=(position,), attributes=attributes, params=params, shape=shape)


@under_weight_map(
    "matmul",
    "mm",
    name="product as a linear layer",
    source="x @ P = linear(x, W) with W = P.T",
    requires="a parameter of 2 axes, and x of two or more",
    evidence="rounded",
)
def product_is_linear(op: Op, graph: Rewriting) -> int | None:
    """A product with a weight of the net's own is a linear layer that stores it transposed."""
    leaf = graph.source(op, 1) if len(op.inputs) == 2 else op
    weight = leaf.params.get("value")
    if leaf.kind != "parameter" or weight is None or weight.kind != "parameter" or not can_change(weight):
        return None
    if len(weight.shape) != 2 or len(graph.source(op).shape) < 2 or op.attributes:
        return None
    turned = remade(weight, partial(permuted, dims=(1, 0)))
    linear = op.with_(kind="linear", inputs=op.inputs[:1], attributes={"out_features": op.shape[-1]})
    return graph.emit(linear.with_(params={"weight": turned}))


@under_weight_map(
    "conv",
    name="1x1 convolution before a reshape",
    source="conv(flatten(x, 2), W) = flatten(conv(x, W[..., None]), 2) for W of size (K, C, 1)",
    requires="kernel and stride 1, no padding; batch and channel axes are kept",
    evidence="rounded",
)
def pointwise_before_reshape(op: Op, graph: Rewriting) -> int | None:
    """A 1x1 convolution after a reshape of the pixels goes before it, as it treats every pixel alike."""
    before, weight = graph.source(op), op.params.get("weight")
    if before.kind not in RESHAPES or len(op.inputs) != 1 or not can_change(weight) or not is_pointwise(op):
        return None
    inner = graph.ops[before.inputs[0]]
    if len(inner.shape) < 3 or inner.shape[:2] != before.shape[:2] or weight is None:
        return None
    layer = with_kernel(op, weight, (1,) * (len(inner.shape) - 2))
    moved = graph.emit(layer.with_(inputs=before.inputs, shape=(*op.shape[:2], *inner.shape[2:])))
    attributes: Mapping[str, Any] = before.attributes if before.kind == "flatten" else {"shape": op.shape}
    return graph.emit(before.with_(inputs=(moved,), attributes=attributes, shape=op.shape, dtype=op.dtype))


@under_weight_map(
    "add",
    name="bias of a convolution",
    source="conv(x, W) + P = conv(x, W, P.reshape(C)) for P of size (C, 1, 1)",
    requires="a convolution without a bias, and a parameter of size (C, 1, 1)",
    evidence="rounded",
)
def bias_of_convolution(op: Op, graph: Rewriting) -> int | None:
    """A number for each channel, added after a convolution without a bias, is the convolution's own bias."""
    if len(op.inputs) != 2 or op.attributes:
        return None
    for slot in (0, 1):
        layer, bias = graph.source(op, slot), graph.source(op, 1 - slot).params.get("value")
        if layer.kind != "conv" or {"bias"} & {*layer.params, *layer.attributes} or bias is None:
            continue
        channels = layer.shape[1]
        per_channel = (channels, *(1 for _ in layer.shape[2:]))
        if can_change(bias) and bias.kind == "parameter" and bias.shape == per_channel and op.shape == layer.shape:
            params = {**layer.params, "bias": remade(bias, partial(reshaped, shape=(channels,)))}
            return graph.emit(op.with_(kind="conv", inputs=layer.inputs, attributes=layer.attributes, params=params))
    return None


@under_weight_map(
    "dropout",
    name="dropout before a permutation",
    source="permute(x, d) * m = permute(x * m.permute(argsort(d)), d), the draws m being alike in every order",
    requires="a dropout of elements",
    evidence="exact",
)
def dropout_after_permute(op: Op, graph: Rewriting) -> int | None:
    """A dropout after a permutation goes before it; its draws fall on other numbers: equal in distribution."""
    before = graph.source(op)
    if before.kind != "permute":
        return None
    moved = graph.emit(op.with_(inputs=before.inputs, shape=graph.source(before).shape))
    return graph.emit(before.with_(inputs=(moved,)))
