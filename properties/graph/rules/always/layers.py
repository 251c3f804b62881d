"""Convolutions and linear layers: padding and strides before them, linear layers as products, batches part by part."""

from __future__ import annotations

from properties.graph.ir import Op
from properties.graph.kinds import BINARY, ELEMENTWISE, POOLS, REDUCTIONS
from properties.graph.rewriting.rule import Rewriting, always

__all__ = ["dilated_pointwise", "linear", "linear_bias", "padded_convolution", "parts_of_a_batch", "strided_pointwise"]

_BY_NUMBER = ELEMENTWISE - {"dropout"} | {"erf", "log", "pow", "reciprocal", "square", "hardtanh"}
_BY_IMAGE = frozenset({"conv", "conv_transpose", "linear", "group_norm", *POOLS})


@always(
    "conv",
    name="padding before a convolution",
    source="conv(pad(x, p, mode), W) = conv(x, W, padding=p, padding_mode=mode)",
    requires="no negative side; padding_mode zeros; zeros, or another mode and no padding of its own",
    evidence="rounded",
)
def padded_convolution(op: Op, graph: Rewriting) -> int | None:
    """A border laid around the image before a convolution is the convolution's own padding."""
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
    zeros = pad.attributes["value"] == 0.0 and pad.attributes["mode"] == "constant"
    if not zeros and (pad.attributes["mode"] == "constant" or any(side for pair in own for side in pair)):
        return None
    both = tuple((a + c, b + d) for (a, b), (c, d) in zip(own, pairs[2:], strict=True))
    padding = tuple(low for low, _ in both) if all(low == high for low, high in both) else both
    attributes = {**op.attributes, "padding": padding, "padding_mode": "zeros" if zeros else pad.attributes["mode"]}
    return graph.emit(op.with_(inputs=(*pad.inputs, *op.inputs[1:]), attributes=attributes))


@always(
    "matmul",
    "mm",
    "addmm",
    name="linear layer by hand",
    source="x @ W.T = linear(x, W), addmm(b, x, W.T) = linear(x, W, b)",
    requires="a transposed parameter of 2 axes; alpha and beta 1; the bias a parameter of the result's last size",
    evidence="rounded",
)
def linear(op: Op, graph: Rewriting) -> int | None:
    """A product with a transposed weight of the net's own is a linear layer."""
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


@always(
    "add",
    name="bias of a linear layer",
    source="linear(x, W) + b = linear(x, W, b)",
    requires="a layer without a bias, and a parameter of the result's last size",
    evidence="rounded",
)
def linear_bias(op: Op, graph: Rewriting) -> int | None:
    """A bias added after a linear layer without one is the layer's own."""
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


@always(
    "conv",
    name="strided slice before a 1x1 convolution",
    source="conv(x[..., ::t, ::t], W, stride=s) = conv(x, W, stride=s * t) for a 1x1 kernel and no padding",
    requires="kernel 1, no padding, a slice from 0 on that takes every step-th pixel",
    evidence="rounded",
)
def strided_pointwise(op: Op, graph: Rewriting) -> int | None:
    """A 1x1 convolution of a strided slice is one with a stride."""
    cut, a = graph.source(op), op.attributes
    if cut.kind != "slice" or set(a["kernel_size"]) != {1} or set(a["padding"]) != {0}:
        return None
    dim, step, size = cut.attributes["dim"], cut.attributes["step"], graph.source(cut).shape
    if dim < 2 or step == 1 or cut.attributes["start"] != 0 or cut.shape[dim] != -(-size[dim] // step):
        return None
    stride = tuple(s * step if axis == dim - 2 else s for axis, s in enumerate(a["stride"]))
    return graph.emit(op.with_(inputs=(*cut.inputs, *op.inputs[1:]), attributes={**a, "stride": stride}))


@always(
    "conv",
    name="dilation of a 1x1 kernel",
    source="conv(x, W, dilation=d) = conv(x, W) for a 1x1 kernel",
    requires="kernel 1",
    evidence="exact",
    whatever=("dilation",),
)
def dilated_pointwise(op: Op, graph: Rewriting) -> int | None:
    """The one weight of a 1x1 kernel has none to be apart from."""
    a = op.attributes
    if set(a["kernel_size"]) != {1} or set(a["dilation"]) == {1}:
        return None
    return graph.emit(op.with_(attributes={**a, "dilation": (1,) * len(a["kernel_size"])}))


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
