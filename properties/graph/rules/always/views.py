"""Reshapes and permutations: chains of them, and what may be done before them."""

from __future__ import annotations

from math import prod

from properties.graph.ir import Op, Shape
from properties.graph.kinds import BINARY, ELEMENTWISE, REDUCTIONS, RESHAPES, VIEWS
from properties.graph.rewriting.rule import Rewriting, always
from properties.graph.rewriting.views import Factors, Step

__all__ = [
    "batch_first",
    "elementwise_after_permute",
    "elementwise_after_reshape",
    "flatten",
    "flip_of_flip",
    "norm_after_reshape",
    "permute_of_permute",
    "reduction_of_permuted",
    "reshape_of_reshape",
    "shuffle",
    "softmax_of_permuted",
    "views_in_one",
]


@always(
    "reshape",
    "flatten",
    name="reshape of a reshape",
    source="reshape(reshape(x, s), t) = reshape(x, t)",
    requires="any sizes",
    evidence="exact",
)
def reshape_of_reshape(op: Op, graph: Rewriting) -> int | None:
    """A reshape of a reshape is one reshape, or nothing where it restores the first size."""
    before = graph.source(op)
    if before.kind not in RESHAPES:
        return None
    origin = graph.ops[before.inputs[0]]
    if origin.shape == op.shape:
        return before.inputs[0]
    return graph.emit(op.with_(kind="reshape", inputs=before.inputs, attributes={"shape": op.shape}))


@always(
    "reshape",
    name="flatten",
    source="reshape(x, (*x.shape[:k], prod(x.shape[k:]))) = flatten(x, start_dim=k)",
    requires="the sizes before the last axis of the result are those of x",
    evidence="exact",
    ground="one size",
)
def flatten(op: Op, graph: Rewriting) -> int | None:
    """A reshape that merges the last axes and nothing else is a flatten."""
    before, after = graph.source(op).shape, op.shape
    start = len(after) - 1
    if start < 1 or len(before) <= len(after) or before[:start] != after[:start] or prod(before[start:]) != after[-1]:
        return None
    return graph.emit(op.with_(kind="flatten", attributes={"start": start}))


@always(
    "reshape",
    name="batch axis of a reshape",
    source="reshape(x, (len(x), *s)) = reshape(x, (-1, *s))",
    requires="the first size is the batch's, and more than 1",
    evidence="exact",
    ground="one size",
)
def batch_first(op: Op, graph: Rewriting) -> int | None:
    """A reshape that keeps the batch axis has -1 for its size."""
    shape, before = op.attributes["shape"], graph.source(op).shape
    if not shape or not before or shape[0] != before[0] or shape[0] < 0 or before[0] == 1:
        return None
    return graph.emit(op.with_(attributes={"shape": (-1, *shape[1:])}))


@always(
    *BINARY,
    "pow",
    *sorted(ELEMENTWISE),
    name="elementwise before a reshape",
    source="f(reshape(x, s)) = reshape(f(x), s) for f(x)[i] = f(x[i])",
    requires="f has one operand and keeps its size; its attributes are carried along",
    evidence="rounded",
)
def elementwise_after_reshape(op: Op, graph: Rewriting) -> int | None:
    """An elementwise operator goes before a reshape: the normal form reshapes last."""
    before = graph.source(op)
    if len(op.inputs) != 1 or before.kind not in RESHAPES or op.shape != before.shape:
        return None
    inner = graph.ops[before.inputs[0]]
    moved = graph.emit(op.with_(inputs=before.inputs, shape=inner.shape))
    return graph.emit(before.with_(inputs=(moved,), dtype=op.dtype))


