"""What holds at the captured size: windows that come out even, bins that are equal, images of one pixel."""

from __future__ import annotations

from math import isclose, prod

from properties.graph.ir import Op
from properties.graph.rewriting.polynomials import LAST_DIGITS
from properties.graph.rewriting.rule import Rewriting, under_condition

__all__ = [
    "adaptive_with_equal_bins",
    "ceil_mode_without_effect",
    "pool_of_one_pixel",
    "sum_as_mean",
    "window_over_all",
]


@under_condition(
    "avg_pool",
    "max_pool",
    name="window over the whole image",
    source="avg_pool(x, (H, W)) = global_avg_pool(x), max_pool(x, (H, W)) = global_max_pool(x) for x of H x W pixels",
    requires="no padding, dilation 1, divisor_override None or the window's size; the places are not read",
    evidence="rounded",
    whatever=("stride", "ceil_mode", "count_include_pad"),
    condition="at the captured size a pool's window covers the whole image",
)
def window_over_all(op: Op, graph: Rewriting) -> int | None:
    """A pool whose one window is the image is a global pool."""
    a, before = op.attributes, graph.source(op)
    axes = len(a["kernel_size"])
    if a["kernel_size"] != before.shape[-axes:] or set(a["padding"]) != {0} or "result" in a:
        return None
    if set(op.shape[-axes:]) != {1} or axes != len(before.shape) - 2 or set(a.get("dilation", (1,))) != {1}:
        return None
    if op.kind == "avg_pool" and a["divisor_override"] not in (None, prod(a["kernel_size"])):
        return None
    return graph.emit(op.with_(kind=f"global_{op.kind}", attributes={}))


@under_condition(
    "adaptive_avg_pool",
    "adaptive_max_pool",
    name="adaptive pool with equal bins",
    source="adaptive_pool(x, m) = pool(x, kernel=n / m, stride=n / m) for n pixels and an m that divides n",
    requires="the output size divides the input's; the places are not read",
    evidence="rounded",
    condition="at the captured size an adaptive pool's bins are equal",
)
def adaptive_with_equal_bins(op: Op, graph: Rewriting) -> int | None:
    """An adaptive pool whose bins are equal is a pool with a stride, and with bins of one pixel nothing."""
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


@under_condition(
    "global_avg_pool",
    "global_max_pool",
    name="global pool of one pixel",
    source="mean({x}) = max({x}) = x for an image {x} of one pixel",
    requires="the image has one pixel",
    evidence="solved",
    condition="at the captured size a globally pooled image is one pixel",
)
def pool_of_one_pixel(op: Op, graph: Rewriting) -> int | None:
    """The mean (maximum) over an image of one pixel is that pixel."""
    return op.inputs[0] if graph.source(op).shape == op.shape else None


@under_condition(
    "avg_pool",
    "max_pool",
    name="ceil mode without effect",
    source="ceil(n / s) = floor(n / s) if s divides n = size + 2 * padding - dilation * (kernel - 1) - 1",
    requires="the stride divides what the windows leave over",
    evidence="solved",
    condition="at the captured size a pool's windows come out even",
)
def ceil_mode_without_effect(op: Op, graph: Rewriting) -> int | None:
    """A pool in ceil mode at a size where its windows come out even is one in floor mode."""
    a, before = op.attributes, graph.source(op).shape
    if not a["ceil_mode"]:
        return None
    dilation = a.get("dilation", (1,) * len(a["kernel_size"]))
    settings = zip(before[-len(dilation) :], a["kernel_size"], a["stride"], a["padding"], dilation, strict=True)
    if any((size + 2 * padding - d * (kernel - 1) - 1) % stride for size, kernel, stride, padding, d in settings):
        return None
    return graph.emit(op.with_(attributes={**a, "ceil_mode": False}))


@under_condition(
    "div",
    "mul",
    name="sum as a mean",
    source="sum(x, dim=(2, 3)) / n = mean(x, dim=(2, 3)) for n = H * W",
    requires="no dtype; the number is the count of positions",
    evidence="rounded",
    condition="at the captured size the image has as many pixels as the sum is divided by",
)
def sum_as_mean(op: Op, graph: Rewriting) -> int | None:
    """A sum over the image, divided by how many pixels it has, is a mean."""
    total, scalar = graph.source(op), op.attributes.get("scalar")
    if total.kind != "sum" or "dtype" in total.attributes or set(op.attributes) != {"scalar"}:
        return None
    before = graph.source(total).shape
    count = prod(before[dim] for dim in total.attributes["dim"])
    if not isinstance(scalar, int | float) or not isclose(
        scalar, count if op.kind == "div" else 1 / count, rel_tol=LAST_DIGITS
    ):
        return None
    return graph.emit(total.with_(kind="mean", where=op.where))
