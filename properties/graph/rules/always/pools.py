"""Pools: global ones however they are spelled, borders, ceil mode, pools of pools."""

from __future__ import annotations

from math import inf

from properties.graph.ir import Op
from properties.graph.kinds import RESHAPES
from properties.graph.rewriting.rule import Rewriting, always, in_real_arithmetic
from properties.graph.rewriting.signs import is_nonnegative

__all__ = [
    "border_without_effect",
    "ceil_mode",
    "global_maximum",
    "global_pool",
    "global_pool_of_flattened",
    "mean_of_mean",
    "padded_max_pool",
    "padded_pool",
    "pool_of_single_values",
    "pooled_twice",
    "relu_after_max_pool",
]


@always(
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "mean",
    name="global pooling",
    source="adaptive_avg_pool(x, 1) = mean(x, (2, 3), keepdim=True)",
    requires="3 axes or more, output size 1; every spatial axis and no other; no dtype, and the places are not read",
    evidence="rounded",
)
def global_pool(op: Op, graph: Rewriting) -> int | None:
    """An adaptive pool to one value, or the mean over every spatial axis, is a global pool."""
    if op.kind == "mean":
        return _over_all_pixels(op, graph, "global_avg_pool")
    if set(op.attributes["output_size"]) != {1} or "result" in op.attributes or len(op.shape) < 3:
        return None
    if len(op.attributes["output_size"]) != len(op.shape) - 2:
        return None
    return graph.emit(op.with_(kind=op.kind.replace("adaptive", "global"), attributes={}))


@in_real_arithmetic(
    "amax",
    name="global pooling",
    source="adaptive_max_pool(x, 1) = amax(x, (2, 3), keepdim=True)",
    requires="3 axes or more; every spatial axis and no other",
    departs="gradients where several pixels are the largest",
)
def global_maximum(op: Op, graph: Rewriting) -> int | None:
    """The maximum over every spatial axis is a global pool."""
    return _over_all_pixels(op, graph, "global_max_pool")


def _over_all_pixels(op: Op, graph: Rewriting, kind: str) -> int | None:
    before = graph.source(op)
    spatial = tuple(range(2, len(before.shape)))
    if len(before.shape) < 3 or op.attributes["dim"] != spatial or set(op.attributes) != {"dim", "keepdim"}:
        return None
    pooled = op.with_(kind=kind, attributes={}, shape=(*before.shape[:2], *(1 for _ in spatial)))
    position = graph.emit(pooled)
    return (
        position
        if op.attributes["keepdim"]
        else graph.emit(op.with_(kind="flatten", inputs=(position,), attributes={"start": 1}))
    )


@always(
    "mean",
    name="mean of a mean",
    source="mean_i(mean_j(x[i, j])) = mean_ij(x[i, j])",
    requires="equal keepdim, and no dtype",
    evidence="rounded",
)
def mean_of_mean(op: Op, graph: Rewriting) -> int | None:
    """A mean over one axis of a mean over another is the mean over both."""
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


@always(
    "max_pool",
    "avg_pool",
    name="ceil mode at stride 1",
    source="ceil(n / 1) = floor(n / 1) = n for n = size + 2 * padding - dilation * (kernel - 1) - 1",
    requires="every stride is 1",
    evidence="solved",
)
def ceil_mode(op: Op, graph: Rewriting) -> int | None:
    """A pool with stride 1 has nothing to round, so ceil mode is floor mode."""
    if not op.attributes.get("ceil_mode") or set(op.attributes["stride"]) != {1}:
        return None
    return graph.emit(op.with_(attributes={**op.attributes, "ceil_mode": False}))


@always(
    "relu",
    name="ReLU before a max pool",
    source="max(max_i(x[i]), 0) = max_i(max(x[i], 0))",
    requires="dilation 1, and the places are not read",
    evidence="exact",
)
def relu_after_max_pool(op: Op, graph: Rewriting) -> int | None:
    """A ReLU of a max pool is the max pool of a ReLU: the normal form cuts first."""
    pool = graph.source(op)
    if pool.kind not in ("max_pool", "global_max_pool") or "result" in pool.attributes:
        return None
    if set(pool.attributes.get("dilation", ())) - {1}:  # a dilated window can miss a small image altogether
        return None
    cut = graph.emit(op.with_(inputs=pool.inputs, shape=graph.ops[pool.inputs[0]].shape))
    return graph.emit(pool.with_(inputs=(cut,)))


@always(
    "global_avg_pool",
    "global_max_pool",
    name="global pooling of a flattened image",
    source="mean(flatten(x, 2), dim=2) = mean(x, dim=(2, 3)), amax(flatten(x, 2), dim=2) = amax(x, dim=(2, 3))",
    requires="the batch and channel axes are kept",
    evidence="rounded",
)
def global_pool_of_flattened(op: Op, graph: Rewriting) -> int | None:
    """A global pool of a flattened image is one of the image, in rows and columns."""
    before = graph.source(op)
    if before.kind not in RESHAPES:
        return None
    inner = graph.source(before)
    if len(inner.shape) < 3 or inner.shape[:2] != op.shape[:2] or inner.shape[:2] != before.shape[:2]:
        return None
    size = (*inner.shape[:2], *(1 for _ in inner.shape[2:]))
    pooled = graph.emit(op.with_(inputs=before.inputs, shape=size))
    return graph.emit(before.with_(kind="reshape", inputs=(pooled,), attributes={"shape": op.shape}, shape=op.shape))