@always(
    "batch_norm",
    name="batch norm before a reshape",
    source="batch_norm(x.view(N, C, *s)) = batch_norm(x).view(N, C, *s) for x of size (N, C, H, W)",
    requires="the batch and channel axes are kept",
    evidence="rounded",
)
def norm_after_reshape(op: Op, graph: Rewriting) -> int | None:
    """A batch norm after a reshape of the pixels goes before it, as it treats all pixels of a channel alike."""
    before = graph.source(op)
    inner = graph.ops[before.inputs[0]] if before.kind in RESHAPES else before
    if inner is before or len(op.inputs) != 1 or len(inner.shape) < 2 or inner.shape[:2] != op.shape[:2]:
        return None
    moved = graph.emit(op.with_(inputs=before.inputs, shape=inner.shape))
    return graph.emit(before.with_(inputs=(moved,), dtype=op.dtype))


@always(
    *BINARY,
    "pow",
    *sorted(ELEMENTWISE - {"dropout"}),
    name="elementwise before a permutation",
    source="f(permute(x, d)) = permute(f(x), d) for f(x)[i] = f(x[i])",
    requires="f has one operand and draws nothing; its attributes are carried along",
    evidence="rounded",
)
def elementwise_after_permute(op: Op, graph: Rewriting) -> int | None:
    """An elementwise operator other than a dropout goes before a permutation: the normal form permutes last.

    A dropout stays where it is: its draws would fall on other numbers.
    """
    before = graph.source(op)
    if len(op.inputs) != 1 or before.kind != "permute":
        return None
    moved = graph.emit(op.with_(inputs=before.inputs, shape=graph.source(before).shape))
    return graph.emit(before.with_(inputs=(moved,), dtype=op.dtype))


@always(
    "permute",
    name="permutation of a permutation",
    source="permute(permute(x, d), e) = permute(x, [d[k] for k in e])",
    requires="any axes",
    evidence="exact",
)
def permute_of_permute(op: Op, graph: Rewriting) -> int | None:
    """A permutation of a permutation is one permutation."""
    before = graph.source(op)
    if before.kind != "permute":
        return None
    dims = tuple(before.attributes["dims"][dim] for dim in op.attributes["dims"])
    return graph.emit(op.with_(inputs=before.inputs, attributes={"dims": dims}))


@always(
    "reshape",
    "flatten",
    "permute",
    name="chain of views",
    source="v_n(...(v_1(x))) = reshape(permute(reshape(x, s), d), t) for reshapes and permutations v_i",
    requires="each view cuts or merges whole factors of the axes",
    evidence="exact",
)
def views_in_one(op: Op, graph: Rewriting) -> int | None:
    """A chain of views cuts an axis only where its parts go apart, permutes once, and reshapes last."""
    chain = [op]
    while graph.source(chain[-1]).kind in VIEWS:
        chain.append(graph.source(chain[-1]))
    chain.reverse()
    factors = Factors(graph.source(chain[0]).shape)
    if len(chain) < 2 or not all(map(factors.follow, chain)):
        return None
    steps = factors.steps(op.shape)
    if steps == [_step(view) for view in chain]:
        return None
    position = chain[0].inputs[0]
    for kind, given, shape in steps:
        attributes = {"dims" if kind == "permute" else "shape": given}
        position = graph.emit(op.with_(kind=kind, inputs=(position,), attributes=attributes, shape=shape))
    return position


def _step(view: Op) -> Step:
    if view.kind == "permute":
        return "permute", view.attributes["dims"], view.shape
    return "reshape", view.shape, view.shape


@always(
    *REDUCTIONS,
    name="reduction of a permutation",
    source="mean(permute(x, d), k, keepdim=True) = permute(mean(x, d[k], keepdim=True), d), likewise sum and amax",
    requires="no dtype; dim and keepdim are carried along",
    evidence="rounded",
)
def reduction_of_permuted(op: Op, graph: Rewriting) -> int | None:
    """A mean, sum or extremum over axes of a permuted tensor is one over the axes they were, permuted afterwards."""
    before = graph.source(op)
    if before.kind != "permute" or "dtype" in op.attributes:
        return None
    dims, inner, keep = before.attributes["dims"], graph.source(before), op.attributes["keepdim"]
    chosen = tuple(sorted(dims[dim] for dim in op.attributes["dim"]))
    left = [dim for dim in range(len(dims)) if keep or dim not in chosen]
    turn = tuple(left.index(dim) for dim in dims if dim in left)
    shape = tuple(1 if dim in chosen else inner.shape[dim] for dim in left)
    reduced = graph.emit(op.with_(inputs=before.inputs, attributes={**op.attributes, "dim": chosen}, shape=shape))
    return graph.emit(before.with_(inputs=(reduced,), attributes={"dims": turn}, shape=op.shape))


