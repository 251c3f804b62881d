"""Sizes and batches that nobody captured: does the candidate run the same code there, and accept what it should?"""

from __future__ import annotations

from collections.abc import Sequence

from properties.graph.ir import Shape
from properties.oracle.structure.structure import Structure, only_at, rejects
from properties.report import Deviation

__all__ = ["Elsewhere"]

_BATCH = 8  # more images than any capture has


class Elsewhere:
    """A look at further sizes, for two nets whose graphs agree.

    Args:
        structure: the two nets and their graphs.
        borders: mode and size around the smallest that the reference accepts.
    """

    def __init__(self, structure: Structure, borders: Sequence[tuple[str, Shape]]) -> None:
        self.structure = structure
        self.profile = structure.request.profile
        self.borders = borders[: self.profile.borders]
        self.captures = self.profile.captures

    def deviations(self) -> list[Deviation]:
        """The first that is found; none if the candidate does nothing else anywhere."""
        if not self.captures:
            return []
        for mode, size in self.borders:
            found = self._accepted(mode, size)
            if found:
                return found
        for mode, size in self._probes():
            found = self._called(mode, size)
            if found:
                return found
        return []

    def _accepted(self, mode: str, size: Shape) -> list[Deviation]:
        """Whether both accept a size, or neither."""
        reference, candidate = self.structure.reference, self.structure.candidate
        candidate.expect("accepts", candidate.with_own_channels(size), mode)
        ours, theirs = reference.accepts(size, mode), candidate.accepts(candidate.with_own_channels(size), mode)
        return [] if (ours is True) == (theirs is True) else [rejects(size, theirs, mode, reference=ours)]

    def _probes(self) -> list[tuple[str, Shape]]:
        channels, *sides = self.structure.shape
        larger = [tuple(max(1, round(side * factor)) for side in sides) for factor in self.profile.factors if sides]
        sizes = [(_BATCH, channels, *sides), *[(1, channels, *size) for size in larger]]
        return [(mode, size) for size in sizes for mode in ("eval", "train") if mode == "eval" or size[0] > 1]

    def _called(self, mode: str, size: Shape) -> list[Deviation]:
        """Whether the candidate calls the operators that it calls where it was captured; if not, what that means."""
        reference, candidate = self.structure.reference, self.structure.candidate
        home = (2, *self.structure.shape)
        before, now = (candidate.calls(mode, candidate.with_own_channels(at)) for at in (home, size))
        if before is None or before == now:
            return []
        accepted = reference.accepts(size, mode)
        if accepted is not True:
            return []
        if now is None:
            theirs = candidate.accepts(candidate.with_own_channels(size), mode)
            return [] if theirs is True else [rejects(size, theirs, mode)]
        if not self.captures:
            return []
        self.captures -= 1
        return [only_at(deviation, size) for deviation in self.structure.differences_at(mode, size)]
