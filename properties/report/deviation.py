"""One mistake: where it stands, what it is in words, and what it is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Deviation", "Place", "Row", "identifier", "identifiers"]


@dataclass(frozen=True)
class Place:
    """A layer in both nets, by its dotted name or the surrounding module's with the operator; None if there is none."""

    reference: str | None
    candidate: str | None


@dataclass(frozen=True)
class Row:
    """An operator of the reference and one of the candidate, side by side, in words.

    Args:
        reference: where it stands, what it is, its settings and the size of its result; None where there is none.
        candidate: likewise.
        differs: whether the deviation is about them, or they only stand beside it.
    """

    reference: str | None
    candidate: str | None
    differs: bool


@dataclass(frozen=True)
class Deviation:
    """One mistake, however often it was made.

    Args:
        kind: ``attribute``, ``operator-missing``, ``operator-extra``, ``operator-replaced``, ``wiring``, ``parameter``,
            ``output``, ``domain``, ``training``, ``behaviour`` or ``initialisation``.
        mode: ``"both"``, ``"eval"`` or ``"train"``: where it shows.
        where: the first place in data-flow order.
        message: one sentence: what is, and what should be.
        attribute: what differs, for kinds that name it.
        reference: the reference's value.
        candidate: the candidate's value.
        count: in how many places.
        places: all of them.
        effect: ``{"parameters": difference of the parameter count}``, and ``"logits"``, the largest relative
            difference of the first output, where it was computed; infinite where only one net has a number.
        known_as: the name people use for it, if it has one.
        link: where to read about it.
        repair: what to change in the candidate.
        excerpt: the two nets side by side around the first place.
        expected: why it is expected, if a list of expected failures has it; it decides nothing then.
    """

    kind: str
    mode: str
    where: Place
    message: str
    attribute: str | None = None
    reference: Any = None
    candidate: Any = None
    count: int = 1
    places: tuple[Place, ...] = ()
    effect: Mapping[str, Any] = field(default_factory=dict)
    known_as: str | None = None
    link: str | None = None
    repair: str | None = None
    excerpt: tuple[Row, ...] = ()
    expected: str | None = None


def identifier(deviation: Deviation) -> str:
    """What names a deviation from one check to the next: its kind, what differs, where first and how often.

    ``attribute:stride:layer2.0.conv1``, ``operator-missing:layer1.0 (relu)``, ``attribute:eps:bn1 x53``, and at the end
    ``in train`` where it shows in one mode alone. Values are no part of it; the place is the reference's if it has one.
    """
    place = deviation.where.reference if deviation.where.reference is not None else deviation.where.candidate
    parts = [deviation.kind, *([deviation.attribute] if deviation.attribute else []), place or ""]
    often = f" x{deviation.count}" if deviation.count > 1 else ""
    mode = "" if deviation.mode == "both" else f" in {deviation.mode}"
    return ":".join(parts) + often + mode


def identifiers(deviations: Sequence[Deviation]) -> tuple[str, ...]:
    """The identifiers of a report's deviations; the second of one name has ``#2`` behind it, to have its own."""
    names: list[str] = []
    seen: Counter[str] = Counter()
    for deviation in deviations:
        name = identifier(deviation)
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return tuple(names)
