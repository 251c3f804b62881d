"""A few operators of both nets side by side, around the first place of a deviation."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest

from properties.graph.alignment.edits import Edit
from properties.graph.ir import Op, OpGraph
from properties.report import Row
from properties.report.words import by, value

__all__ = ["excerpt", "settings"]

_MOST = 4  # rows between the one before and the one after
_USUAL: Mapping[str, object] = {
    "stride": 1, "padding": 0, "dilation": 1, "groups": 1, "padding_mode": "zeros", "ceil_mode": False,
    "count_include_pad": True, "divisor_override": None, "scalar": None, "detach": False, "no_grad": False,
}  # fmt: skip
_SILENT = ("eps", "momentum", "training", "out_channels", "out_features", "digest", "paths", "slot", "value")


def excerpt(edit: Edit, reference: OpGraph, candidate: OpGraph, pairs: Mapping[int, int]) -> tuple[Row, ...]:
    """The operators that an edit is about, with what stands before and after them.

    Args:
        edit: the edit.
        reference: the graph that its ``reference`` positions refer to.
        candidate: likewise.
        pairs: which operator of the candidate stands for which of the reference.
    """
    names = set(edit.attribute.split(" and "))
    about = [*edit.reference], [*edit.candidate]
    if edit.kind in ("attribute", "parameter", "training", "output"):
        touched = list(zip(edit.reference, edit.candidate, strict=True))
    else:
        touched = list(zip_longest(edit.reference, edit.candidate))
    ours = [_before(reference, edit.reference), _after(reference, edit.reference)]
    theirs = [_before(candidate, edit.candidate), _after(candidate, edit.candidate)]
    back = {b: a for a, b in pairs.items()}
    for end in (0, 1):
        ours[end] = back.get(theirs[end]) if not edit.reference else ours[end]  # type: ignore[arg-type]
        theirs[end] = pairs.get(ours[end]) if not edit.candidate else theirs[end]  # type: ignore[arg-type]
    shown = touched[:_MOST]
    rows = [(ours[0], theirs[0]), *shown, (ours[1], theirs[1])]
    found = []
    for a, b in rows:
        left = None if a is None else _described(reference, a, names if a in about[0] else set(), edit)
        right = None if b is None else _described(candidate, b, names if b in about[1] else set(), edit)
        if left is not None or right is not None:
            found.append(Row(left, right, (a, b) in touched))
        if touched[_MOST:] and (a, b) == shown[-1]:
            more = [f"... {len(side) - _MOST} more" if len(side) > _MOST else None for side in about]
            found.append(Row(more[0], more[1], True))
    return tuple(found)


def _before(graph: OpGraph, positions: tuple[int, ...]) -> int | None:
    """What the first of them reads."""
    return next((source for p in positions[:1] for source in graph.ops[p].inputs), None)


def _after(graph: OpGraph, positions: tuple[int, ...]) -> int | None:
    """What reads the last of them."""
    inside = set(positions)
    return next((user for p in positions[-1:] for user in graph.users[p] if user not in inside), None)


def _described(graph: OpGraph, position: int, names: set[str], edit: Edit) -> str:
    """``layer1.0.conv1  conv 1x1, stride 2, 64x56x56``: where, what, its settings, the size of its result."""
    op = graph.ops[position]
    if op.kind == "output":
        return "(output)"
    kernel = op.attributes.get("kernel_size")
    parts = [
        op.kind if kernel is None else f"{op.kind} {value('kernel_size', kernel)}",
        *(f"{name} {said}" for name, said in settings(op, names)),
    ]
    if edit.kind == "parameter" and names:
        parts += [name if name in op.params else f"no {name}" for name in sorted(names & {"weight", "bias"})]
    size = by(op.shape[1:])
    place = op.where or ("(input)" if op.kind == "input" else "(net)")
    return f"{place}  {', '.join([*parts, size] if size else parts)}"


def settings(op: Op, names: set[str]) -> list[tuple[str, str]]:
    """The settings that say something, in words: all but the usual ones, and those that are asked for by name."""
    found = []
    for name, setting in op.attributes.items():
        same = set(setting) if isinstance(setting, tuple) and setting else {setting}
        is_usual = name in _USUAL and same == {_USUAL[name]}
        if name == "kernel_size":
            continue
        if name in names or not (is_usual or name in _SILENT):
            found.append((name, value(name, setting)))
    return found
