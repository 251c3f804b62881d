"""Rules for layers: pools, means, convolutions and linear layers."""

from __future__ import annotations

from properties.graph.ir import Op
from properties.graph.rewriting.rule import Rewriting

__all__ = [
    "ceil_mode",
    "global_pool",
    "linear",
    "linear_bias",
    "mean_of_mean",
    "padded_convolution",
    "relu_after_max_pool",
]


def global_pool(op: Op, graph: Rewriting) -> int | None:
    """An adaptive pool to one value, or the mean (maximum) over every spatial axis."""
    before = graph.source(op)
    kind = "global_avg_pool" if op.kind in ("adaptive_avg_pool", "mean") else "global_max_pool"
    if op.kind.startswith("adaptive"):
        if set(op.attributes["output_size"]) != {1} or "result" in op.attributes or len(before.shape) < 3:
            return None
        return graph.emit(op.with_(kind=kind, attributes={}))
    spatial = tuple(range(2, len(before.shape)))
    if len(before.shape) < 3 or op.attributes["dim"] != spatial or "dtype" in op.attributes:
        return None
    pooled = op.with_(kind=kind, attributes={}, shape=(*before.shape[:2], *(1 for _ in spatial)))
    position = graph.emit(pooled)
    return (
        position
        if op.attributes["keepdim"]
        else graph.emit(op.with_(kind="flatten", inputs=(position,), attributes={"start": 1}))
    )


def mean_of_mean(op: Op, graph: Rewriting) -> int | None:
    """One axis after the other, or both at once."""
    before = graph.source(op)
    if before.kind != "mean" or op.attributes["keepdim"] != before.attributes["keepdim"]:
        return None
    if "dtype" in op.attributes or "dtype" in before.attributes:
        return None
    rank = len(graph.ops[before.inputs[0]].shape)
    left = (
        list(range(rank))
        if before.attributes["keepdim"]
        else [d for d in range(rank) if d not in before.attributes["dim"]]
    )
    dims = tuple(sorted({*before.attributes["dim"], *(left[d] for d in op.attributes["dim"])}))
    return graph.emit(op.with_(inputs=before.inputs, attributes={"dim": dims, "keepdim": op.attributes["keepdim"]}))


def ceil_mode(op: Op, graph: Rewriting) -> int | None:
    """With stride 1 there is nothing to round."""
    if not op.attributes.get("ceil_mode") or set(op.attributes["stride"]) != {1}:
        return None
    return graph.emit(op.with_(attributes={**op.attributes, "ceil_mode": False}))


def padded_convolution(op: Op, graph: Rewriting) -> int | None:
    """The image padded first, or by the convolution itself: with zeros, or in another mode if it pads nothing more."""
    pad = graph.source(op)
    if pad.kind != "pad" or op.attributes["padding_mode"] != "zeros":
        return None
    pairs = pad.attributes["padding"]
    if (
        len(pairs) != len(op.attributes["padding"]) + 2
        or pairs[:2] != ((0, 0), (0, 0))
        or any(side < 0 for pair in pairs for side in pair)
    ):
        return None
    own = [side if isinstance(side, tuple) else (side, side) for side in op.attributes["padding"]]
    zeros = pad.attributes["mode"] == "constant" and pad.attributes["value"] == 0.0
    if not zeros and (pad.attributes["mode"] == "constant" or any(side for pair in own for side in pair)):
        return None
    both = tuple((a + c, b + d) for (a, b), (c, d) in zip(own, pairs[2:], strict=True))
    padding = tuple(low for low, _ in both) if all(low == high for low, high in both) else both
    attributes = {**op.attributes, "padding": padding, "padding_mode": "zeros" if zeros else pad.attributes["mode"]}
    return graph.emit(op.with_(inputs=(*pad.inputs, *op.inputs[1:]), attributes=attributes))


def linear(op: Op, graph: Rewriting) -> int | None:
    """``x @ weight.T`` with a weight of the net's own."""
    bias_first = op.kind == "addmm"
    if any(op.attributes.get(factor, 1) != 1 for factor in ("alpha", "beta")):
        return None
    operands = op.inputs[1:] if bias_first else op.inputs
    turned = graph.ops[operands[1]]
    if turned.kind != "permute" or turned.attributes["dims"] != (1, 0) or len(graph.ops[operands[0]].shape) < 2:
        return None
    weight = graph.source(turned)
    params = {"weight": weight.params.get("value")}
    if bias_first:
        params["bias"] = graph.ops[op.inputs[0]].params.get("value")
    if any(param is None or param.kind != "parameter" for param in params.values()):
        return None
    if bias_first and graph.source(op).shape != op.shape[-1:]:
        return None
    return graph.emit(
        op.with_(kind="linear", inputs=operands[:1], attributes={"out_features": op.shape[-1]}, params=params)
    )


def linear_bias(op: Op, graph: Rewriting) -> int | None:
    """A bias added after a linear layer without one."""
    if len(op.inputs) != 2 or op.attributes:
        return None
    for slot in (0, 1):
        layer, bias = graph.source(op, slot), graph.source(op, 1 - slot).params.get("value")
        if layer.kind != "linear" or "bias" in layer.params or "bias" in layer.attributes or bias is None:
            continue
        if bias.kind == "parameter" and bias.shape == layer.shape[-1:] and op.shape == layer.shape:
            return graph.emit(op.with_(**_as(layer), params={**layer.params, "bias": bias}))
    return None


def _as(op: Op) -> dict[str, object]:
    return {"kind": op.kind, "inputs": op.inputs, "attributes": op.attributes}


def relu_after_max_pool(op: Op, graph: Rewriting) -> int | None:
    """The largest value, cut at 0, or the largest of the values cut at 0. The normal form cuts first."""
    pool = graph.source(op)
    if pool.kind not in ("max_pool", "global_max_pool") or "result" in pool.attributes:
        return None
    if set(pool.attributes.get("dilation", ())) - {1}:  # a dilated window can miss a small image altogether
        return None
    cut = graph.emit(op.with_(inputs=pool.inputs, shape=graph.ops[pool.inputs[0]].shape))
    return graph.emit(pool.with_(inputs=(cut,)))
