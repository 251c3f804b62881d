"""Edits to deviations: one for each mistake, folded over its repetitions, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from properties.graph.edits import Edit
from properties.graph.ir import OpGraph
from properties.oracle._words import sentence
from properties.report import Deviation, Place

__all__ = ["Comparison", "explain"]

_FARTHEST_SWAP = 8  # operators between two settings that changed places; a bottleneck block has ten


@dataclass(frozen=True)
class Comparison:
    """The edits between two graphs of one mode."""

    mode: str
    reference: OpGraph
    candidate: OpGraph
    edits: Sequence[Edit]


def explain(comparisons: Iterable[Comparison]) -> tuple[Deviation, ...]:
    """The deviations of all modes, each reported once, in data-flow order."""
    found: dict[tuple[Any, ...], tuple[_Located, set[str]]] = {}
    for comparison in comparisons:
        for located in _locate(comparison):
            known, modes = found.get(located.key, (located, set()))
            found[located.key] = (max(known, located, key=lambda one: one.extent), {*modes, comparison.mode})
    groups: dict[tuple[Any, ...], list[_Located]] = {}
    seen: dict[tuple[Any, ...], set[str]] = {}
    for located, modes in found.values():
        groups.setdefault(located.signature, []).append(located)
        seen.setdefault(located.signature, set()).update(modes)
    groups = {("both" if len(seen[key]) > 1 else min(seen[key]), *key): members for key, members in groups.items()}
    folded = [(signature[0], members) for signature, members in _fold_ratios(groups).items()]
    ordered = sorted(folded, key=lambda item: min(member.edit.at for member in item[1]))
    return tuple(_deviation(mode, members) for mode, members in ordered)


@dataclass(frozen=True)
class _Located:
    """An edit with its places in words."""

    edit: Edit
    comparison: Comparison
    places: tuple[Place, ...]
    kinds: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def signature(self) -> tuple[Any, ...]:
        """Equal for repetitions of one mistake."""
        edit = self.edit
        return (edit.kind, edit.attribute, edit.before, edit.after, self.kinds, len(edit.reference))

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for the same edit seen in another mode, where a region may have a dropout more."""
        if self.edit.kind in ("operator-missing", "operator-extra", "operator-replaced"):
            return (self.edit.kind, self.places)
        return (*self.signature, self.places)

    @property
    def extent(self) -> int:
        """How many operators it takes in."""
        return len(self.edit.reference) + len(self.edit.candidate)

    @property
    def parameters(self) -> int:
        """Scalars that the edit adds; for a tensor that is there or not, that tensor's alone."""
        reference, candidate = self.comparison.reference, self.comparison.candidate
        role = self.edit.attribute if self.edit.kind == "parameter" else None
        return _scalars(candidate, self.edit.candidate, role) - _scalars(reference, self.edit.reference, role)


def _scalars(graph: OpGraph, positions: Iterable[int], role: str | None) -> int:
    owned = [item for at in positions for item in graph.ops[at].params.items()]
    if role is not None and any(name == role for name, _ in owned):
        owned = [(name, param) for name, param in owned if name == role]
    elif role in ("weight", "bias"):
        owned = []
    return sum({param.key: param.size for _, param in owned if param.kind == "parameter"}.values())


def _locate(comparison: Comparison) -> list[_Located]:
    edits = _swapped(
        comparison.reference, [part for edit in comparison.edits for part in _whole_modules(edit, comparison)]
    )
    located = []
    for edit in edits:
        reference, candidate = comparison.reference, comparison.candidate
        if edit.kind in ("attribute", "parameter", "training"):
            pairs = zip(edit.reference, edit.candidate, strict=True)
            places = tuple(Place(reference.label(a), candidate.label(b)) for a, b in pairs)
        else:
            places = (_place(edit, comparison),)
        kinds = (
            tuple(reference.ops[a].kind for a in edit.reference),
            tuple(candidate.ops[b].kind for b in edit.candidate),
        )
        located.append(_Located(edit, comparison, places, kinds))
    return located


