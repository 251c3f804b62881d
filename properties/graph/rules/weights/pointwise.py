"""A 1x1 convolution, or a linear layer along any axis, moved before the views in front of it (tier B)."""

from __future__ import annotations

from properties.graph.ir import Op, Shape
from properties.graph.labels import is_pointwise
from properties.graph.rewriting.params import can_change, with_kernel
from properties.graph.rewriting.rule import Rewriting, under_weight_map
from properties.graph.rewriting.views import Factors, origin_of

__all__ = ["pointwise_before_views"]


@under_weight_map(
    "conv",
    name="1x1 convolution before a reshape",
    source="sum_c(W[k, c] * x[c, v(i)]) = sum_c(W[k, c] * x[c])[v(i)], W a 1x1 kernel and v a view of the other axes",
    requires="kernel and stride 1, no padding, groups 1; the channels are whole axes",
    evidence="rounded",
)
def pointwise_before_views(op: Op, graph: Rewriting) -> int | None:
    """A 1x1 convolution after a chain of views goes before it, with the axes that are its channels made one."""
    weight = op.params.get("weight")
    if len(op.inputs) != 1 or weight is None or not can_change(weight):
        return None
    if not is_pointwise(op) or op.attributes["groups"] != 1:
        return None
    found = origin_of(op.inputs[0], graph)
    if found is None:
        return None
    origin, factors = found
    before = graph.ops[origin].shape
    channels = factors.now[1]
    axes = [axis for axis, home in enumerate(factors.home) if home and home[0] in channels]
    others = [axis for axis, home in enumerate(factors.home) if home and home[0] not in channels]
    inside = sorted(factor for axis in axes for factor in factors.home[axis])
    if inside != sorted(channels) or len(others) < 2:
        return None
    order = sorted(axes, key=lambda axis: channels.index(factors.home[axis][0]))
    if [factor for axis in order for factor in factors.home[axis]] != channels:
        return None
    wanted = [factors.home[others[0]], channels, *(factors.home[axis] for axis in others[1:])]
    if factors.now == wanted:
        return None
    sizes = tuple(before[axis] for axis in others)
    size = (sizes[0], graph.source(op).shape[1], *sizes[1:])
    position = _arranged(op, graph, origin, (others[0], *order, *others[1:]), size)
    layer = with_kernel(op, weight, (1,) * (len(sizes) - 1))
    position = graph.emit(layer.with_(inputs=(position,), shape=(sizes[0], op.shape[1], *sizes[1:])))
    return _put_back(op, graph, position, factors, others)


def _arranged(op: Op, graph: Rewriting, origin: int, dims: Shape, shape: Shape) -> int:
    """The axes in this order, those of size 1 last, then as the size says."""
    before = graph.ops[origin].shape
    order = (*dims, *(axis for axis in range(len(before)) if axis not in dims))
    turned = tuple(before[axis] for axis in order)
    like = op.with_(params={}, dtype=graph.ops[origin].dtype)
    position = graph.emit(like.with_(kind="permute", inputs=(origin,), attributes={"dims": order}, shape=turned))
    return graph.emit(like.with_(kind="reshape", inputs=(position,), attributes={"shape": shape}, shape=shape))


def _put_back(op: Op, graph: Rewriting, position: int, factors: Factors, others: list[int]) -> int:
    """The convolution's result with its axes cut up and moved to where they were."""
    parts = [factors.home[axis] for axis in others]
    labels = [*parts[0], None, *(factor for part in parts[1:] for factor in part)]
    sizes = tuple(op.shape[1] if label is None else factors.sizes[label] for label in labels)
    wanted = [*factors.now[0], None, *(factor for part in factors.now[2:] for factor in part)]
    dims = tuple(labels.index(label) for label in wanted)
    turned = tuple(sizes[dim] for dim in dims)
    like = op.with_(params={})
    position = graph.emit(like.with_(kind="reshape", inputs=(position,), attributes={"shape": sizes}, shape=sizes))
    position = graph.emit(like.with_(kind="permute", inputs=(position,), attributes={"dims": dims}, shape=turned))
    return graph.emit(like.with_(kind="reshape", inputs=(position,), attributes={"shape": op.shape}))
