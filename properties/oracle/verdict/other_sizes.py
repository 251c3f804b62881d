"""Sizes and batches beside those that are always captured: borders of what is accepted, and what questions call for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from math import prod

from properties.graph.ir import Shape
from properties.graph.question import Question
from properties.oracle.evidence.compare import probe
from properties.oracle.structure.questions import Point
from properties.oracle.structure.structure import Structure, rejects
from properties.oracle.transplant.transplant import Transplant
from properties.oracle.trials.trial import Draw
from properties.report import Deviation
from properties.report.words import by

__all__ = ["Elsewhere"]

_NAMED = 3  # unanswered questions that a note names
_MOST_NUMBERS = 1_000_000  # of an image with which both nets compute


class Elsewhere:
    """A look at further sizes, for two nets whose graphs agree.

    Args:
        structure: the two nets and their graphs.
        borders: mode and size around the smallest that the reference accepts.
        moved: the content that both get.
        small: an input that is quick to compute with.
    """

    def __init__(
        self, structure: Structure, borders: Sequence[tuple[str, Shape]], moved: Transplant, small: Draw
    ) -> None:
        self.structure = structure
        self.moved = moved
        self.small = small
        self.undecided: list[str] = []  # where the graphs differ and the numbers do not
        self.profile = structure.request.profile
        self.borders = borders[: self.profile.borders]
        self.notes: tuple[str, ...] = ()

    def deviations(self) -> list[Deviation]:
        """The first that is found; none if the candidate does nothing else anywhere."""
        if self.structure.refused is not None:
            return [rejects(*self.structure.refused)]
        if self.structure.scope.input is not None:
            return []
        for mode, size in self.borders:
            found = self._accepted(mode, size)
            if found:
                return found
        unanswered: list[Question] = []
        answering: list[Shape] = []
        for mode in self.structure.scope.modes:
            questions = self.structure.questions(mode)
            self.structure.progress(f"looking for inputs that answer its questions otherwise in {mode} mode")
            for point in questions.points(answering)[: self.profile.captures]:
                answering.append(point.size)
                found = self._at(point)
                if found:
                    return found
            unanswered += questions.unanswered()
        self.notes = tuple(_said(unanswered))
        return []

    def _accepted(self, mode: str, size: Shape) -> list[Deviation]:
        """Whether both accept a size, or neither."""
        reference, candidate = self.structure.reference, self.structure.candidate
        candidate.expect("accepts", candidate.with_own_channels(size), mode)
        ours, theirs = reference.accepts(size, mode), candidate.accepts(candidate.with_own_channels(size), mode)
        return [] if (ours is True) == (theirs is True) else [rejects(size, theirs, mode, reference=ours)]

    def _at(self, point: Point) -> list[Deviation]:
        """What differs at an input that answers a question otherwise."""
        where = f", where {'other operators run' if point.asked is None else _answered(point.asked)}"
        if (point.reference is True) != (point.candidate is True):
            return [rejects(point.size, point.candidate, point.mode, reference=point.reference)]
        self.structure.reasons[point.mode, point.size] = where
        at = f"; at {by(point.size)}{where}"
        differ = self.structure.differences_at(point.mode, point.size)
        found = [replace(deviation, kind="domain", message=f"{deviation.message}{at}") for deviation in differ]
        if found and self._agrees_in_numbers(point):
            self.undecided += [f"the graphs differ, and the numbers agree: {each.message}" for each in found]
            return []
        return found

    def _agrees_in_numbers(self, point: Point) -> bool:
        """Whether both nets compute the same there, as far as that can be computed."""
        structure, compared = self.structure, 0
        for mode in structure.scope.modes:
            size = self._smallest_alike(mode, point.size)
            if size is not None:
                draw = Draw(size, seed=self.small.seed)
                if probe(structure.reference, structure.candidate, self.moved, mode, draw):
                    return False
                compared += 1
        return compared > 0

    def _smallest_alike(self, mode: str, size: Shape) -> Shape | None:
        """The smallest input at which both nets run the operators that they run at a size; None if all are large."""
        home = (min(size[0], 2), *size[1:2], *self.small.shape[2:])
        ways = product(*[dict.fromkeys(pair) for pair in zip(home, size, strict=True)])
        for smaller in sorted(ways, key=prod):
            if prod(smaller) <= _MOST_NUMBERS and self._runs(mode, smaller) == self._runs(mode, size):
                return smaller
        return None

    def _runs(self, mode: str, size: Shape) -> tuple[str, str]:
        reference, candidate = self.structure.reference, self.structure.candidate
        return reference.ask(mode, size).calls, candidate.ask(mode, candidate.with_own_channels(size)).calls


def _answered(question: Question) -> str:
    """``\\`if h > w:\\` (net.py:12) holds``."""
    if question.operator == "parts":
        return f"{question} makes {question.answer} part{'s' * (question.answer != 1)}"
    if question.operator == "number":
        return f"{question} runs"
    return f"{question} {'holds' if question.answer else 'does not hold'}"


def _said(unanswered: Sequence[Question]) -> Iterator[str]:
    """A note that names the questions of which one side was not reached."""
    lines = list(dict.fromkeys(_answered(question) for question in unanswered))
    if lines:
        rest = f" and {len(lines) - _NAMED} more" if len(lines) > _NAMED else ""
        yield f"no input was found that answers otherwise: {'; '.join(lines[:_NAMED])}{rest}"
