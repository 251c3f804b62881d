"""Two whole nets side by side: which operator stands beside which, and which deviation each is part of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from properties.graph.alignment.edits import Edit
from properties.graph.ir import Op, OpGraph
from properties.oracle.explain.causes import causes
from properties.oracle.explain.comparison import Comparison
from properties.oracle.explain.excerpt import settings
from properties.oracle.structure.structure import Structure, compare_loosely
from properties.report import Deviation
from properties.report.side_by_side import Cell, Line, SideBySide
from properties.report.words import by, value

__all__ = ["compared", "side_by_side"]

_NAMED = ("attribute", "parameter", "training")  # edits whose places stand pair by pair
_ENDS = {"input": "(input)", "output": "(output)"}

Positions = tuple[int | None, int | None]


def compared(structure: Structure, *, mapped: bool) -> list[Comparison]:
    """Both nets in both modes, in the normal form that the report is about.

    Args:
        structure: the graphs.
        mapped: whether they are one only with weights stored in another way.
    """
    if not mapped:
        return list(structure.told)
    return [compare_loosely(captured) for captured in structure.first()]


def side_by_side(comparison: Comparison, deviations: Sequence[Deviation]) -> SideBySide:
    """One mode of two nets.

    Args:
        comparison: their graphs, and the edits between them.
        deviations: those of the report, in its order.
    """
    graphs = _graphs(comparison)
    rows = _beside(comparison)
    touched = _touched(comparison, deviations)
    elsewhere = _elsewhere(rows, comparison, deviations, touched)
    lines = []
    for at, (a, b) in enumerate(rows):
        found = [*touched[0].get(a, []), *touched[1].get(b, [])]
        alone = bool(deviations) and (a is None or b is None)
        differs = alone or a in touched[0] or b in touched[1]
        numbers = tuple(sorted({*found, *elsewhere.get(at, [])}))
        changed = _changed(graphs, a, b) if differs else set()
        ours, theirs = (
            None if position is None else _cell(graph, position, changed)
            for graph, position in zip(graphs, (a, b), strict=True)
        )
        lines.append(Line(ours, theirs, differs, numbers))
    size = next((by(op.shape) for _, op in comparison.reference.of_kind("input")), "")
    return SideBySide(comparison.mode, size, tuple(lines))


# ------------------------------------------------------------------------------------------------------------ rows
def _beside(comparison: Comparison) -> list[Positions]:
    """Positions in data-flow order: the reference's, and what only the candidate has where it runs."""
    pairs = dict(comparison.pairs)
    taken = set(pairs.values())
    for edit in comparison.edits:
        if edit.kind == "operator-replaced":
            for a, b in zip(edit.reference, edit.candidate, strict=False):
                if a not in pairs and b not in taken:
                    pairs[a] = b
                    taken.add(b)
    alone = [b for b in range(len(comparison.candidate)) if b not in taken]
    rows: list[Positions] = []
    for a in range(len(comparison.reference)):
        partner = pairs.get(a)
        while partner is not None and alone and alone[0] < partner:
            rows.append((None, alone.pop(0)))
        rows.append((a, partner))
    return rows + [(None, b) for b in alone]


def _cell(graph: OpGraph, position: int, changed: set[str]) -> Cell:
    op = graph.ops[position]
    kernel = op.attributes.get("kernel_size")
    kind = op.kind if kernel is None else f"{op.kind} {value('kernel_size', kernel)}"
    said = [] if op.kind in _ENDS else settings(op, changed)
    tensors = [(name, "yes" if name in op.params else "none") for name in sorted(changed & {"weight", "bias"})]
    sizes = [graph.ops[source].shape for source in op.inputs] if op.kind == "output" else [op.shape]
    where = _ENDS.get(op.kind) or op.where or "(net)"
    return Cell(where, kind, (*said, *tensors), ", ".join(by(shape[1:]) for shape in sizes))


def _changed(graphs: tuple[OpGraph, OpGraph], a: int | None, b: int | None) -> set[str]:
    """Names of what differs between two operators of one kind."""
    if a is None or b is None:
        return set()
    ours, theirs = graphs[0].ops[a], graphs[1].ops[b]
    if ours.kind != theirs.kind:
        return set()
    return _unequal(ours, theirs) | (ours.params.keys() ^ theirs.params.keys())


def _unequal(ours: Op, theirs: Op) -> set[str]:
    names = ours.attributes.keys() | theirs.attributes.keys()
    missing = object()
    return {name for name in names if ours.attributes.get(name, missing) != theirs.attributes.get(name, missing)}


# ------------------------------------------------------------------------------------------------------- deviations
def _touched(
    comparison: Comparison, deviations: Sequence[Deviation]
) -> tuple[dict[int | None, list[int]], dict[int | None, list[int]]]:
    """For each net, its operators that an edit is about, with the numbers of the deviations it belongs to."""
    sides: tuple[dict[int | None, list[int]], dict[int | None, list[int]]] = ({}, {})
    graphs = _graphs(comparison)
    for cause in causes(*graphs, comparison.edits, comparison.pairs):
        number = _number(cause.edit, graphs, deviations)
        for edit in cause.edits:
            for side, positions in zip(sides, (edit.reference, edit.candidate), strict=True):
                for position in positions:
                    side.setdefault(position, []).extend([] if number is None else [number])
    return sides


def _elsewhere(
    rows: Sequence[Positions],
    comparison: Comparison,
    deviations: Sequence[Deviation],
    touched: Sequence[Mapping[int | None, list[int]]],
) -> dict[int, list[int]]:
    """By row, the deviations that show in no edit here: at another size, in a hook, in what the net keeps."""
    told = {number for side in touched for numbers in side.values() for number in numbers}
    names = [
        tuple(None if at is None else graph.label(at) for graph, at in zip(_graphs(comparison), row, strict=True))
        for row in rows
    ]
    found: dict[int, list[int]] = {}
    for number, deviation in enumerate(deviations, start=1):
        if number in told or deviation.mode not in ("both", comparison.mode):
            continue
        pairs = {(place.reference, place.candidate) for place in deviation.places}
        here = [at for at, both in enumerate(names) if both in pairs]
        here = here or [at for at, (ours, _) in enumerate(names) if ours == deviation.where.reference][:1]
        for at in here:
            found.setdefault(at, []).append(number)
    return found


def _graphs(comparison: Comparison) -> tuple[OpGraph, OpGraph]:
    return comparison.reference, comparison.candidate


def _number(edit: Edit, graphs: tuple[OpGraph, OpGraph], deviations: Sequence[Deviation]) -> int | None:
    """Which deviation an edit was told as: one of its kind that names the same place."""
    firsts = list(zip_longest(edit.reference[:1], edit.candidate[:1]))
    a, b = firsts[0] if firsts else (None, None)
    ours, theirs = (None if at is None else graph.label(at) for graph, at in zip(graphs, (a, b), strict=True))
    for number, deviation in enumerate(deviations, start=1):
        if deviation.kind != edit.kind or (edit.kind in _NAMED and deviation.attribute != edit.attribute):
            continue
        for place in deviation.places:
            if (ours is None or place.reference == ours) and (theirs is None or place.candidate == theirs):
                return number
    return None
