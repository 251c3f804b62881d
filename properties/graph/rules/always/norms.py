"""Norms written out as formulas, and their scales and shifts applied afterwards."""

from __future__ import annotations

from math import prod

from properties.graph.ir import Op
from properties.graph.kinds import RESHAPES
from properties.graph.rewriting.norms import bare_norms, broadcasts, width_of
from properties.graph.rewriting.rule import Rewriting, always, in_real_arithmetic

__all__ = ["affine_after_norm", "division_by_root", "group_norm_by_layer_norm", "norm_by_hand", "variance"]


@in_real_arithmetic(
    "var",
    name="variance",
    source="var(x, correction=0) = mean((x - mean(x))^2)",
    requires="correction 0, and axes are named",
    departs="gradients where x is infinite",
)
def variance(op: Op, graph: Rewriting) -> int | None:
    """A variance over all values is the mean square of what is left when their mean is taken off."""
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


@in_real_arithmetic(
    "div",
    "reciprocal",
    name="division by a root",
    source="x / sqrt(y) = x * rsqrt(y), 1 / sqrt(y) = rsqrt(y)",
    requires="no rounding_mode",
    departs="y = 0, infinite or tiny: the reciprocal or its gradient overflows first",
)
def division_by_root(op: Op, graph: Rewriting) -> int | None:
    """A division by a square root is a product with the reciprocal root."""
    if op.attributes or len(op.inputs) > 2:
        return None
    root = graph.source(op, -1)
    if root.kind != "sqrt":
        return None
    inverse = graph.emit(root.with_(kind="rsqrt", where=op.where))
    return inverse if op.kind == "reciprocal" else graph.emit(op.with_(kind="mul", inputs=(op.inputs[0], inverse)))


@always(
    "mul",
    name="norm by hand",
    source="(x - mean(x)) * rsqrt(var(x) + eps) = layer_norm(x) (arXiv:1607.06450), "
    "x * rsqrt(mean(x^2) + eps) = rms_norm(x) (arXiv:1910.07467)",
    requires="one set of axes, without the batch; eps > 0",
    evidence="rounded",
)
def norm_by_hand(op: Op, graph: Rewriting) -> int | None:
    """A value times its reciprocal root mean square is an RMS norm, a layer norm if its mean was taken off."""
    if len(op.inputs) != 2 or op.attributes:
        return None
    for above, below in (op.inputs, op.inputs[::-1]):
        found = _root_of_mean_square(above, below, graph)
        if found is None:
            continue
        dims, eps = found
        rest = graph.ops[above]
        if rest.kind == "sub" and not rest.attributes and _mean_axes(rest.inputs[-1], rest.inputs[0], graph) == dims:
            return _normed(op.with_(kind="layer_norm"), graph, rest.inputs[0], dims, eps)
        if dims == tuple(range(len(op.shape) - len(dims), len(op.shape))):
            return _normed(op.with_(kind="rms_norm"), graph, above, dims, eps)
    return None


def _root_of_mean_square(x: int, root: int, graph: Rewriting) -> tuple[tuple[int, ...], float] | None:
    """The axes and the small number, if the second is ``rsqrt(mean(x * x) + eps)``."""
    inverse = graph.ops[root]
    if inverse.kind != "rsqrt":
        return None
    total = graph.source(inverse)
    eps = total.attributes.get("scalar")
    if total.kind != "add" or len(total.inputs) != 1 or not isinstance(eps, float) or eps <= 0:
        return None
    mean = total.inputs[0]
    for square, op in enumerate(graph.ops):
        if op.kind == "mul" and op.inputs == (x, x) and not op.attributes:
            dims = _mean_axes(mean, square, graph)
            if dims is not None:
                return dims, eps
    return None


def _mean_axes(position: int, x: int, graph: Rewriting) -> tuple[int, ...] | None:
    """Over which axes it is the mean of ``x``, each kept as one of size 1; the batch is none of them."""
    op = graph.ops[position]
    if op.kind == "global_avg_pool" and op.inputs == (x,):
        return tuple(range(2, len(op.shape)))
    if op.kind == "mean" and set(op.attributes) == {"dim", "keepdim"} and op.inputs == (x,):
        dims: tuple[int, ...] = op.attributes["dim"]
        return dims if op.attributes["keepdim"] and 0 not in dims else None
    if op.kind == "permute" and graph.ops[x].kind == "permute" and op.attributes == graph.ops[x].attributes:
        inner = _mean_axes(op.inputs[0], graph.ops[x].inputs[0], graph)
        turned = op.attributes["dims"]
        return None if inner is None or turned[0] != 0 else tuple(sorted(turned.index(dim) for dim in inner))
    return None


def _normed(op: Op, graph: Rewriting, x: int, dims: tuple[int, ...], eps: float) -> int:
    norm = op.with_(inputs=(x,), attributes={"axes": len(dims), "eps": eps})
    rank = len(op.shape)
    if dims == tuple(range(rank - len(dims), rank)):
        return graph.emit(norm)
    order = (*(axis for axis in range(rank) if axis not in dims), *dims)
    size = tuple(op.shape[axis] for axis in order)
    turned = graph.emit(op.with_(kind="permute", inputs=(x,), attributes={"dims": order}, shape=size))
    normed = graph.emit(norm.with_(inputs=(turned,), shape=size))
    back = tuple(order.index(axis) for axis in range(rank))
    return graph.emit(op.with_(kind="permute", inputs=(normed,), attributes={"dims": back}))


@always(
    "reshape",
    name="group norm by hand",
    source="layer_norm(x.view(N, G, -1)).view(N, C, H, W) = group_norm(x, G) (arXiv:1803.08494)",
    requires="no weight; the axes are the rest of each group",
    evidence="rounded",
)
def group_norm_by_layer_norm(op: Op, graph: Rewriting) -> int | None:
    """A layer norm of channels cut into groups, put together again, is a group norm."""
    norm = graph.source(op)
    if norm.kind != "layer_norm" or norm.params or len(norm.shape) < 3 or "computed" in norm.attributes.values():
        return None
    cut = graph.source(norm)
    if cut.kind not in RESHAPES or graph.source(cut).shape != op.shape or len(op.shape) < 2:
        return None
    channels, groups, normed = op.shape[1], norm.shape[1], norm.attributes["axes"]
    if len(norm.shape) - normed != 2 or norm.shape[0] != op.shape[0] or channels % groups or channels == groups:
        return None
    if prod(norm.shape[2:]) != prod(op.shape[1:]) // groups:
        return None
    attributes = {"num_groups": groups, "eps": norm.attributes["eps"]}
    return graph.emit(op.with_(kind="group_norm", inputs=cut.inputs, attributes=attributes))


@always(
    "mul",
    "add",
    name="scale and shift of a norm",
    source="norm(x) * w + b = norm(x, weight=w, bias=b)",
    requires="a parameter of the norm's own width, broadcast over its axes",
    evidence="rounded",
)
def affine_after_norm(op: Op, graph: Rewriting) -> int | None:
    """A parameter that scales, or then shifts, what a norm without weights made is the norm's own weight or bias."""
    for norm, leaf, role in bare_norms(op, graph):
        stored = graph.source(leaf) if leaf.kind == "reshape" else leaf
        param = stored.params.get("value")
        if param is None or param.kind != "parameter" or stored.kind != "parameter" or param.shape != width_of(norm):
            continue
        if leaf.shape in broadcasts(norm):
            return graph.emit(norm.with_(params={**norm.params, role: param}))
    return None
