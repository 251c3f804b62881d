"""What observations have besides tensors that are computed with: values that are returned, and what loading changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from properties.oracle.trials.trial import RELOADED, RELOADING_RAISED, VALUE, Observation
from properties.runs.values import Value, decoded

__all__ = ["additional_values", "loading_differs", "values_that_differ"]


@dataclass(frozen=True)
class _Values:
    """Values of both nets that stand for each other, and those of one alone."""

    pairs: tuple[tuple[str, Value, Value], ...]
    missing: tuple[tuple[str, Value], ...]
    extra: tuple[tuple[str, Value], ...]

    @classmethod
    def of(cls, ours: Observation, theirs: Observation) -> _Values:
        """By the place at which they are returned, what is left in order."""
        one, other = (_values(side.tensors) for side in (ours, theirs))
        pairs = [(path, one[path], other[path]) for path in one if path in other]
        left = [(path, value) for path, value in one.items() if path not in other]
        rest = [(path, value) for path, value in other.items() if path not in one]
        pairs += [(path, value, also) for (path, value), (_, also) in zip(left, rest, strict=False)]
        return cls(tuple(pairs), tuple(left[len(rest) :]), tuple(rest[len(left) :]))


def values_that_differ(ours: Observation, theirs: Observation, tolerance: float) -> Iterator[tuple[str, float, str]]:
    """Place, relative difference and words of each returned number or text that is another or missing."""
    found = _Values.of(ours, theirs)
    for path, one, other in found.pairs:
        apart = _apart(one, other)
        if apart > tolerance:
            yield path, apart, f"what is returned as {path} is {other!r}, but should be {one!r}"
    for path, one in found.missing:
        yield path, float("inf"), f"what should be returned as {path}, {one!r}, is not returned"


def additional_values(ours: Observation, theirs: Observation) -> Iterator[str]:
    """A note for each number or text that the candidate alone returns."""
    for path, value in _Values.of(ours, theirs).extra:
        yield f"the candidate also returns {value!r}, as {path}"


def loading_differs(ours: Observation, theirs: Observation, keys: Mapping[str, str]) -> Iterator[str]:
    """In words, what one net's own state_dict, loaded back, does to it and the other's does not.

    Args:
        ours: of the reference.
        theirs: of the candidate.
        keys: the candidate's key to the reference's.
    """
    raised, also = theirs.tensors.get(RELOADING_RAISED), ours.tensors.get(RELOADING_RAISED)
    if raised is not None or also is not None:
        if also is None and raised is not None:
            yield f"loading the candidate's own state_dict back raises {decoded(raised)}, but should not"
        return  # where the reference's raises, there is nothing to hold the candidate's against
    back = {key: mine for mine, key in keys.items()}
    changed = [key for key in _changed(theirs) if keys.get(key) not in _changed(ours)]
    kept = [key for key in _changed(ours) if back.get(key) not in _changed(theirs)]
    if changed:
        yield f"loading the candidate's own state_dict back changes {_listed(changed)}, and should change nothing"
    elif kept:
        yield f"loading the candidate's own state_dict back leaves what the reference's changes: {_listed(kept)}"


def _changed(side: Observation) -> list[str]:
    return [name.removeprefix(RELOADED) for name in side.tensors if name.startswith(RELOADED)]


def _listed(keys: list[str]) -> str:
    return ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")


def _values(tensors: Mapping[str, Tensor]) -> dict[str, Value]:
    return {name.removeprefix(VALUE): decoded(each) for name, each in tensors.items() if name.startswith(VALUE)}


def _apart(one: Value, other: Value) -> float:
    if one == other or (one != one and other != other):  # undefined in both
        return 0.0
    if not isinstance(one, int | float) or not isinstance(other, int | float):
        return float("inf")
    apart = abs(one - other) / max(abs(one), abs(other))
    return apart if apart == apart else float("inf")
