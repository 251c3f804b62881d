"""What can go wrong before there is anything to compare, each in one line for the person who typed it."""

from __future__ import annotations

import traceback
from pathlib import Path

__all__ = ["CandidateError", "TargetError", "last_line"]


class TargetError(ValueError):
    """A target, keyword or input shape that cannot be used: what, where, what to do."""


class CandidateError(RuntimeError):
    """A net that could not be built or run; the message holds the stage and its own last line."""


def last_line(error: BaseException) -> str:
    """``ValueError: message (file.py, line 12)``: the last line of a traceback and the place it comes from."""
    message = " ".join(str(error).split())
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    if len(text) > 300:
        text = f"{text[:297]}..."
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not _is_machinery(frame.filename)]
    return f"{text} ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else text


def _is_machinery(filename: str) -> bool:
    """Whether a frame belongs to torch, the interpreter or this package rather than to the person's own code."""
    parts = Path(filename).parts
    here = Path(__file__).resolve().parents[1]
    return filename.startswith("<") or "torch" in parts or "importlib" in parts or here in Path(filename).resolve().parents
