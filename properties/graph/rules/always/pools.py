"""Pools: global ones however they are spelled, borders, ceil mode, pools of pools."""

from __future__ import annotations

from math import inf

from properties.graph.ir import Op
from properties.graph.kinds import RESHAPES
from properties.graph.rewriting.rule import Rewriting, always
from properties.graph.rewriting.signs import is_nonnegative

__all__ = [
    "border_without_effect",
    "ceil_mode",
    "global_pool",
    "global_pool_of_flattened",
    "mean_of_mean",
    "padded_pool",
    "pool_of_single_values",
    "pooled_twice",
    "relu_after_max_pool",
]


@always(
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "mean",
    "amax",
    name="global pooling",
    source="adaptive_avg_pool(x, 1) = mean(x, (2, 3), keepdim=True), adaptive_max_pool(x, 1) = amax(x, (2, 3), True)",
    evidence="real",
)
def global_pool(op: Op, graph: Rewriting) -> int | None:
    """An adaptive pool to one value, or the mean (maximum) over every spatial axis, is a global pool."""
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


@always("mean", name="mean of a mean", source="mean_i(mean_j(x[i, j])) = mean_ij(x[i, j])", evidence="real")
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
    evidence="solved",
)
def ceil_mode(op: Op, graph: Rewriting) -> int | None:
    """A pool with stride 1 has nothing to round, so ceil mode is floor mode."""
    if not op.attributes.get("ceil_mode") or set(op.attributes["stride"]) != {1}:
        return None
    return graph.emit(op.with_(attributes={**op.attributes, "ceil_mode": False}))


@always("relu", name="ReLU before a max pool", source="max(max_i(x[i]), 0) = max_i(max(x[i], 0))", evidence="exact")
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
    evidence="real",
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
    evidence="solved",
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
    "max_pool",
    "avg_pool",
    name="padding before a pool",
    source="max_pool(pad(x, p, -inf)) = max_pool(x, padding=p), "
    "avg_pool(pad(x, p)) = avg_pool(x, padding=p, count_include_pad=True)",
    evidence="solved",
)
def padded_pool(op: Op, graph: Rewriting) -> int | None:
    """A border laid around the image before a pool is the pool's own padding.

    A max pool's border is minus infinity, or zeros around an image without negative values: every window holds a pixel.
    """
    pad, a = graph.source(op), op.attributes
    if pad.kind != "pad" or pad.attributes["mode"] != "constant" or a["ceil_mode"] or "result" in a:
        return None
    value, pairs = pad.attributes["value"], pad.attributes["padding"]
    axes = len(a["kernel_size"])
    if set(a["padding"]) != {0} or set(a.get("dilation", (1,))) != {1}:
        return None
    if any(pair != (0, 0) for pair in pairs[:-axes]) or any(low != high for low, high in pairs[-axes:]):
        return None
    padding = tuple(low for low, _ in pairs[-axes:])
    if any(not 0 <= 2 * side <= kernel for side, kernel in zip(padding, a["kernel_size"], strict=True)):
        return None
    if op.kind == "max_pool" and not (value == -inf or (value == 0 and is_nonnegative(pad.inputs[0], graph))):
        return None
    attributes = {**a, "padding": padding}
    if op.kind == "avg_pool":
        if value != 0:
            return None
        attributes["count_include_pad"] = True
    return graph.emit(op.with_(inputs=pad.inputs, attributes=attributes))


@always(
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "global_avg_pool",
    "global_max_pool",
    name="adaptive pool twice",
    source="adaptive_pool(adaptive_pool(x, s), s) = adaptive_pool(x, s), every bin being one pixel",
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
    evidence="solved",
)
def border_without_effect(op: Op, graph: Rewriting) -> int | None:
    """An average pool without a border counts as one that includes it."""
    a = op.attributes
    if set(a["padding"]) != {0} or a["ceil_mode"] or a["count_include_pad"]:
        return None
    return graph.emit(op.with_(attributes={**a, "count_include_pad": True}))
