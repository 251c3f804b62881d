"""What a proof rests on: rules that hold for every number, or an identity of real numbers, and where that is needed."""

from __future__ import annotations

from collections.abc import Sequence

from properties.graph.rewriting.rule import AnyRule
from properties.graph.rules import GRAPH_RULES, RULES
from properties.graph.rules.canonical import EXACT, Canonical
from properties.oracle.structure.captured import Agreement
from properties.oracle.structure.structure import Structure

__all__ = ["in_real_arithmetic"]


def in_real_arithmetic(structure: Structure, tier: str) -> tuple[str, ...]:
    """Each place at which two nets of one normal form are one in real arithmetic only, in words; none if exactly.

    Args:
        structure: of two nets that were found to have one normal form.
        tier: the highest tier of rules that it took.
    """
    if not structure.spots:
        return ()
    captures = [*structure.captures.values()]
    if structure.agrees(tier, captures, EXACT) is not None:
        return ()
    real = [rule for rule in RULES if rule.ground == "real arithmetic"]
    found = structure.agrees(tier, captures)
    for rule in list(real):
        if found is not None and any(
            spot.rule == rule.name for pair in found.normal for one in pair for spot in one.spots
        ):
            less = structure.agrees(tier, captures, _with([other for other in real if other is not rule]))
            if less is not None:  # it took place, and nothing hangs on it
                real.remove(rule)
                found = less
    said = _apart(found) if found is not None else ()
    return said or tuple(map(str, structure.spots))


def _with(real: Sequence[AnyRule]) -> tuple[AnyRule, ...]:
    """The exact rules, and these of real arithmetic, in the table's order."""
    chosen = {*EXACT, *real}
    return tuple(rule for rule in (*RULES, *GRAPH_RULES) if rule in chosen)


def _apart(found: Agreement) -> tuple[str, ...]:
    """What one of the nets spells more often than the other does."""
    said: dict[str, None] = {}
    for pair in found.normal:
        ours, theirs = map(_counts, pair)
        for net, one, own, other in (("reference", pair[0], ours, theirs), ("candidate", pair[1], theirs, ours)):
            more = [spot for spot in one.spots if own[spot.rule] > other.get(spot.rule, 0)]
            said |= {f"in real arithmetic only: the {net}'s {spot}": None for spot in more}
    return tuple(said)


def _counts(form: Canonical) -> dict[str, int]:
    names = [spot.rule for spot in form.spots]
    return {name: names.count(name) for name in names}
