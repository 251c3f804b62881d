"""Edits to deviations: one for each mistake, folded over its repetitions, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from properties.graph.alignment.edits import Edit
from properties.graph.alignment.patch import explained
from properties.graph.ir import OpGraph
from properties.oracle.explain.cause import Cause
from properties.oracle.explain.causes import causes
from properties.oracle.explain.comparison import Comparison
from properties.oracle.explain.excerpt import excerpt
from properties.oracle.explain.repair import repair
from properties.oracle.explain.words import sentence
from properties.oracle.known import recognise
from properties.oracle.known.case import Case
from properties.oracle.known.widths import ALEXNET_2012, ALEXNET_2014, conv_widths
from properties.report import Deviation, Place

__all__ = ["doubts", "explain"]

_ONE_SIDED = ("operator-missing", "operator-extra")  # several at one place are told apart by their order
_OF_ANY_LAYER = ("requires_grad", "registered")  # one mistake, whatever the layers are that it is made in


def doubts(comparisons: Iterable[Comparison]) -> tuple[str, ...]:
    """A note where undoing the edits does not make the reference of the candidate; nothing where it does."""
    deviating = [one for one in comparisons if one.edits]
    left = [one.mode for one in deviating if not explained(one.reference, one.candidate, one.edits, one.pairs)]
    modes = " and ".join(dict.fromkeys(left))
    return (f"the deviations listed do not account for every difference in {modes} mode",) if left else ()


def explain(comparisons: Iterable[Comparison], *, has_one_mode: bool = False) -> tuple[Deviation, ...]:
    """The deviations of all modes, each reported once, in data-flow order.

    Args:
        comparisons: of both nets.
        has_one_mode: whether the nets have one mode alone in common, so that nothing is said of another.
    """
    found: dict[tuple[Any, ...], tuple[_Located, set[str]]] = {}
    for comparison in comparisons:
        times: Counter[tuple[Any, ...]] = Counter()
        for located in _locate(comparison):
            key = (*located.key, times[located.key])
            times[located.key] += located.edit.kind in _ONE_SIDED
            known, modes = found.get(key, (located, set()))
            found[key] = (max(known, located, key=lambda one: one.extent), {*modes, comparison.mode})
    groups: dict[tuple[Any, ...], list[_Located]] = {}
    seen: dict[tuple[Any, ...], set[str]] = {}
    for located, modes in found.values():
        groups.setdefault(located.signature, []).append(located)
        seen.setdefault(located.signature, set()).update(modes)
    modes_of = {key: "both" if has_one_mode or len(modes) > 1 else min(modes) for key, modes in seen.items()}
    groups = {(modes_of[key], *key): members for key, members in groups.items()}
    folded = [(signature[0], members) for signature, members in _fold_ratios(groups).items()]
    ordered = sorted(folded, key=lambda item: min(member.edit.at for member in item[1]))
    return tuple(_deviation(mode, members) for mode, members in ordered)


@dataclass(frozen=True)
class _Located:
    """A cause with its places in words."""

    cause: Cause
    comparison: Comparison
    places: tuple[Place, ...]
    kinds: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def edit(self) -> Edit:
        """The edit that stands for the cause."""
        return self.cause.edit

    @property
    def signature(self) -> tuple[Any, ...]:
        """Equal for repetitions of one mistake."""
        edit = self.edit
        many = len(edit.reference) if edit.kind == "attribute" else 0
        after = "channels" if edit.attribute == "eps" and edit.after == self.width else edit.after
        kinds = () if edit.attribute in _OF_ANY_LAYER else self.kinds
        return (edit.kind, edit.attribute, edit.before, after, kinds, many)

    @property
    def width(self) -> int:
        """Channels of the candidate's first operator."""
        shape = self.comparison.candidate.ops[self.edit.candidate[0]].shape if self.edit.candidate else ()
        return shape[1] if len(shape) > 1 else 0

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for the same edit seen in another mode, where a region or what follows it may have a dropout more."""
        if self.edit.kind == "operator-missing":
            return (self.edit.kind, *(place.reference for place in self.places))
        if self.edit.kind == "operator-extra":
            return (self.edit.kind, *(place.candidate for place in self.places))
        if self.edit.kind == "operator-replaced":
            return (self.edit.kind, self.places)
        return (*self.signature, self.places)

    @property
    def extent(self) -> int:
        """How many operators it takes in."""
        return len(self.edit.reference) + len(self.edit.candidate)

    @property
    def parameters(self) -> int:
        """Scalars that the cause adds; for a tensor that is there or not, that tensor's alone."""
        reference, candidate = self.comparison.reference, self.comparison.candidate
        found = 0
        for edit in self.cause.edits:
            roles = _roles(edit, reference, candidate)
            found += _scalars(candidate, edit.candidate, roles) - _scalars(reference, edit.reference, roles)
        return found


