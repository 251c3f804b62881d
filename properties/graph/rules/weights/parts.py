"""One layer for several, or several for one (tier B): a fused projection that is cut up, branches that are joined.

The normal form computes what is read apart by layers of their own, and what is joined at once by one layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise

from properties.graph.ir import Op, Param
from properties.graph.kinds import ELEMENTWISE, GLOBAL_POOLS, WINDOW_POOLS
from properties.graph.labels import label_of
from properties.graph.recipe import taken
from properties.graph.rewriting.fingerprints import users_of
from properties.graph.rewriting.params import can_change, join_params, remade
from properties.graph.rewriting.rule import on_whole_graph

__all__ = ["joined_layers", "split_layers"]

Range = tuple[int, int]
_PER_CHANNEL = frozenset({"batch_norm", *WINDOW_POOLS, *GLOBAL_POOLS})


@on_whole_graph(
    tier="B",
    name="one layer for each part",
    source="conv(x, W)[:, i:j] = conv(x, W[i:j]), f(x)[:, i:j] = f(x[:, i:j]) for an f by channel",
    requires="only parts are read; groups 1, or parts of whole groups",
    evidence="rounded",
)
def split_layers(ops: tuple[Op, ...]) -> tuple[Op, ...] | None:
    """A layer of which only parts are read, each part apart from the others, is a layer for each part."""
    users = users_of(ops)
    parts = {at: found for at, op in enumerate(ops) if (found := _parts_read(op, [ops[user] for user in users[at]]))}
    parts = {at: found for at, found in parts.items() if _can_split(ops[at], found[0])}
    if not parts:
        return None
    out: list[Op] = []
    became: list[int] = []
    pieces: dict[tuple[int, Range], int] = {}
    for position, op in enumerate(ops):
        moved = op.with_(inputs=tuple(became[source] for source in op.inputs))
        source = op.inputs[0] if op.inputs else -1
        if op.kind == "slice" and source in parts:
            became.append(pieces[source, (op.attributes["start"], op.attributes["end"])])
            continue
        if position in parts:
            dim, ranges = parts[position]
            for chosen in ranges:
                pieces[position, chosen] = _emit_part(moved, out, dim, chosen)
            became.append(-1)  # only its parts are read
            continue
        out.append(moved)
        became.append(len(out) - 1)
    return tuple(out)


def _parts_read(op: Op, users: Sequence[Op]) -> tuple[int, tuple[Range, ...]] | None:
    """The axis and the ranges along it, if users read nothing but two or more parts that make up the whole."""
    if not users or any(user.kind != "slice" or user.attributes["step"] != 1 for user in users):
        return None
    dims = {user.attributes["dim"] for user in users}
    if len(dims) > 1:
        return None
    (dim,) = dims
    ranges = sorted({(user.attributes["start"], user.attributes["end"]) for user in users})
    touching = all(before[1] == after[0] for before, after in pairwise(ranges))
    if len(ranges) < 2 or not touching or (ranges[0][0], ranges[-1][1]) != (0, op.shape[dim]):
        return None
    return dim, tuple(ranges)


def _can_split(op: Op, dim: int) -> bool:
    if len(op.inputs) != 1 or "computed" in op.attributes.values() or "result" in op.attributes:
        return False
    if op.kind in ELEMENTWISE:
        return True
    if op.kind == "conv" and op.attributes["groups"] != 1:
        return False
    return dim == 1 and (op.kind == "conv" or op.kind in _PER_CHANNEL) and all(map(can_change, op.params.values()))


def _emit_part(op: Op, out: list[Op], dim: int, chosen: Range) -> int:
    start, end = chosen
    shape = (*op.shape[:dim], end - start, *op.shape[dim + 1 :])
    params = {
        role: remade(param, partial(taken, axis=0, positions=range(start, end))) for role, param in op.params.items()
    }
    if op.kind == "conv":
        out.append(op.with_(attributes={**op.attributes, "out_channels": end - start}, params=params, shape=shape))
        return len(out) - 1
    before = out[op.inputs[0]]
    size = (*before.shape[:dim], end - start, *before.shape[dim + 1 :])
    cut = {"dim": dim, "start": start, "end": end, "step": 1}
    out.append(Op("slice", op.inputs, cut, shape=size, where=op.where, dtype=before.dtype))
    out.append(op.with_(inputs=(len(out) - 1,), params=params, shape=shape))
    return len(out) - 1


@on_whole_graph(
    tier="B",
    name="one layer for joined parts",
    source="cat([conv(x, V), conv(x, W)]) = conv(x, cat([V, W])), "
    "cat([conv(x, V), conv(y, W)]) = conv(cat([x, y]), cat([V, W]), groups=2)",
    requires="equal settings, no other reader; one input, or inputs of one width",
    evidence="rounded",
)
def joined_layers(ops: tuple[Op, ...]) -> tuple[Op, ...] | None:
    """Layers of equal settings whose results are joined, and read nowhere else, are one layer."""
    rewritten = None
    while (once := _joined_once(ops if rewritten is None else rewritten)) is not None:
        rewritten = once
    return rewritten


def _joined_once(ops: tuple[Op, ...]) -> tuple[Op, ...] | None:
    users = users_of(ops)
    for position, op in enumerate(ops):
        if op.kind != "cat" or len(set(op.inputs)) != len(op.inputs) or len(op.inputs) < 2:
            continue
        if any(len(users[source]) > 1 for source in op.inputs):
            continue
        one = _as_one([ops[source] for source in op.inputs], op, ops)
        if one is not None:
            return _replaced(ops, position, one)
    return None


def _replaced(ops: tuple[Op, ...], position: int, new: tuple[Op, ...]) -> tuple[Op, ...]:
    """The operator at ``position`` gives way to several, of which the last stands for it; -1 is the one before."""
    out = list(ops[:position])
    for op in new:
        out.append(op.with_(inputs=tuple(len(out) - 1 if source < 0 else source for source in op.inputs)))
    shift = len(new) - 1
    for op in ops[position + 1 :]:
        out.append(op.with_(inputs=tuple(source + shift * (source >= position) for source in op.inputs)))
    return tuple(out)


def _as_one(parts: Sequence[Op], cat: Op, ops: Sequence[Op]) -> tuple[Op, ...] | None:
    first, dim = parts[0], cat.attributes["dim"]
    if any(len(part.inputs) != 1 or part.kind != first.kind or part.dtype != first.dtype for part in parts):
        return None
    if "computed" in first.attributes.values() or "result" in first.attributes:
        return None
    if first.kind == "conv":
        return _one_convolution(parts, ops) if dim == 1 else None
    per_channel = first.kind in _PER_CHANNEL and dim == 1
    if not (per_channel or first.kind in ELEMENTWISE) or len({label_of(part) for part in parts}) > 1:
        return None
    params = _joined_roles(parts)
    if params is None:
        return None
    sources = [ops[part.inputs[0]] for part in parts]
    size = (*sources[0].shape[:dim], sum(source.shape[dim] for source in sources), *sources[0].shape[dim + 1 :])
    before = cat.with_(inputs=tuple(part.inputs[0] for part in parts), shape=size, dtype=sources[0].dtype)
    return before, first.with_(inputs=(-1,), params=params, shape=cat.shape)


def _one_convolution(parts: Sequence[Op], ops: Sequence[Op]) -> tuple[Op, ...] | None:
    """Of one input: all filters at once. Of inputs of one width: a group for each."""
    first = parts[0]
    sources = [part.inputs[0] for part in parts]
    settings = [{**part.attributes, "out_channels": 0} for part in parts]
    params = _joined_roles(parts)
    if params is None or any(other != settings[0] for other in settings):
        return None
    channels = sum(part.shape[1] for part in parts)
    shape = (first.shape[0], channels, *first.shape[2:])
    attributes = {**first.attributes, "out_channels": channels}
    if len(set(sources)) == 1 and attributes["groups"] == 1:
        return (first.with_(attributes=attributes, params=params, shape=shape),)
    inner = [ops[source] for source in sources]
    alike = {(part.shape[1], source.shape) for part, source in zip(parts, inner, strict=True)}
    if len(set(sources)) != len(sources) or len(alike) > 1:
        return None
    width = inner[0].shape[1]
    size = (inner[0].shape[0], width * len(parts), *inner[0].shape[2:])
    cat = Op("cat", tuple(sources), {"dim": 1}, shape=size, where=first.where, dtype=inner[0].dtype)
    attributes["groups"] *= len(parts)
    return cat, first.with_(inputs=(-1,), attributes=attributes, params=params, shape=shape)


def _joined_roles(parts: Sequence[Op]) -> Mapping[str, Param] | None:
    roles = tuple(parts[0].params)
    if any(set(part.params) != set(roles) for part in parts):
        return None
    joined = {role: join_params([part.params[role] for part in parts]) for role in roles}
    return {role: param for role, param in joined.items() if param is not None} if None not in joined.values() else None
