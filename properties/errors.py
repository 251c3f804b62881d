"""What can go wrong before there is anything to compare, each in one line for the person who typed it."""

from __future__ import annotations

import difflib
import inspect
import re
import traceback
from collections.abc import Iterable
from pathlib import Path

__all__ = ["CandidateError", "CheckpointError", "TargetError", "last_line", "nearest", "readable", "unknown_keyword"]


class TargetError(ValueError):
    """A target, keyword or input shape that cannot be used: what, where, what to do."""


class CheckpointError(TargetError):
    """A checkpoint that cannot be read, does not fit its net or cannot be written: what, where, what to do."""


class CandidateError(RuntimeError):
    """A net that could not be built or run; the message holds the stage and its own last line."""


def readable(value: object, *, limit: int = 300) -> str:
    """A stranger's text in one line that a terminal takes for text, whatever it holds and whatever ``str`` does to it.

    Args:
        value: a text, or something with one.
        limit: characters that are kept of it.
    """
    try:
        text = str(value)
    except Exception as error:  # its own __str__ raises
        text = f"its text cannot be had: {type(error).__name__} in __str__"
    text = " ".join(text[: 8 * limit].split())
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def last_line(error: BaseException) -> str:
    """``ValueError: message (file.py, line 12)``: the last line of a traceback and the place it comes from."""
    message, kind = readable(error), readable(type(error).__name__)
    text = f"{kind}: {message}" if message else kind
    if len(text) > 300:
        text = f"{text[:297]}..."
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not _is_machinery(frame.filename)]
    return f"{text} ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else text


def nearest(wrong: str, names: Iterable[str], *, show: int = 3) -> str:
    """``"; did you mean a, b?"``; if no name is near, all of them where they are few, else nothing."""
    names = sorted(set(names))
    near = difflib.get_close_matches(wrong, names, n=show, cutoff=0.6)
    if near:
        return f"; did you mean {', '.join(near)}?"
    return f"; there are {', '.join(names)}" if 0 < len(names) <= 12 else ""


def unknown_keyword(error: BaseException) -> str | None:
    """``no keyword 'num_clases'; did you mean num_classes?`` if that is what the error says, else None."""
    if not isinstance(error, TypeError):
        return None
    found = re.search(r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'", readable(error))
    if found is None:
        return None
    callee, keyword = found.groups()
    for frame, _ in traceback.walk_tb(error.__traceback__):
        function = frame.f_globals.get(callee)
        if callable(function):
            names = [
                p.name
                for p in inspect.signature(function).parameters.values()
                if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
            ]
            return f"no keyword {keyword!r}{nearest(keyword, names)}"
    return f"no keyword {keyword!r}"


def _is_machinery(filename: str) -> bool:
    """Whether a frame belongs to torch, the interpreter or this package rather than to the person's own code."""
    parts = Path(filename).parts
    here = Path(__file__).resolve().parent
    return (
        filename.startswith("<") or "torch" in parts or "importlib" in parts or here in Path(filename).resolve().parents
    )
