"""Rules for reductions and softmax on permuted tensors, and for shuffles and strided slices spelled by views."""

from __future__ import annotations

from properties.graph.ir import Op, Shape
from properties.graph.rewriting.rule import Rewriting

__all__ = ["global_pool_of_flattened", "order_of_parts", "pool_of_single_values", "reduction_of_permuted",
           "shuffle", "softmax_of_permuted", "strided_pointwise"]  # fmt: skip


def reduction_of_permuted(op: Op, graph: Rewriting) -> int | None:
    """A mean over some axes of a permuted tensor is one over the axes they were. The normal form permutes last."""
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


def softmax_of_permuted(op: Op, graph: Rewriting) -> int | None:
    before = graph.source(op)
    if before.kind != "permute" or set(op.attributes) != {"dim"}:
        return None
    dim = before.attributes["dims"][op.attributes["dim"]]
    moved = graph.emit(op.with_(inputs=before.inputs, attributes={"dim": dim}, shape=graph.source(before).shape))
    return graph.emit(before.with_(inputs=(moved,)))


def global_pool_of_flattened(op: Op, graph: Rewriting) -> int | None:
    """The pixels in one row, or in rows and columns: the mean (maximum) over all of them."""
    before = graph.source(op)
    if before.kind not in ("flatten", "reshape"):
        return None
    inner = graph.source(before)
    if len(inner.shape) < 3 or inner.shape[:2] != op.shape[:2] or inner.shape[:2] != before.shape[:2]:
        return None
    size = (*inner.shape[:2], *(1 for _ in inner.shape[2:]))
    pooled = graph.emit(op.with_(inputs=before.inputs, shape=size))
    return graph.emit(before.with_(kind="reshape", inputs=(pooled,), attributes={"shape": op.shape}, shape=op.shape))


def shuffle(op: Op, graph: Rewriting) -> int | None:
    """Channel and pixel shuffles by what they do: reshape, permute, reshape."""
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


def order_of_parts(op: Op, graph: Rewriting) -> int | None:
    """Parts along two axes, whichever was taken first. The normal form takes the earlier axis first."""
    before = graph.source(op)
    if before.kind != "slice" or before.attributes["dim"] <= op.attributes["dim"]:
        return None
    inner, dim = graph.source(before), op.attributes["dim"]
    shape = (*inner.shape[:dim], op.shape[dim], *inner.shape[dim + 1 :])
    first = graph.emit(op.with_(inputs=before.inputs, shape=shape))
    return graph.emit(before.with_(inputs=(first,), shape=op.shape))


def pool_of_single_values(op: Op, graph: Rewriting) -> int | None:
    """A 1x1 pool with a stride takes every second pixel, as a strided slice does."""
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


def strided_pointwise(op: Op, graph: Rewriting) -> int | None:
    """A 1x1 convolution of every second pixel is one with a stride."""
    cut, a = graph.source(op), op.attributes
    if cut.kind != "slice" or set(a["kernel_size"]) != {1} or set(a["padding"]) != {0}:
        return None
    dim, step, size = cut.attributes["dim"], cut.attributes["step"], graph.source(cut).shape
    if dim < 2 or step == 1 or cut.attributes["start"] != 0 or cut.shape[dim] != -(-size[dim] // step):
        return None
    stride = tuple(s * step if axis == dim - 2 else s for axis, s in enumerate(a["stride"]))
    return graph.emit(op.with_(inputs=(*cut.inputs, *op.inputs[1:]), attributes={**a, "stride": stride}))