def _roles(edit: Edit, reference: OpGraph, candidate: OpGraph) -> set[str]:
    """Whose scalars an edit changes; nothing for all of them. A tensor of one net alone is an edit of its own."""
    if edit.kind == "attribute":
        ours, theirs = (
            {role for at in positions for role in graph.ops[at].params}
            for graph, positions in ((reference, edit.reference), (candidate, edit.candidate))
        )
        return ours & theirs
    named = set(edit.attribute.split(" and ")) if edit.kind == "parameter" else set()
    return named if named & {"weight", "bias"} else set()


def _scalars(graph: OpGraph, positions: Iterable[int], roles: set[str]) -> int:
    owned = [item for at in positions for item in graph.ops[at].params.items()]
    owned = [(name, param) for name, param in owned if not roles or name in roles]
    return sum({param.key: param.size for _, param in owned if param.kind == "parameter"}.values())


def _locate(comparison: Comparison) -> list[_Located]:
    reference, candidate = comparison.reference, comparison.candidate
    located = []
    for cause in causes(reference, candidate, comparison.edits, comparison.pairs):
        edit = cause.edit
        if edit.kind in ("attribute", "parameter", "training"):
            pairs = zip(edit.reference, edit.candidate, strict=True)
            places = tuple(Place(reference.label(a), candidate.label(b)) for a, b in pairs)
        else:
            places = (_place(edit, comparison),)
        located.append(
            _Located(cause, comparison, places, (_kinds(reference, edit.reference), _kinds(candidate, edit.candidate)))
        )
    return located


def _kinds(graph: OpGraph, positions: Sequence[int]) -> tuple[str, ...]:
    """What a region is made of; an addition with the projection that only feeds it is an addition."""
    kinds = tuple(graph.ops[position].kind for position in positions)
    return kinds[-1:] if len(kinds) > 1 and kinds[-1] == "add" else kinds


def _place(edit: Edit, comparison: Comparison) -> Place:
    """The first operator in each net; where one has none, its layer that receives a changed input."""
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


def _fold_ratios(groups: dict[tuple[Any, ...], list[_Located]]) -> dict[tuple[Any, ...], list[_Located]]:
    """Widths that all grew by one factor are one mistake, and so are the widths of another edition of the paper."""
    folded: dict[tuple[Any, ...], list[_Located]] = {}
    for signature, members in groups.items():
        mode, kind, attribute, before, after, kinds, many = signature
        if attribute == "out_channels" and _is_edition(members[0].comparison):
            signature = (mode, kind, attribute, "edition", None, kinds, many)
        elif attribute in ("out_channels", "groups") and isinstance(before, int) and isinstance(after, int) and before:
            signature = (mode, kind, attribute, "ratio", after / before, kinds, many)
        folded.setdefault(signature, []).extend(members)
    return folded


def _is_edition(comparison: Comparison) -> bool:
    return {conv_widths(comparison.reference), conv_widths(comparison.candidate)} == {ALEXNET_2012, ALEXNET_2014}


def _deviation(mode: str, members: Sequence[_Located]) -> Deviation:
    members = sorted(members, key=lambda member: member.edit.at)
    first = members[0]
    places = tuple(place for member in members for place in member.places)
    parameters = (
        0 if mode == "eval" else sum(member.parameters for member in members)
    )  # the train graph holds every tensor
    message = sentence([member.cause for member in members], _graphs(members))
    if mode != "both":
        message += f", in {mode} mode only"
    known = recognise([Case(one.edit, one.comparison.reference, one.comparison.candidate) for one in members])
    named = first.edit.kind in ("attribute", "parameter", "training", "output", "wiring")
    before, after = first.edit.before, first.edit.after
    if first.edit.kind == "operator-replaced":
        before, after = (list(kinds) for kinds in first.kinds)
        before, after = (value[0] if len(value) == 1 else value for value in (before, after))
    elif " and " in first.edit.attribute and isinstance(before, tuple):
        names = first.edit.attribute.split(" and ")
        before, after = (dict(zip(names, values, strict=True)) for values in (before, after))
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
        known_as=known.says if known else None,
        link=known.link if known else None,
        repair=_repair(members),
        excerpt=excerpt(first.edit, first.comparison.reference, first.comparison.candidate, first.comparison.pairs),
    )


def _repair(members: Sequence[_Located]) -> str:
    """What to change, with what the first place brings along."""
    graphs = _graphs(members)
    along = [repair([edit], graphs[:1]) for edit in members[0].cause.along]
    return "; ".join([repair([member.edit for member in members], graphs), *along])


def _graphs(members: Sequence[_Located]) -> list[tuple[OpGraph, OpGraph]]:
    """The graphs that each one's positions refer to: what only one mode has stands in that mode's."""
    return [(member.comparison.reference, member.comparison.candidate) for member in members]
