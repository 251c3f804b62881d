"""Rules for pools: padding before them (always equal), and what they do at one size only (tier C)."""

from __future__ import annotations

from math import inf, isclose, prod

from properties.graph.ir import Op
from properties.graph.rewriting.rule import Rewriting
from properties.graph.rewriting.signs import is_nonnegative

__all__ = ["adaptive_with_equal_bins", "bias_before_norm", "border_without_effect", "ceil_mode_without_effect",
           "padded_pool", "pool_of_one_pixel", "pooled_twice",
           "sum_as_mean", "window_over_all"]  # fmt: skip


def padded_pool(op: Op, graph: Rewriting) -> int | None:
    """The border laid around the image first, or by the pool itself.

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


def window_over_all(op: Op, graph: Rewriting) -> int | None:
    """A pool whose one window is the image."""
    a, before = op.attributes, graph.source(op)
    axes = len(a["kernel_size"])
    if a["kernel_size"] != before.shape[-axes:] or set(a["padding"]) != {0} or "result" in a:
        return None
    if set(op.shape[-axes:]) != {1} or axes != len(before.shape) - 2 or set(a.get("dilation", (1,))) != {1}:
        return None
    if op.kind == "avg_pool" and a["divisor_override"] not in (None, prod(a["kernel_size"])):
        return None
    return graph.emit(op.with_(kind=f"global_{op.kind}", attributes={}))


def adaptive_with_equal_bins(op: Op, graph: Rewriting) -> int | None:
    """An adaptive pool whose bins are equal is a pool with a stride; with bins of one pixel it is nothing."""
    before, wanted = graph.source(op).shape, op.attributes["output_size"]
    axes = len(wanted)
    sizes = before[-axes:]
    if "result" in op.attributes or any(size % out for size, out in zip(sizes, op.shape[-axes:], strict=True)):
        return None
    if sizes == op.shape[-axes:]:
        return op.inputs[0]
    kernel = tuple(size // out for size, out in zip(sizes, op.shape[-axes:], strict=True))
    attributes = {"kernel_size": kernel, "stride": kernel, "padding": (0,) * axes, "ceil_mode": False}
    if op.kind == "adaptive_avg_pool":
        return graph.emit(
            op.with_(kind="avg_pool", attributes={**attributes, "count_include_pad": True, "divisor_override": None})
        )
    return graph.emit(op.with_(kind="max_pool", attributes={**attributes, "dilation": (1,) * axes}))


def pool_of_one_pixel(op: Op, graph: Rewriting) -> int | None:
    """The mean (maximum) over an image of one pixel is that pixel."""
    return op.inputs[0] if graph.source(op).shape == op.shape else None


def pooled_twice(op: Op, graph: Rewriting) -> int | None:
    """Pooled to a size that it was just pooled to; one pixel has no other mean or maximum."""
    before = graph.source(op)
    if "result" in op.attributes or "result" in before.attributes or not before.kind.endswith("_pool"):
        return None
    if op.kind.startswith("global"):
        return op.inputs[0] if before.kind.startswith("global") and before.shape == op.shape else None
    alike = before.kind.startswith("adaptive") and dict(before.attributes) == dict(op.attributes)
    return op.inputs[0] if alike and before.shape == op.shape else None


def ceil_mode_without_effect(op: Op, graph: Rewriting) -> int | None:
    """At a size where the windows come out even there is nothing to round."""
    a, before = op.attributes, graph.source(op).shape
    if not a["ceil_mode"]:
        return None
    dilation = a.get("dilation", (1,) * len(a["kernel_size"]))
    settings = zip(before[-len(dilation) :], a["kernel_size"], a["stride"], a["padding"], dilation, strict=True)
    if any((size + 2 * padding - d * (kernel - 1) - 1) % stride for size, kernel, stride, padding, d in settings):
        return None
    return graph.emit(op.with_(attributes={**a, "ceil_mode": False}))


def border_without_effect(op: Op, graph: Rewriting) -> int | None:
    """Whether zeros of the border count, where there is no border."""
    a = op.attributes
    if set(a["padding"]) != {0} or a["ceil_mode"] or a["count_include_pad"]:
        return None
    return graph.emit(op.with_(attributes={**a, "count_include_pad": True}))


def sum_as_mean(op: Op, graph: Rewriting) -> int | None:
    """A sum over the image, divided by how many pixels it has."""
    total, scalar = graph.source(op), op.attributes.get("scalar")
    if total.kind != "sum" or "dtype" in total.attributes or set(op.attributes) != {"scalar"}:
        return None
    before = graph.source(total).shape
    count = prod(before[dim] for dim in total.attributes["dim"])
    if not isinstance(scalar, int | float) or not isclose(
        scalar, count if op.kind == "div" else 1 / count, rel_tol=1e-12
    ):
        return None
    return graph.emit(total.with_(kind="mean", where=op.where))


def bias_before_norm(op: Op, graph: Rewriting) -> int | None:
    """A batch norm in train mode takes off each channel's mean, and with it the bias that the layer before added."""
    layer = graph.source(op)
    if not op.attributes["training"] or layer.kind != "conv" or "bias" not in layer.params:
        return None
    params = {role: param for role, param in layer.params.items() if role != "bias"}
    return graph.emit(op.with_(inputs=(graph.emit(layer.with_(params=params)),)))
