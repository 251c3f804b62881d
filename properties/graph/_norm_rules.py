"""Rules for norms written out as formulas, and for their scales and shifts applied afterwards."""

from __future__ import annotations

from math import prod

from properties.graph._rewriting import Rewriting
from properties.graph.ir import Op

__all__ = ["affine_after_norm", "group_norm_by_layer_norm", "norm_by_hand", "variance"]

_NORMS = ("layer_norm", "group_norm")


def variance(op: Op, graph: Rewriting) -> int | None:
    """The mean square of what is left when the mean is taken off, where the mean is over all of them."""
    a, before = op.attributes, graph.source(op)
    biased = a.get("unbiased") is False or a.get("correction") == 0
    if not biased or set(a) - {"dim", "unbiased", "correction", "keepdim"} or "result" in a or not a.get("dim"):
        return None
    dims = tuple(sorted(a["dim"]))
    kept = tuple(1 if axis in dims else size for axis, size in enumerate(before.shape))
    mean = op.with_(kind="mean", attributes={"dim": dims, "keepdim": True}, shape=kept)
    apart = op.with_(kind="sub", inputs=(op.inputs[0], graph.emit(mean)), attributes={}, shape=before.shape)
    rest = graph.emit(apart)
    square = graph.emit(apart.with_(kind="mul", inputs=(rest, rest)))
    return graph.emit(mean.with_(inputs=(square,), attributes={"dim": dims, "keepdim": a["keepdim"]}, shape=op.shape))


def norm_by_hand(op: Op, graph: Rewriting) -> int | None:
    """``(x - mean) / sqrt(var + eps)`` over the axes of the mean is a layer norm without weights."""
    if len(op.inputs) != 2 or op.attributes:
        return None
    for above, below in ((0, 1), (1, 0)) if op.kind == "mul" else ((0, 1),):
        found = _normed(
            graph.source(op, above), graph.source(op, below), graph, "sqrt" if op.kind == "div" else "rsqrt"
        )
        if found is not None:
            x, dims, eps = found
            return _layer_norm(op, graph, x, dims, eps)
    return None


def _normed(rest: Op, root: Op, graph: Rewriting, kind: str) -> tuple[int, tuple[int, ...], float] | None:
    """The value, the axes and the small number, if these are what is left and the root of its variance."""
    if root.kind != kind or not _is_rest(rest, graph):
        return None
    sum_ = graph.source(root)
    eps = sum_.attributes.get("scalar")
    if sum_.kind != "add" or len(sum_.inputs) != 1 or not isinstance(eps, float) or eps <= 0:
        return None
    mean, square = graph.source(sum_), graph.source(graph.source(sum_)) if graph.source(sum_).inputs else sum_
    of_rest = graph.source(rest, 1)
    if mean.kind != "mean" or dict(mean.attributes) != dict(of_rest.attributes):
        return None
    if square.kind != "mul" or len(square.inputs) != 2 or square.attributes:
        return None
    if any(not _same(graph.ops[source], rest, graph) for source in square.inputs):
        return None
    return rest.inputs[0], of_rest.attributes["dim"], eps


def _is_rest(op: Op, graph: Rewriting) -> bool:
    """Whether it is a value less its own mean over some axes, the batch not among them."""
    if op.kind != "sub" or len(op.inputs) != 2 or op.attributes:
        return False
    mean = graph.source(op, 1)
    return (
        mean.kind == "mean"
        and mean.inputs == op.inputs[:1]
        and set(mean.attributes) == {"dim", "keepdim"}
        and mean.attributes["keepdim"]
        and 0 not in mean.attributes["dim"]
    )


def _same(op: Op, rest: Op, graph: Rewriting) -> bool:
    if not _is_rest(op, graph) or op.inputs[0] != rest.inputs[0]:
        return False
    return dict(graph.source(op, 1).attributes) == dict(graph.source(rest, 1).attributes)


def _layer_norm(op: Op, graph: Rewriting, x: int, dims: tuple[int, ...], eps: float) -> int:
    norm = op.with_(kind="layer_norm", inputs=(x,), attributes={"axes": len(dims), "eps": eps})
    rank = len(op.shape)
    if dims == tuple(range(rank - len(dims), rank)):
        return graph.emit(norm)
    order = (*(axis for axis in range(rank) if axis not in dims), *dims)
    size = tuple(op.shape[axis] for axis in order)
    turned = graph.emit(op.with_(kind="permute", inputs=(x,), attributes={"dims": order}, shape=size))
    normed = graph.emit(norm.with_(inputs=(turned,), shape=size))
    back = tuple(order.index(axis) for axis in range(rank))
    return graph.emit(op.with_(kind="permute", inputs=(normed,), attributes={"dims": back}))


def group_norm_by_layer_norm(op: Op, graph: Rewriting) -> int | None:
    """Channels cut into groups, each normed with all its pixels, and put together again."""
    norm = graph.source(op)
    if norm.kind != "layer_norm" or norm.params or len(norm.shape) < 3 or "computed" in norm.attributes.values():
        return None
    cut = graph.source(norm)
    if cut.kind not in ("reshape", "flatten") or graph.source(cut).shape != op.shape or len(op.shape) < 2:
        return None
    channels, groups, normed = op.shape[1], norm.shape[1], norm.attributes["axes"]
    if len(norm.shape) - normed != 2 or norm.shape[0] != op.shape[0] or channels % groups or channels == groups:
        return None
    if prod(norm.shape[2:]) != prod(op.shape[1:]) // groups:
        return None
    attributes = {"num_groups": groups, "eps": norm.attributes["eps"]}
    return graph.emit(op.with_(kind="group_norm", inputs=cut.inputs, attributes=attributes))


def affine_after_norm(op: Op, graph: Rewriting) -> int | None:
    """A parameter that scales, or then shifts, what a norm without weights made."""
    if len(op.inputs) != 2 or op.attributes:
        return None
    for slot in (0, 1):
        norm, leaf = graph.source(op, slot), graph.source(op, 1 - slot)
        role = "weight" if op.kind == "mul" else "bias"
        if norm.kind not in _NORMS or norm.shape != op.shape or "computed" in norm.attributes.values():
            continue
        if "bias" in norm.params or role in norm.params:
            continue
        stored = graph.source(leaf) if leaf.kind == "reshape" else leaf
        param = stored.params.get("value")
        if param is None or param.kind != "parameter" or stored.kind != "parameter":
            continue
        if param.shape != _width(norm) or leaf.shape not in _broadcasts(norm):
            continue
        params = {**norm.params, role: param}
        return graph.emit(norm.with_(params=params, where=norm.where or op.where))
    return None


def _width(norm: Op) -> tuple[int, ...]:
    return norm.shape[-norm.attributes["axes"] :] if norm.kind == "layer_norm" else norm.shape[1:2]


def _broadcasts(norm: Op) -> tuple[tuple[int, ...], ...]:
    """Sizes of a parameter that give each number its own of the norm's scales."""
    width = _width(norm)
    per_channel = width if norm.kind == "layer_norm" else (*width, *(1 for _ in norm.shape[2:]))
    ones = len(norm.shape) - len(per_channel)
    return tuple(((1,) * count + per_channel) for count in range(ones + 1))
