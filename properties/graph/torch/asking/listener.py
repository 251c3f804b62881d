"""Where questions are written down: who asked, in which line of which file, in which module."""

from __future__ import annotations

import linecache
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import CodeType, FrameType

import torch

from properties.graph.question import Query, Question, Under

__all__ = ["Listener"]

_OWN = f"{Path(__file__).resolve().parents[3]}{os.sep}"  # properties
_TORCH = f"{Path(torch.__file__).resolve().parent}{os.sep}"
# Where torch only hands a call of a tensor's method on.
_HANDING_ON = tuple(
    f"{_TORCH}{name}" for name in ("_tensor.py", "functional.py", "overrides.py", "_ops.py", "_library/utils.py")
)
_MOST = 20_000  # questions of one pass
_LONGEST = 80  # characters of a line
_LIBRARIES = "site-packages/"


class Listener:
    """Collects the questions of one forward pass.

    Args:
        stack: paths of the modules that run, the innermost last.
        under: what is answered otherwise than it would be.
    """

    def __init__(self, stack: Sequence[str] = ("",), under: Under | None = None) -> None:
        self.stack = stack
        self.under = Under() if under is None else under
        self.questions: list[Question] = []
        self.queries: dict[tuple[str, str], Query] = {}
        self._turns: Counter[tuple[str, str, str]] = Counter()

    def note(
        self,
        operator: str,
        left: float,
        right: float,
        answer: int,
        sizes: tuple[int, ...],
        constants: tuple[float, ...] = (),
    ) -> None:
        """Write a question down; what torch's own functions ask is torch's matter, and the same in every net."""
        frame = _asking()
        if frame is None or len(self.questions) >= _MOST:
            return
        (where, text), module = _place(frame), self.stack[-1]
        if operator == "number":
            constants = _numbers(frame.f_code)
        turn = self._turns[where, module, operator]
        self._turns[where, module, operator] += 1
        self.questions.append(
            Question(where, text, module, turn, operator, left, right, answer, tuple(sorted(sizes)), constants)
        )

    def forget(self, under: Under) -> None:
        """Begin again, for another pass."""
        self.under = under
        self.questions.clear()
        self.queries.clear()
        self._turns.clear()

    def query(self, name: str) -> bool:
        """Write a query down; whether it gets the other answer."""
        frame = _asking()
        if frame is None:
            return False
        where, text = _place(frame)
        self.queries.setdefault((name, where), Query(name, where, text))
        return name in self.under.turned

    def content(self) -> bool | None:
        """What is answered where the content of a tensor is asked for that has none; None where torch asks.

        Raises:
            RecursionError: if the code asks without end.
        """
        before = len(self.questions)
        self.note("content", 0, 0, 0, ())
        if before >= _MOST:
            raise RecursionError("it asks for the content of tensors without end")
        if len(self.questions) == before:
            return None
        asked = self.questions[-1]
        answer = asked.name in self.under.holding
        self.questions[-1] = replace(asked, left=int(answer), answer=int(answer))
        return answer


def _place(frame: FrameType) -> tuple[str, str]:
    """File and line, and that line."""
    file, line = frame.f_code.co_filename, frame.f_lineno
    return f"{_short(file)}:{line}", linecache.getline(file, line).strip()[:_LONGEST]


def _asking() -> FrameType | None:
    """The frame of the code that asks; None if that is torch's, or this package's own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (_file(frame).startswith(_OWN) or _file(frame) in _HANDING_ON):
        frame = frame.f_back
    return None if frame is None or _file(frame).startswith(_TORCH) else frame


def _file(frame: FrameType) -> str:
    return frame.f_code.co_filename


def _short(file: str) -> str:
    """The part of a path that a reader needs: below ``site-packages``, or the name."""
    _, found, rest = file.replace("\\", "/").rpartition(_LIBRARIES)
    return rest if found else file.replace("\\", "/").rpartition("/")[2]


def _numbers(code: CodeType) -> tuple[float, ...]:
    """The numbers that stand in a function."""
    return tuple(value for value in code.co_consts if isinstance(value, int | float) and not isinstance(value, bool))
