"""Edits to causes: one mistake is one cause, with whatever it brings along in the same graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from properties.graph.alignment.edits import Edit
from properties.graph.ir import Op, OpGraph
from properties.graph.kinds import JOINS
from properties.oracle.explain.cause import Cause
from properties.oracle.explain.grouping import (
    dropouts_apart,
    exchanged,
    grouped,
    leaves_behind,
    moved,
    same_number,
    settled_together,
)

__all__ = ["causes"]

_FARTHEST_SWAP = 8  # operators between two settings that changed places; a bottleneck block has ten


def causes(reference: OpGraph, candidate: OpGraph, edits: Iterable[Edit], pairs: Mapping[int, int]) -> list[Cause]:
    """The edits between two graphs, those that are one mistake together.

    Args:
        reference: the graph that the edits' ``reference`` positions refer to.
        candidate: likewise.
        edits: in data-flow order.
        pairs: which operator of the candidate stands for which of the reference.
    """
    graphs = (reference, candidate)
    found = [Cause(part) for edit in edits for part in _whole_modules(edit, graphs)]
    found = moved(dropouts_apart(found, graphs), graphs)
    found = _rebuilt(found, graphs)
    found = grouped(found, lambda one, other: _is_fed_by(one, other, graphs))
    found = grouped(found, lambda one, other: _takes_over_stride(one, other, graphs))
    found = grouped(found, lambda one, other: _meet(one, other, graphs))
    found = grouped(found, lambda one, other: same_number(one, other, graphs))
    found = grouped(found, lambda one, other: exchanged(one, other, graphs, pairs))
    found = grouped(found, lambda one, other: leaves_behind(one, other, graphs))
    found = _swapped(reference, found)
    return settled_together(found)


def _whole_modules(edit: Edit, graphs: tuple[OpGraph, OpGraph]) -> list[Edit]:
    """Ten missing blocks are one edit ten times: split where a region is a row of modules of one make."""
    if edit.kind not in ("operator-missing", "operator-extra"):
        return [edit]
    missing = edit.kind == "operator-missing"
    graph = graphs[0] if missing else graphs[1]
    positions = edit.reference if missing else edit.candidate
    groups = _modules_within(graph, positions)
    makes = {tuple(graph.ops[p].kind for p in group) for group in groups}
    if len(groups) < 2 or len(makes) != 1 or sum(map(len, groups)) != len(positions):
        return [edit]
    step = 1 / (len(groups) + 1)
    parts = []
    for number, group in enumerate(groups):
        at = float(group[0]) if missing else edit.at + number * step * 0.5
        parts.append(replace(edit, reference=group, at=at) if missing else replace(edit, candidate=group, at=at))
    return parts


def _modules_within(graph: OpGraph, positions: Sequence[int]) -> list[tuple[int, ...]]:
    """The region cut into the outermost modules that lie in it whole."""
    inside = set(positions)
    outside = {_prefix(op.where, depth) for p, op in enumerate(graph.ops) if p not in inside for depth in range(1, 9)}
    groups: dict[str, list[int]] = {}
    for position in positions:
        where = graph.ops[position].where
        depth = next((d for d in range(1, where.count(".") + 2) if _prefix(where, d) not in outside), None)
        groups.setdefault(_prefix(where, depth) if depth and where else f"#{position}", []).append(position)
    return [tuple(group) for group in groups.values()]


def _prefix(path: str, depth: int) -> str:
    return ".".join(path.split(".")[:depth])


def _rebuilt(found: Sequence[Cause], graphs: tuple[OpGraph, OpGraph]) -> list[Cause]:
    """A layer that became several, or several that became one: a changed kernel or width beside layers of its kind."""
    left = list(found)
    for region in [cause for cause in found if cause.edit.kind in ("operator-missing", "operator-extra")]:
        side = 0 if region.edit.kind == "operator-missing" else 1
        graph, positions = graphs[side], _sides(region.edit)[side]
        beside = _around(graph, positions)
        kinds = {graph.ops[p].kind for p in positions}
        settings = [
            cause
            for cause in left
            if cause.edit.kind == "attribute"
            and cause.edit.attribute in ("kernel_size", "out_channels", "groups")
            and _sides(cause.edit)[side][0] in beside
            and graph.ops[_sides(cause.edit)[side][0]].kind in kinds
        ]
        layers = {cause.edit.reference[0] for cause in settings}
        if len(layers) != 1:
            continue
        layer = settings[0].edit
        own = [c for c in left if c.edit.kind in ("attribute", "parameter") and c.edit.reference == layer.reference]
        edit = replace(
            region.edit,
            kind="operator-replaced",
            reference=tuple(sorted({*region.edit.reference, *layer.reference})),
            candidate=tuple(sorted({*region.edit.candidate, *layer.candidate})),
            at=min(region.edit.at, layer.at),
        )
        left = [Cause(edit) if cause is region else cause for cause in left if cause not in own]
    return left


def _around(graph: OpGraph, positions: Iterable[int]) -> set[int]:
    """Operators that read the region or are read by it."""
    inside = set(positions)
    near = {n for p in inside for n in (*graph.ops[p].inputs, *graph.users[p])}
    return near - inside


def _sides(edit: Edit) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return edit.reference, edit.candidate


def _region_and_setting(one: Edit, other: Edit, kinds: Sequence[str]) -> tuple[Edit, Edit, int] | None:
    """A region that one net alone has, an edit of these kinds, and which net that is; None for any other two."""
    region, setting = (one, other) if one.kind.startswith("operator-") else (other, one)
    if region.kind not in ("operator-missing", "operator-extra") or setting.kind not in kinds:
        return None
    return region, setting, 0 if region.kind == "operator-missing" else 1


def _takes_over_stride(one: Edit, other: Edit, graphs: tuple[OpGraph, OpGraph]) -> bool:
    """Whether a layer that is there alone has the stride which the layer beside it has lost, or the reverse."""
    beside = _region_and_setting(one, other, ("attribute",))
    if beside is None:
        return False
    region, setting, side = beside
    graph = graphs[side]
    ops = [graph.ops[p] for p in _sides(region)[side]]
    strides = [op.attributes["stride"] for op in ops if _strided(op)]
    with_it, without = (setting.before, setting.after) if side else (setting.after, setting.before)
    layer = _sides(setting)[side]
    is_beside = len(layer) == 1 and layer[0] in _around(graph, _sides(region)[side])
    return setting.attribute == "stride" and is_beside and strides == [with_it] and set(without) == {1}


def _is_fed_by(one: Edit, other: Edit, graphs: tuple[OpGraph, OpGraph]) -> bool:
    """Whether a layer reads a tensor that operators beside it make, or another type that a cast beside it gives."""
    beside = _region_and_setting(one, other, ("attribute", "parameter"))
    if beside is None:
        return False
    region, setting, side = beside
    graph, positions = graphs[side], _sides(region)[side]
    wanted = {"weight": "parameter", "bias": "parameter", "autocast": "cast"}.get(setting.attribute)
    makes = wanted in {graph.ops[p].kind for p in positions}
    return makes and _sides(setting)[side][0] in _around(graph, positions)


def _strided(op: Op) -> bool:
    stride = op.attributes.get("stride")
    return isinstance(stride, tuple) and set(stride) != {1}


def _meet(one: Edit, other: Edit, graphs: tuple[OpGraph, OpGraph]) -> bool:
    """Whether the two stand on branches that meet in one addition, whose sizes must agree."""
    if one.kind == other.kind == "attribute":
        same = (one.attribute, one.before, one.after) == (other.attribute, other.before, other.after)
        return same and one.attribute == "stride" and _are_parallel(one, other, graphs[0], 0)
    beside = _region_and_setting(one, other, ("attribute",))
    if beside is None:
        return False
    region, setting, side = beside
    ops = [graphs[side].ops[p] for p in _sides(region)[side]]
    wanted = setting.after if side else setting.before
    fits = any(op.attributes.get(setting.attribute) == wanted for op in ops)
    return (
        setting.attribute in ("stride", "out_channels") and fits and _are_parallel(region, setting, graphs[side], side)
    )


def _are_parallel(one: Edit, other: Edit, graph: OpGraph, side: int) -> bool:
    ends = [_end_of_branch(graph, _sides(edit)[side][-1]) for edit in (one, other)]
    if ends[0] is None or ends[1] is None:
        return False
    return ends[0][0] == ends[1][0] and ends[0][1] != ends[1][1]


def _end_of_branch(graph: OpGraph, position: int) -> tuple[int, int] | None:
    """The addition that a branch runs into, and the operand by which it does."""
    while len(graph.users[position]) == 1:
        user = graph.users[position][0]
        if graph.ops[user].kind in JOINS and len(graph.ops[user].inputs) > 1:
            return user, position
        position = user
    return None


def _swapped(graph: OpGraph, found: Sequence[Cause]) -> list[Cause]:
    """Two layers that changed a setting's places: one mistake, a stride on the wrong layer."""
    left, swapped = list(found), []
    while left:
        cause = left.pop(0)
        edit = cause.edit
        partner = _swap_partner(graph, edit, left) if edit.kind == "attribute" and len(edit.reference) == 1 else None
        if partner is None:
            swapped.append(cause)
            continue
        left.remove(partner)
        other = partner.edit
        both = (*edit.reference, *other.reference), (*edit.candidate, *other.candidate)
        swapped.append(Cause(replace(edit, reference=both[0], candidate=both[1]), (*cause.along, *partner.along)))
    return swapped


def _swap_partner(graph: OpGraph, edit: Edit, others: Sequence[Cause]) -> Cause | None:
    opposite = {
        cause.edit.reference[0]: cause
        for cause in others
        if (cause.edit.kind, cause.edit.attribute, len(cause.edit.reference)) == ("attribute", edit.attribute, 1)
        and (cause.edit.before, cause.edit.after) == (edit.after, edit.before)
    }
    farthest = len(graph) if edit.attribute == "stride" else _FARTHEST_SWAP  # a stride belongs somewhere
    layer, seen = {edit.reference[0]}, {edit.reference[0]}
    for _ in range(farthest if opposite else 0):
        layer = {user for at in layer for user in graph.users[at] if user not in seen}
        seen |= layer
        near = sorted(layer & opposite.keys())
        if near:
            return opposite[near[0]]
    return None
