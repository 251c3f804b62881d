"""Where questions are written down: who asked, in which line of which file, in which module."""

from __future__ import annotations

import linecache
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, FrameType

import torch

from properties.graph.question import Question

__all__ = ["Listener"]

_OWN = f"{Path(__file__).resolve().parents[3]}{os.sep}"  # properties
_TORCH = f"{Path(torch.__file__).resolve().parent}{os.sep}"
# Where torch only hands a call of a tensor's method on.
_HANDING_ON = tuple(f"{_TORCH}{name}" for name in ("_tensor.py", "functional.py", "overrides.py"))
_MOST = 20_000  # questions of one pass
_LONGEST = 80  # characters of a line
_LIBRARIES = "site-packages/"


class Listener:
    """Collects the questions of one forward pass.

    Args:
        stack: paths of the modules that run, the innermost last.
    """

    def __init__(self, stack: Sequence[str] = ("",)) -> None:
        self.stack = stack
        self.questions: list[Question] = []
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
        file, line = frame.f_code.co_filename, frame.f_lineno
        where, module = f"{_short(file)}:{line}", self.stack[-1]
        if operator == "number":
            constants = _numbers(frame.f_code)
        turn = self._turns[where, module, operator]
        self._turns[where, module, operator] += 1
        text = linecache.getline(file, line).strip()[:_LONGEST]
        self.questions.append(
            Question(where, text, module, turn, operator, left, right, answer, tuple(sorted(sizes)), constants)
        )


def _asking() -> FrameType | None:
    """The frame of the code that asks; None if that is torch's, or this package's own."""
    here = str(Path(__file__).parent)
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (frame.f_code.co_filename.startswith(here) or frame.f_code.co_filename in _HANDING_ON):
        frame = frame.f_back
    if frame is None or frame.f_code.co_filename.startswith((_OWN, _TORCH)):
        return None
    return frame


def _short(file: str) -> str:
    """The part of a path that a reader needs: below ``site-packages``, or the name."""
    _, found, rest = file.replace("\\", "/").rpartition(_LIBRARIES)
    return rest if found else file.replace("\\", "/").rpartition("/")[2]


def _numbers(code: CodeType) -> tuple[float, ...]:
    """The numbers that stand in a function."""
    return tuple(value for value in code.co_consts if isinstance(value, int | float) and not isinstance(value, bool))
