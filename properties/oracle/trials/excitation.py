"""Whether the images reached what activations do: numbers below and above where they bend."""

from __future__ import annotations

from properties.oracle.trials.trial import Observation

__all__ = ["Excitation"]

_PREFIX = "met by "


class Excitation:
    """What every activation of the reference was given, over all trials that were watched."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, int], tuple[float, float, float, float]] = {}

    def see(self, observation: Observation) -> None:
        """Take in what a trial met."""
        for name, rows in observation.tensors.items():
            if name.startswith(_PREFIX):
                for place, (first, last, low, high) in enumerate(rows.tolist()):
                    call = name.removeprefix(_PREFIX), place
                    before = self.seen.get(call, (first, last, low, high))
                    self.seen[call] = first, last, min(low, before[2]), max(high, before[3])

    def missing(self) -> tuple[str, ...]:
        """``2 of 33 relu never met a number below 0``, for each kind, and likewise above."""
        found = []
        for kind in dict.fromkeys(kind for kind, _ in self.seen):
            rows = [row for (other, _), row in self.seen.items() if other == kind]
            below, above = [row for row in rows if row[2] >= row[0]], [row for row in rows if row[3] <= row[1]]
            for missed, side, place in ((below, "below", 0), (above, "above", 1)):
                if missed:
                    found.append(f"{len(missed)} of {len(rows)} {kind} never met a number {side} {missed[0][place]:g}")
        return tuple(found)