@always(
    "softmax",
    "log_softmax",
    name="softmax of a permutation",
    source="softmax(permute(x, d), dim=k) = permute(softmax(x, dim=d[k]), d)",
    requires="dim, and no dtype",
    evidence="rounded",
)
def softmax_of_permuted(op: Op, graph: Rewriting) -> int | None:
    """A softmax along an axis of a permuted tensor is one along the axis it was, permuted afterwards."""
    before = graph.source(op)
    if before.kind != "permute" or set(op.attributes) != {"dim"}:
        return None
    dim = before.attributes["dims"][op.attributes["dim"]]
    moved = graph.emit(op.with_(inputs=before.inputs, attributes={"dim": dim}, shape=graph.source(before).shape))
    return graph.emit(before.with_(inputs=(moved,)))


@always(
    "channel_shuffle",
    "native_channel_shuffle",
    "pixel_shuffle",
    "pixel_unshuffle",
    name="shuffle",
    source="pixel_shuffle(x, r) = x.view(N, C, r, r, H, W).permute(0, 1, 4, 2, 5, 3).reshape(N, C, H * r, W * r), "
    "channel_shuffle(x, g) = x.view(N, g, C / g, H, W).transpose(1, 2).reshape(N, C, H, W)",
    requires="4 axes",
    evidence="exact",
)
def shuffle(op: Op, graph: Rewriting) -> int | None:
    """A channel or pixel shuffle is a reshape, a permutation and a reshape."""
    size = graph.source(op).shape
    if len(size) != 4 or "result" in op.attributes:
        return None
    (n, c), spatial = size[:2], size[2:]
    if op.kind == "pixel_shuffle":
        r = op.attributes["upscale_factor"]
        return _rearranged(op, graph, (n, c // r**2, r, r, *spatial), (0, 1, 4, 2, 5, 3))
    if op.kind == "pixel_unshuffle":
        r = op.attributes["downscale_factor"]
        return _rearranged(op, graph, (n, c, spatial[0] // r, r, spatial[1] // r, r), (0, 1, 3, 5, 2, 4))
    groups = op.attributes["groups"]
    return _rearranged(op, graph, (n, groups, c // groups, *spatial), (0, 2, 1, 3, 4))


def _rearranged(op: Op, graph: Rewriting, shape: Shape, dims: Shape) -> int:
    cut = graph.emit(op.with_(kind="reshape", attributes={"shape": shape}, shape=shape))
    turned = tuple(shape[dim] for dim in dims)
    turn = graph.emit(op.with_(kind="permute", inputs=(cut,), attributes={"dims": dims}, shape=turned))
    return graph.emit(op.with_(kind="reshape", inputs=(turn,), attributes={"shape": op.shape}))


@always(
    "flip",
    name="flip of a flip",
    source="flip(flip(x, d), e) = flip(x, axes in one of d and e), and x if there are none",
    requires="any axes",
    evidence="exact",
)
def flip_of_flip(op: Op, graph: Rewriting) -> int | None:
    """What is mirrored twice is as it was, and mirrored along each other axis once."""
    before = graph.source(op)
    if before.kind != "flip":
        return None
    dims = tuple(sorted({*op.attributes["dims"]} ^ {*before.attributes["dims"]}))
    return graph.emit(op.with_(inputs=before.inputs, attributes={"dims": dims})) if dims else before.inputs[0]
