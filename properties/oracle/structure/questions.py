"""The questions that both nets ask about their input, answered from both sides: at which inputs more is to be compared.

A net's Python learns a size only by asking for it. What it never asks about cannot matter to it; where it asks, an
input on the other side of each comparison is looked for, until nothing new is asked or a limit is reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from properties.graph.ir import Shape
from properties.graph.question import Asked, Question
from properties.oracle.parties.answers import Answers
from properties.oracle.parties.party import Party

__all__ = ["Point", "Questions"]


@dataclass(frozen=True)
class Point:
    """An input at which a question is answered otherwise than at home, or a net runs other operators.

    Args:
        mode: in which it was tried.
        size: of the reference's input, batch axis included.
        asked: the question, if it is one.
        reference: True if the reference accepts it, else what it raises.
        candidate: likewise.
    """

    mode: str
    size: Shape
    asked: Question | None
    reference: bool | str = True
    candidate: bool | str = True


class Questions:
    """Both nets' questions in one mode.

    Args:
        reference: one party.
        candidate: the other.
        mode: ``"eval"`` or ``"train"``.
        home: where they are compared first, batch axis included.
        passes: how many inputs are tried.
        tries: how many of them for the sake of one line of code.
    """

    def __init__(self, reference: Party, candidate: Party, mode: str, home: Shape, *, passes: int, tries: int) -> None:
        self.reference = reference
        self.candidate = candidate
        self.mode = mode
        self.home = home
        self.passes = passes
        self.tries = tries
        self.known: list[Shape] = []  # where the nets were compared
        self.ours, self.theirs = Answers(home), Answers(home)
        self._tried: dict[Shape, tuple[Asked, Asked]] = {}

    def add(self, size: Shape, ours: Asked | None, theirs: Asked | None) -> None:
        """Take in what was asked where the nets are compared; None where nobody listened."""
        self.known.append(size)
        found = self._ask(size) if ours is None or theirs is None else (ours, theirs)
        self.ours.add(size, found[0])
        self.theirs.add(size, found[1])

    def points(self, first: Sequence[Shape] = ()) -> list[Point]:
        """The inputs that answer questions otherwise, and those that one net alone rejects.

        Args:
            first: inputs to try before others, since they answered questions in another mode.
        """
        waiting = list(first) if self.ours.open() or self.theirs.open() else []
        while len(self._tried) < self.passes:
            size = waiting.pop(0) if waiting else self._proposed()
            if size is None:
                break
            found = self._tried[size] = self._ask(size)
            self.ours.add(size, found[0])
            self.theirs.add(size, found[1])
        return list(self._telling())

    def unanswered(self) -> list[Question]:
        """Those of the candidate, then of the reference, that no input was found to answer otherwise."""
        return list({q.key: q for q in (*self.theirs.open(), *self.ours.open())}.values())

    def _proposed(self) -> Shape | None:
        tried = {*self.known, *self._tried}
        found = [each for answers in (self.theirs, self.ours) for each in answers.proposals(tried, self.tries)]
        return min(found, key=lambda each: each[0])[1] if found else None

    def _ask(self, size: Shape) -> tuple[Asked, Asked]:
        self.candidate.expect("ask", self.mode, size)
        ours = self.reference.ask(self.mode, size)
        return ours, self.candidate.ask(self.mode, self.candidate.with_own_channels(size))

    def _telling(self) -> Iterator[Point]:
        """Few inputs that together give all answers that were found."""
        known = list(self.known)
        left = dict(self._tried)
        for size, (ours, theirs) in list(left.items()):
            if (ours.raised is None) != (theirs.raised is None):
                yield Point(self.mode, size, None, ours.raised or True, theirs.raised or True)
            if ours.raised is not None or theirs.raised is not None:
                del left[size]
        while left:
            new = {size: self._new_at(size, known) for size in left}
            best = max(new, key=lambda size: (len(new[size]), -sum(size)))
            if new[best]:
                asked = [q for found in left[best] for q in found.questions if (q.key, q.answer) in new[best]]
                asked = asked or [q for found in left[best] for q in found.questions if q.operator == "number"]
                yield Point(self.mode, best, next(iter(asked), None))
            known.append(best)
            del left[best]

    def _new_at(self, size: Shape, known: list[Shape]) -> set[object]:
        found: set[object] = {*self.theirs.new_at(size, known), *self.ours.new_at(size, known)}
        if self.theirs.calls_otherwise(size, known) or self.ours.calls_otherwise(size, known):
            found.add("calls")
        return found
