"""Operators that only move numbers: reshapes, slices, permutations, padding and concatenation, by their effect."""

from __future__ import annotations

from itertools import pairwise

from torch import fx

from properties.graph.torch.aten.meaning import Meaning, generic
from properties.graph.torch.aten.schema import Call, result_shape

__all__ = ["SPLITS", "cat", "narrow", "pad", "permute", "reshape", "select", "slice_", "split"]

SPLITS = {"split", "chunk", "split_with_sizes", "tensor_split", "unbind", "unsafe_split", "unsafe_chunk"}

_STACKS = {"hstack": (1, 2), "vstack": (0, 2), "dstack": (2, 3)}  # along which axis, from how many on


def cat(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """A concatenation; ``hstack``, ``vstack`` and ``dstack`` by the axis that they run along."""
    tensors = [item for item in call["tensors"] if isinstance(item, fx.Node)]
    if call.base in _STACKS:
        axis, rank = _STACKS[call.base]
        if any(len(result_shape(item)) < rank for item in tensors):  # they grow axes of their own first
            return generic(call, index, shape)
        return Meaning("cat", tensors, {"dim": axis})
    return Meaning("cat", tensors, {"dim": call["dim"] % max(len(shape), 1)})


def reshape(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """Any view or reshape by the shape that comes out; one that keeps the shape is the identity."""
    source = call.operands()[0]
    if call.base == "view" and call.overload == "dtype":
        return generic(call, index, shape)
    if result_shape(source) == shape:
        return Meaning("identity", [source])
    return Meaning("reshape", [source], {"shape": shape})


def split(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """Part ``index`` of a tensor cut along one axis, as the slice that it is."""
    source = call.operands()[0]
    before = result_shape(source)
    dim = call["dim"] % max(len(before), 1)
    if call.base == "unbind":
        return Meaning("select", [source], {"dim": dim, "index": index})
    if before == shape:
        return Meaning("identity", [source])
    sizes = _sizes_of_parts(call, before[dim])
    start = sum(sizes[:index])
    return Meaning("slice", [source], {"dim": dim, "start": start, "end": start + sizes[index], "step": 1})


def _sizes_of_parts(call: Call, total: int) -> list[int]:
    given = call.arguments.get("split_size", call.arguments.get("split_sizes"))
    if isinstance(given, list | tuple):
        return [int(size) for size in given]
    if call.base in ("chunk", "unsafe_chunk"):
        given = -(-total // int(call["chunks"]))
    if call.base == "tensor_split" and "indices" in call.arguments:
        cuts = [0, *(min(int(cut) % total if cut < 0 else int(cut), total) for cut in call["indices"]), total]
        return [max(after - before, 0) for before, after in pairwise(cuts)]
    if call.base == "tensor_split":
        count = int(call["sections"])
        return [total // count + (1 if part < total % count else 0) for part in range(count)]
    step = int(given)  # type: ignore[arg-type]
    return [min(step, total - start) for start in range(0, total, step)]


def slice_(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """A slice with its bounds counted from 0; one that takes everything is the identity."""
    source = call["self"]
    before = result_shape(source)
    if before == shape and call["step"] == 1:
        return Meaning("identity", [source])
    dim = call["dim"] % len(before)
    start, _, _ = slice(call["start"], call["end"]).indices(before[dim])
    end = start + max(shape[dim] - 1, 0) * call["step"] + min(shape[dim], 1)  # just past the last one taken
    return Meaning("slice", [source], {"dim": dim, "start": start, "end": end, "step": call["step"]})


def narrow(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """The slice of one axis that ``narrow`` is; a start that is itself computed stays as called."""
    source, dim = call["self"], call["dim"] % len(shape)
    if result_shape(source) == shape:
        return Meaning("identity", [source])
    if isinstance(call["start"], fx.Node):
        return generic(call, index, shape)
    start = call["start"] % result_shape(source)[dim]
    return Meaning("slice", [source], {"dim": dim, "start": start, "end": start + call["length"], "step": 1})


def select(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """One position of an axis, counted from 0; the axis goes."""
    before = result_shape(call["self"])
    dim = call["dim"] % len(before)
    return Meaning("select", [call["self"]], {"dim": dim, "index": call["index"] % before[dim]})


def permute(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """``transpose``, ``movedim``, ``.T``, ... as the whole order of axes that results."""
    source = call.operands()[0]
    order = list(range(len(shape)))
    if call.base.startswith("permute"):
        order = [dim % len(shape) for dim in call["dims"]]
    elif call.base in ("movedim", "moveaxis"):
        moved = {to % len(shape): at % len(shape) for at, to in zip(*_pair_of_lists(call), strict=True)}
        left = iter([axis for axis in order if axis not in moved.values()])
        order = [moved[axis] if axis in moved else next(left) for axis in order]
    elif call.base == "numpy_T":
        order.reverse()
    elif len(shape) > 1:
        first, second = _exchanged(call)
        order[first], order[second] = order[second], order[first]
    return Meaning("permute", [source], {"dims": tuple(order)})


def _exchanged(call: Call) -> tuple[int, int]:
    for first, second in (("dim0", "dim1"), ("axis0", "axis1")):
        if first in call.arguments:
            return call[first], call[second]
    return -2, -1  # t, mT


def _pair_of_lists(call: Call) -> tuple[list[int], list[int]]:
    both = call["source"], call["destination"]
    return tuple([side] if isinstance(side, int) else list(side) for side in both)  # type: ignore[return-value]


def pad(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """Padding as a pair (low, high) for every axis, first axis first; ``F.pad`` gives the last axis first."""
    source = call.operands()[0]
    flat = list(call.arguments["pad" if "pad" in call.arguments else "padding"])
    pairs = [(flat[i], flat[i + 1]) for i in range(0, len(flat), 2)][::-1]
    mode = call.arguments.get("mode") or call.base.split("_pad")[0].replace("reflection", "reflect").replace(
        "replication", "replicate"
    )
    value = call.arguments.get("value")
    padding = ((0, 0),) * (len(shape) - len(pairs)) + tuple(pairs)
    attributes = {"padding": padding, "mode": mode, "value": float(value or 0.0) if mode == "constant" else None}
    return Meaning("pad", [source], attributes)
