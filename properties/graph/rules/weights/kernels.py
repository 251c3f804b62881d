"""Convolutions whose one window covers the whole image (tier B)."""

from __future__ import annotations

from functools import partial

from properties.graph.ir import Op
from properties.graph.kinds import RESHAPES
from properties.graph.recipe import permuted
from properties.graph.rewriting.params import can_change, remade, with_kernel
from properties.graph.rewriting.rule import Rewriting, under_weight_map

__all__ = ["pointwise_on_flattened", "window_on_permuted"]


@under_weight_map(
    "conv",
    name="1x1 convolution of a flattened image",
    source="conv(x.reshape(N, C * H * W, 1, 1), W) = conv(x, W.view(K, C, H, W)) for x of size (N, C, H, W)",
    requires="groups 1, stride 1, no padding, padding_mode zeros; the window is the image",
    evidence="rounded",
)
def pointwise_on_flattened(op: Op, graph: Rewriting) -> int | None:
    """A 1x1 convolution of an image whose pixels were all made channels is one with a kernel of the image's size."""
    before, weight = graph.source(op), op.params.get("weight")
    if before.kind not in RESHAPES or len(op.inputs) != 1 or weight is None or not can_change(weight):
        return None
    inner = graph.source(before).shape
    if len(inner) < 3 or inner[0] != before.shape[0] or set(before.shape[2:]) - {1} or not _is_window(op, before):
        return None
    kernel = inner[2:]
    if kernel == before.shape[2:]:
        return None
    made = with_kernel(op, weight, kernel).with_(inputs=before.inputs, shape=(*op.shape[:2], *(1 for _ in kernel)))
    return graph.emit(op.with_(kind="reshape", inputs=(graph.emit(made),), attributes={"shape": op.shape}, params={}))


@under_weight_map(
    "conv",
    name="window over a permuted image",
    source="conv(permute(x, d), W) = conv(x, permute(W, argsort(d))) for a kernel of the image's size",
    requires="groups 1, stride 1, no padding, padding_mode zeros; the window is the image",
    evidence="rounded",
)
def window_on_permuted(op: Op, graph: Rewriting) -> int | None:
    """A convolution whose one window is a permuted image is one of the image, its weight's axes turned back."""
    before, weight = graph.source(op), op.params.get("weight")
    if before.kind != "permute" or len(op.inputs) != 1 or weight is None or not can_change(weight):
        return None
    dims = before.attributes["dims"]
    if dims[0] != 0 or not _is_window(op, before):
        return None
    back = tuple(dims.index(axis) for axis in range(len(dims)))
    changed = remade(weight, partial(permuted, dims=back))
    attributes = {**op.attributes, "kernel_size": changed.shape[2:]}
    params = {**op.params, "weight": changed}
    return graph.emit(op.with_(inputs=before.inputs, attributes=attributes, params=params))


def _is_window(op: Op, before: Op) -> bool:
    a = op.attributes
    plain = a["groups"] == 1 and set(a["padding"]) <= {0} and a["padding_mode"] == "zeros"
    single = {*a["stride"], *a["dilation"]} <= {1}
    return plain and single and a["kernel_size"] == before.shape[2:] and set(op.shape[2:]) <= {1}