def _place(edit: Edit, comparison: Comparison) -> Place:
    """The first operator on each side; where one side has none, the layer there that receives a changed input."""
    reference, candidate = comparison.reference, comparison.candidate
    first = edit.reference[0] if edit.reference else _receiver(reference, edit.at)
    if edit.candidate:
        return Place(reference.label(first), candidate.label(edit.candidate[0]))
    receiver = len(candidate) - 1 if edit.receiver is None else edit.receiver
    return Place(reference.label(first), candidate.label(_receiver(candidate, receiver)))


def _receiver(graph: OpGraph, at: float) -> int:
    """The operator that follows an insertion, or the last layer where only the output does."""
    position = min(int(at + 0.5), len(graph) - 1)
    if graph.ops[position].kind == "output" and len(graph) > 1:
        return graph.ops[position].inputs[0] if graph.ops[position].inputs else position
    return position


def _whole_modules(edit: Edit, comparison: Comparison) -> list[Edit]:
    """Ten missing blocks are one edit ten times: split where a region is a row of modules of one make."""
    if edit.kind not in ("operator-missing", "operator-extra"):
        return [edit]
    missing = edit.kind == "operator-missing"
    graph = comparison.reference if missing else comparison.candidate
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


def _swapped(graph: OpGraph, edits: Sequence[Edit]) -> list[Edit]:
    """Two neighbouring layers that changed a setting's places: one mistake, a stride on the wrong layer."""
    left = list(edits)
    found: list[Edit] = []
    while left:
        edit = left.pop(0)
        partner = _swap_partner(graph, edit, left) if edit.kind == "attribute" and len(edit.reference) == 1 else None
        if partner is None:
            found.append(edit)
            continue
        left.remove(partner)
        both = (*edit.reference, *partner.reference), (*edit.candidate, *partner.candidate)
        found.append(replace(edit, reference=both[0], candidate=both[1]))
    return found


def _swap_partner(graph: OpGraph, edit: Edit, others: Sequence[Edit]) -> Edit | None:
    opposite = {
        other.reference[0]: other
        for other in others
        if (other.kind, other.attribute, len(other.reference)) == ("attribute", edit.attribute, 1)
        and (other.before, other.after) == (edit.after, edit.before)
    }
    layer = {edit.reference[0]}
    for _ in range(_FARTHEST_SWAP if opposite else 0):
        layer = {user for at in layer for user in graph.users[at]}
        near = sorted(layer & opposite.keys())
        if near:
            return opposite[near[0]]
    return None


def _fold_ratios(groups: dict[tuple[Any, ...], list[_Located]]) -> dict[tuple[Any, ...], list[_Located]]:
    """Widths that all grew by one factor are one mistake, not one for each width."""
    folded: dict[tuple[Any, ...], list[_Located]] = {}
    for signature, members in groups.items():
        mode, kind, attribute, before, after, kinds, many = signature
        if attribute in ("out_channels", "groups") and isinstance(before, int) and isinstance(after, int) and before:
            signature = (mode, kind, attribute, "ratio", after / before, kinds, many)
        folded.setdefault(signature, []).extend(members)
    return folded


def _deviation(mode: str, members: Sequence[_Located]) -> Deviation:
    members = sorted(members, key=lambda member: member.edit.at)
    first = members[0]
    places = tuple(place for member in members for place in member.places)
    parameters = (
        0 if mode == "eval" else sum(member.parameters for member in members)
    )  # the train graph holds every tensor
    message = sentence([member.edit for member in members], first.comparison.reference, first.comparison.candidate)
    if mode != "both":
        message += f", in {mode} mode only"
    named = first.edit.kind in ("attribute", "parameter", "training", "output", "wiring")
    before, after = first.edit.before, first.edit.after
    if first.edit.kind == "operator-replaced":
        before, after = (list(kinds) for kinds in first.kinds)
        before, after = (value[0] if len(value) == 1 else value for value in (before, after))
    return Deviation(
        kind=first.edit.kind,
        mode=mode,
        where=places[0],
        message=message,
        attribute=first.edit.attribute if named and first.edit.attribute else None,
        reference=before,
        candidate=after,
        count=len(places),
        places=places,
        effect={"parameters": parameters},
    )
