"""What a net's code asked about the size of its input while it ran: its only way to come to depend on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

__all__ = ["AS_IT_IS", "Asked", "Kept", "Query", "Question", "Under"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Question:
    """One comparison of a number made of sizes, or another use after which such a number is out of sight.

    Args:
        where: file and line, ``net.py:12``.
        text: that line.
        module: dotted path of the module whose forward ran it.
        turn: how often this line had asked in this module before.
        operator: ``"<"``, ``"=="``, ``"truth"``, ...; ``"parts"`` where a tensor was taken apart into as many as
            its size makes; ``"content"`` where a tensor's content was asked for; ``"number"`` where a number went
            where it cannot be followed, into a string, say.
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
    def name(self) -> str:
        """The key as a text."""
        return f"{self.where} {self.module} {self.turn}"

    @property
    def gap(self) -> float:
        """How far the two sides are apart; the answer turns where this goes through zero."""
        return self.left - self.right

    def __str__(self) -> str:
        return f"`{self.text}` ({self.where})" if self.text else self.where


@dataclass(frozen=True, slots=True)
class Query:
    """One question about anything but sizes: whether gradients are on, how a tensor lies in memory.

    Args:
        name: what was asked, ``torch.is_grad_enabled()``.
        where: file and line, ``net.py:12``.
        text: that line.
    """

    name: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"`{self.text}` ({self.where})" if self.text else self.where


@dataclass(frozen=True, slots=True)
class Kept:
    """What a forward pass leaves in the net beside its tensors.

    Args:
        name: dotted path of the module and name of the attribute, ``layer1.passes``.
        value: a number that it holds after the pass; None if it is something else.
        is_store: whether it is a list, dict or set that changed, as a cache is.
        constants: numbers that stand in the module's code and attributes, and may be what it is compared with.
    """

    name: str
    value: float | None
    is_store: bool = False
    constants: tuple[float, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What came of a forward pass that was listened to.

    Args:
        questions: in the order in which they were asked.
        raised: the last line of what it raised, or None; what was asked before that is there all the same.
        calls: a digest of the operators that ran, with settings and without sizes; "" where none was made.
        queries: what else it asked, each line once.
        kept: what the pass left behind for the next one.
    """

    questions: tuple[Question, ...] = ()
    raised: str | None = None
    calls: str = ""
    queries: tuple[Query, ...] = ()
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True)
class Under:
    """What a forward pass is told otherwise than it would be.

    Args:
        turned: names of queries that get the other answer.
        holding: questions about the content of tensors, as ``Question.name``, that are told yes; all others no.
        state: numbers that attributes hold when the pass begins, by the name of ``Kept``.
    """

    turned: tuple[str, ...] = ()
    holding: tuple[str, ...] = ()
    state: Mapping[str, float] = field(default_factory=lambda: _NOTHING)


AS_IT_IS = Under()
"""Everything is answered truly, and what the content of a tensor decides is answered no."""
