"""Causes that are one mistake together: a layer in another place, settings of one line, what is left behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from properties.graph.alignment.edits import Edit
from properties.graph.ir import Op, OpGraph
from properties.oracle.explain.cause import Cause

__all__ = ["dropouts_apart", "exchanged", "grouped", "leaves_behind", "moved", "same_number", "settled_together"]

_LINES = (  # settings that one line of code has
    {"kernel_size", "stride", "padding", "dilation", "ceil_mode", "count_include_pad"},
    {"start", "end", "step"},
)
_WIDTHS = ("out_channels", "out_features", "groups")  # told as a ratio over many layers
_TENSORS = ({"weight", "bias"}, {"running_mean", "running_var"})

Graphs = tuple[OpGraph, OpGraph]


def grouped(found: Sequence[Cause], belong: Callable[[Edit, Edit], bool]) -> list[Cause]:
    """Causes that belong together, the first of which stands for them."""
    left, joined = list(found), []
    while left:
        cause = left.pop(0)
        others = [other for other in left if belong(cause.edit, other.edit)]
        left = [other for other in left if other not in others]
        joined.append(Cause(cause.edit, (*cause.along, *(edit for other in others for edit in other.edits))))
    return joined


def dropouts_apart(found: Sequence[Cause], graphs: Graphs) -> list[Cause]:
    """A dropout at an end of a region stands for itself where the other net has just that one in another place."""
    sides = [(cause, *_one_sided(cause.edit)) for cause in found]
    alone = {(side, _make(graphs[side].ops[at[0]])) for _, side, at in sides if len(at) == 1}
    parts: list[Cause] = []
    for cause, side, at in sides:
        ends = [end for end in (at[:1], at[-1:]) if len(at) > 1 and "dropout" in graphs[side].ops[end[0]].kind]
        end = next((end for end in ends if (1 - side, _make(graphs[side].ops[end[0]])) in alone), None)
        if end is None:
            parts.append(cause)
            continue
        rest = tuple(position for position in at if position not in end)
        for positions in (rest, end):
            own = {"reference": positions, "at": float(positions[0])} if side == 0 else {"candidate": positions}
            parts.append(Cause(replace(cause.edit, **own)))
    return parts


def _one_sided(edit: Edit) -> tuple[int, tuple[int, ...]]:
    """The net that has a region alone, and the region; no operators for other edits."""
    if edit.kind == "operator-missing":
        return 0, edit.reference
    return (1, edit.candidate) if edit.kind == "operator-extra" else (0, ())


def moved(found: Sequence[Cause], graphs: Graphs) -> list[Cause]:
    """Operators that are missing in one place and stand in another: the first of a make with the first of that make."""
    left, joined = list(found), []
    while left:
        cause = left.pop(0)
        partner = next((other for other in left if _is_elsewhere(cause.edit, other.edit, graphs)), None)
        if partner is not None:
            left.remove(partner)
            gone, new = _missing_first(cause.edit, partner.edit)
            edit = replace(gone, kind="wiring", attribute="moved", candidate=new.candidate, at=min(gone.at, new.at))
            cause = Cause(edit, (*cause.along, *partner.along))
        joined.append(cause)
    return joined


def _is_elsewhere(one: Edit, other: Edit, graphs: Graphs) -> bool:
    if {one.kind, other.kind} != {"operator-missing", "operator-extra"}:
        return False
    gone, new = _missing_first(one, other)
    ours, theirs = (graphs[0], gone.reference), (graphs[1], new.candidate)
    makes = [sorted(_make(graph.ops[p]) for p in positions) for graph, positions in (ours, theirs)]
    return makes[0] == makes[1]


def _missing_first(one: Edit, other: Edit) -> tuple[Edit, Edit]:
    return (one, other) if one.kind == "operator-missing" else (other, one)


def _make(op: Op) -> str:
    """What is the same of a layer wherever it stands, however wide the tensor there is."""
    settings = sorted((name, repr(value)) for name, value in op.attributes.items() if name not in (*_WIDTHS, "shape"))
    return f"{op.kind} {settings} {sorted(op.params)}"


def same_number(one: Edit, other: Edit, graphs: Graphs) -> bool:
    """Whether one number stands in two operators, one of which reads the other: a rate, and the scale that makes up."""
    if not one.kind == other.kind == "attribute" or (one.before, one.after) != (other.before, other.after):
        return False
    if not isinstance(one.before, float) or len(one.candidate) != 1 or len(other.candidate) != 1:
        return False
    a, b = one.candidate[0], other.candidate[0]
    return a in graphs[1].ops[b].inputs or b in graphs[1].ops[a].inputs


def leaves_behind(one: Edit, other: Edit, graphs: Graphs) -> bool:
    """Whether an operator that should not be there, or that differs, writes what the net should leave as it is."""
    mistake, effect = (other, one) if (one.kind, one.attribute) == ("output", "effect") else (one, other)
    if (effect.kind, effect.attribute) != ("output", "effect") or mistake.kind == "output":
        return False
    graph = graphs[1]
    own = set(mistake.candidate)
    paths = graph.output.attributes.get("paths", ())
    written = {source for source, path in zip(graph.output.inputs, paths, strict=False) if path.startswith("changes ")}
    return bool(own & (written | {source for at in written for source in graph.ops[at].inputs}))


def exchanged(one: Edit, other: Edit, graphs: Graphs, pairs: Mapping[int, int]) -> bool:
    """Whether two operators read what the other one should read."""
    if not all((edit.kind, edit.attribute) == ("wiring", "operands") for edit in (one, other)):
        return False
    ours = [source for edit in (one, other) for source in graphs[0].ops[edit.reference[0]].inputs]
    theirs = [source for edit in (one, other) for source in graphs[1].ops[edit.candidate[0]].inputs]
    return sorted(pairs.get(source, -1) for source in ours) == sorted(theirs)


def settled_together(found: Sequence[Cause]) -> list[Cause]:
    """Settings of one layer's window, or the two tensors of one norm: one line of code, one mistake."""
    left, together = list(found), []
    while left:
        cause = left.pop(0)
        others = [other for other in left if _is_one_line(cause.edit, other.edit)]
        left = [other for other in left if other not in others]
        edits = [cause.edit, *(other.edit for other in others)]
        if others:
            names = " and ".join(edit.attribute for edit in edits)
            before, after = (tuple(getattr(edit, side) for edit in edits) for side in ("before", "after"))
            edit = replace(cause.edit, attribute=names, before=before, after=after)
            cause = Cause(edit, (*cause.along, *(edit for other in others for edit in other.along)))
        together.append(cause)
    return together


def _is_one_line(one: Edit, two: Edit) -> bool:
    if one.kind != two.kind or one.reference != two.reference or len(one.reference) != 1:
        return False
    both = {one.attribute, two.attribute}
    if one.kind == "attribute":
        return any(both <= line for line in _LINES)
    return one.kind == "parameter" and (one.before, one.after) == (two.before, two.after) and both in _TENSORS
