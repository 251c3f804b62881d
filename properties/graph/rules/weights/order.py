"""The order of concatenated parts, where whatever reads them can be stored in the other order too (tier B).

The parts are sorted by what they compute. The exchange is followed down every path: through operators that treat all
positions of the axis alike, with their tensors reordered, to the layers that sum over the axis. If one path does not
end in such a layer, the parts stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from math import prod

from properties.graph.ir import Op
from properties.graph.kinds import BINARY, ELEMENTWISE, POOLS, REDUCTIONS, RESHAPES
from properties.graph.recipe import taken
from properties.graph.rewriting.fingerprints import fingerprints
from properties.graph.rewriting.params import can_change, remade
from properties.graph.rewriting.rule import on_whole_graph

__all__ = ["sorted_parts"]

_ALIKE = ELEMENTWISE | {"detach", "hardtanh", "erf", "log", "feature_dropout", "reciprocal", "sin", "cos", "square"}
_ARITHMETIC = frozenset({*BINARY, "maximum", "minimum", "pow"})


@dataclass(frozen=True)
class _Exchange:
    """``order[i]`` is where position ``i`` of the axis was before."""

    axis: int
    order: tuple[int, ...]


@on_whole_graph(
    tier="B",
    name="order of concatenated parts",
    source="conv(cat([a, b], 1), W) = conv(cat([b, a], 1), cat([W[:, m:], W[:, :m]], 1)) for a of m channels",
    requires="every reader can be stored in the other order, and no tensor is shared",
    evidence="rounded",
)
def sorted_parts(ops: tuple[Op, ...]) -> tuple[Op, ...] | None:
    """A concatenation has its parts in the order of what they compute, if the layers after it can absorb that."""
    if not any(op.kind == "cat" for op in ops):
        return None
    prints: list[tuple[str, ...]] = fingerprints(ops)
    exact: list[tuple[str, ...]] = []
    changed = False
    for position, op in enumerate(ops):
        if op.kind != "cat":
            continue
        keys = [prints[source] for source in op.inputs]
        if len(set(keys)) < len(set(op.inputs)):
            exact = exact or fingerprints(ops, exact=True)
            keys = [prints[source] + exact[source] for source in op.inputs]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        if order == list(range(len(order))):
            continue
        rewritten = _absorbed(ops, position, order)
        if rewritten is not None:
            ops, changed = rewritten, True
    return ops if changed else None


def _absorbed(ops: tuple[Op, ...], position: int, order: Sequence[int]) -> tuple[Op, ...] | None:
    cat = ops[position]
    rewritten = list(ops)
    rewritten[position] = cat.with_(inputs=tuple(cat.inputs[slot] for slot in order))
    blocks = _blocks([ops[source].shape[cat.attributes["dim"]] for source in cat.inputs])
    moved = tuple(old for slot in order for old in blocks[slot])
    exchanged = {position: _Exchange(cat.attributes["dim"], moved)}
    for at in range(position + 1, len(ops)):
        op = ops[at]
        if not any(source in exchanged for source in op.inputs):
            continue
        found = _through(op, ops, [exchanged.get(source) for source in op.inputs])
        if found is None:
            return None
        rewritten[at], onward = found
        if onward is not None:
            exchanged[at] = onward
    return tuple(rewritten)


def _blocks(sizes: Sequence[int]) -> list[range]:
    return [range(end - size, end) for size, end in zip(sizes, accumulate(sizes), strict=True)]


def _through(op: Op, ops: Sequence[Op], given: Sequence[_Exchange | None]) -> tuple[Op, _Exchange | None] | None:
    """The operator on exchanged operands, with what is then exchanged in its result; None if it cannot be one."""
    if op.kind == "cat":
        return _through_cat(op, ops, given)
    if op.kind in _ARITHMETIC:
        return _through_arithmetic(op, ops, given)
    exchange = given[0]
    if exchange is None or any(other is not None for other in given[1:]) or len(op.inputs) > 1:
        return None
    if op.kind in _ALIKE or (op.kind in POOLS and exchange.axis < 2):
        return op, exchange
    if op.kind == "permute":
        return op, _Exchange(op.attributes["dims"].index(exchange.axis), exchange.order)
    if op.kind in REDUCTIONS:
        return _through_reduction(op, exchange)
    if op.kind in RESHAPES:
        return _through_reshape(op, ops[op.inputs[0]], exchange)
    if op.kind == "pad":
        return (op, exchange) if op.attributes["padding"][exchange.axis] == (0, 0) else None
    if op.kind == "batch_norm" and exchange.axis == 1:
        return _with_rows(op, exchange.order, tuple(op.params), exchange)
    if op.kind == "layer_norm" and op.attributes["axes"] == 1 and exchange.axis == len(op.shape) - 1:
        return _with_rows(op, exchange.order, tuple(op.params), exchange)
    if op.kind == "conv" and exchange.axis == 1:
        return _through_convolution(op, exchange)
    return None


def _through_cat(op: Op, ops: Sequence[Op], given: Sequence[_Exchange | None]) -> tuple[Op, _Exchange | None] | None:
    axes = {exchange.axis for exchange in given if exchange is not None}
    dim = op.attributes["dim"]
    if axes != {dim}:
        alike = len(set(given)) == 1 and len(axes) == 1
        return (op, given[0]) if alike else None
    blocks = _blocks([ops[source].shape[dim] for source in op.inputs])
    order: list[int] = []
    for block, exchange in zip(blocks, given, strict=True):
        order += block if exchange is None else (block[old] for old in exchange.order)
    return op, _Exchange(dim, tuple(order))


def _through_arithmetic(
    op: Op, ops: Sequence[Op], given: Sequence[_Exchange | None]
) -> tuple[Op, _Exchange | None] | None:
    """Both operands exchanged alike, or the other one the same for every position of the axis."""
    exchanges = [exchange for exchange in given if exchange is not None]
    first = exchanges[0]
    for source, exchange in zip(op.inputs, given, strict=True):
        if len(ops[source].shape) != len(op.shape) and exchange is not None:
            return None
        axis = first.axis - len(op.shape) + len(ops[source].shape)
        constant = axis < 0 or ops[source].shape[axis] == 1
        if exchange != first and not (exchange is None and constant):
            return None
    return op, first


def _through_reduction(op: Op, exchange: _Exchange) -> tuple[Op, _Exchange | None] | None:
    dims = op.attributes["dim"]
    if exchange.axis in dims:
        return op, None
    axis = exchange.axis if op.attributes["keepdim"] else exchange.axis - sum(dim < exchange.axis for dim in dims)
    return op, _Exchange(axis, exchange.order)


def _through_reshape(op: Op, before: Op, exchange: _Exchange) -> tuple[Op, _Exchange | None] | None:
    """Where the axis stays an axis, with as many numbers before and after it."""
    size, ahead = before.shape[exchange.axis], prod(before.shape[: exchange.axis])
    for axis, other in enumerate(op.shape):
        if other == size and prod(op.shape[:axis]) == ahead:
            return op, _Exchange(axis, exchange.order)
    return None


def _through_convolution(op: Op, exchange: _Exchange) -> tuple[Op, _Exchange | None] | None:
    weight = op.params.get("weight")
    if weight is None:
        return None
    groups = op.attributes["groups"]
    if groups == 1:
        if not can_change(weight):
            return None
        changed = remade(weight, partial(taken, axis=1, positions=exchange.order))
        return op.with_(params={**op.params, "weight": changed}), None
    if weight.shape[1] != 1:
        return None
    each = op.attributes["out_channels"] // groups
    rows = tuple(old * each + i for old in exchange.order for i in range(each))
    return _with_rows(op, rows, tuple(op.params), _Exchange(1, rows))


def _with_rows(
    op: Op, rows: tuple[int, ...], roles: tuple[str, ...], onward: _Exchange
) -> tuple[Op, _Exchange | None] | None:
    if not all(can_change(op.params[role]) for role in roles) or "computed" in op.attributes.values():
        return None
    params = {role: remade(op.params[role], partial(taken, axis=0, positions=rows)) for role in roles}
    return op.with_(params=params), onward
