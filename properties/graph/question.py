"""What a net's code asked about the size of its input while it ran: its only way to come to depend on it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Asked", "Question"]


@dataclass(frozen=True, slots=True)
class Question:
    """One comparison of a number made of sizes, or another use after which such a number is out of sight.

    Args:
        where: file and line, ``net.py:12``.
        text: that line.
        module: dotted path of the module whose forward ran it.
        turn: how often this line had asked in this module before.
        operator: ``"<"``, ``"=="``, ``"truth"``, ...; ``"parts"`` where a tensor was taken apart into as many as
            its size makes; ``"number"`` where a number went where it cannot be followed, into a string, say.
        left: the number that was compared.
        right: what with.
        answer: whether it held; how many parts; for a ``number`` always 0.
        sizes: the sizes of tensors that the two sides were made of.
        constants: the numbers that were no sizes; for a ``number`` those that stand in the function that asked.
    """

    where: str
    text: str
    module: str
    turn: int
    operator: str
    left: float
    right: float
    answer: int
    sizes: tuple[int, ...]
    constants: tuple[float, ...] = ()

    @property
    def key(self) -> tuple[str, str, int, str]:
        """The same in every pass that runs the same code."""
        return self.where, self.module, self.turn, self.operator

    @property
    def gap(self) -> float:
        """How far the two sides are apart; the answer turns where this goes through zero."""
        return self.left - self.right

    def __str__(self) -> str:
        return f"`{self.text}` ({self.where})" if self.text else self.where


@dataclass(frozen=True)
class Asked:
    """What came of a forward pass that was listened to.

    Args:
        questions: in the order in which they were asked.
        raised: the last line of what it raised, or None; what was asked before that is there all the same.
        calls: a digest of the operators that ran, with settings and without sizes; "" where none was made.
    """

    questions: tuple[Question, ...] = ()
    raised: str | None = None
    calls: str = ""