@always(
    "max_pool",
    "avg_pool",
    name="pool of single values",
    source="pool(x, kernel=1, stride=s) = x[..., ::s, ::s]",
    requires="kernel 1, no padding, divisor_override None or 1, and the places are not read",
    evidence="solved",
    whatever=("dilation", "ceil_mode", "count_include_pad"),
)
def pool_of_single_values(op: Op, graph: Rewriting) -> int | None:
    """A 1x1 pool with a stride is a strided slice."""
    a = op.attributes
    if set(a["kernel_size"]) != {1} or set(a["padding"]) != {0} or "result" in a or set(a["stride"]) == {1}:
        return None
    if a.get("divisor_override") not in (None, 1):
        return None
    position, size = op.inputs[0], list(graph.source(op).shape)
    for dim, stride in enumerate(a["stride"], len(size) - len(a["stride"])):
        if stride > 1:
            end = (op.shape[dim] - 1) * stride + 1
            size[dim] = op.shape[dim]
            cut = {"dim": dim, "start": 0, "end": end, "step": stride}
            position = graph.emit(op.with_(kind="slice", inputs=(position,), attributes=cut, shape=tuple(size)))
    return position


@always(
    "avg_pool",
    name="padding before a pool",
    source="avg_pool(pad(x, p)) = avg_pool(x, padding=p, count_include_pad=True)",
    requires="zeros, as many on either side, at most half a kernel; floor mode, and no padding of its own",
    evidence="solved",
)
def padded_pool(op: Op, graph: Rewriting) -> int | None:
    """A border of zeros laid around the image before an average pool is the pool's own padding."""
    padding = _border(op, graph)
    if padding is None or graph.source(op).attributes["value"] != 0:
        return None
    attributes = {**op.attributes, "padding": padding, "count_include_pad": True}
    return graph.emit(op.with_(inputs=graph.source(op).inputs, attributes=attributes))


@in_real_arithmetic(
    "max_pool",
    name="padding before a pool",
    source="max_pool(pad(x, p, -inf)) = max_pool(x, padding=p), likewise with a border of 0 for x >= 0",
    requires="as many on either side, at most half a kernel; floor mode, dilation 1, and no padding of its own",
    departs="gradients where a pixel is not above the border",
)
def padded_max_pool(op: Op, graph: Rewriting) -> int | None:
    """A border of minus infinity, or of zeros around an image without negative values: every window holds a pixel."""
    padding, pad = _border(op, graph), graph.source(op)
    if padding is None:
        return None
    value = pad.attributes["value"]
    if not (value == -inf or (value == 0 and is_nonnegative(pad.inputs[0], graph))):
        return None
    return graph.emit(op.with_(inputs=pad.inputs, attributes={**op.attributes, "padding": padding}))


def _border(op: Op, graph: Rewriting) -> tuple[int, ...] | None:
    """How wide the constant border before a pool is, if the pool could lay it itself."""
    pad, a = graph.source(op), op.attributes
    if pad.kind != "pad" or pad.attributes["mode"] != "constant" or a["ceil_mode"] or "result" in a:
        return None
    pairs, axes = pad.attributes["padding"], len(a["kernel_size"])
    if set(a["padding"]) != {0} or set(a.get("dilation", (1,))) != {1}:
        return None
    if any(pair != (0, 0) for pair in pairs[:-axes]) or any(low != high for low, high in pairs[-axes:]):
        return None
    padding = tuple(low for low, _ in pairs[-axes:])
    halves = (0 <= 2 * side <= kernel for side, kernel in zip(padding, a["kernel_size"], strict=True))
    return padding if all(halves) else None


@always(
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "global_avg_pool",
    "global_max_pool",
    name="adaptive pool twice",
    source="adaptive_pool(adaptive_pool(x, s), s) = adaptive_pool(x, s), every bin being one pixel",
    requires="equal kinds and output sizes, and the places are not read",
    evidence="solved",
)
def pooled_twice(op: Op, graph: Rewriting) -> int | None:
    """A pool to a size that the image was just pooled to has no effect."""
    before = graph.source(op)
    if "result" in op.attributes or "result" in before.attributes or not before.kind.endswith("_pool"):
        return None
    if op.kind.startswith("global"):
        return op.inputs[0] if before.kind.startswith("global") and before.shape == op.shape else None
    alike = before.kind.startswith("adaptive") and dict(before.attributes) == dict(op.attributes)
    return op.inputs[0] if alike and before.shape == op.shape else None


@always(
    "avg_pool",
    name="border without effect",
    source="avg_pool(x, padding=0, count_include_pad=False) = avg_pool(x, padding=0, count_include_pad=True)",
    requires="no padding, and floor mode",
    evidence="solved",
)
def border_without_effect(op: Op, graph: Rewriting) -> int | None:
    """An average pool without a border counts as one that includes it."""
    a = op.attributes
    if set(a["padding"]) != {0} or a["ceil_mode"] or a["count_include_pad"]:
        return None
    return graph.emit(op.with_(attributes={**a, "count_include_pad": True}))
