"""What the commands share: reading options, writing results whole or not at all, errors in one line. No torch."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from properties.files import whole_file

__all__ = [
    "BrokenOutput",
    "UsageError",
    "complain",
    "hinted",
    "one_line",
    "parse_input_shape",
    "print_apart",
    "print_text",
    "progress",
    "write_each",
    "write_json",
    "write_text",
]


class UsageError(ValueError):
    """An option that cannot be used: what, where, what to do, in one line."""


class BrokenOutput(Exception):
    """Nobody reads standard output any more."""


def complain(text: str) -> int:
    """One line on standard error.

    Returns:
        the exit status of a mistake, 2.
    """
    with contextlib.suppress(BrokenPipeError):
        print(f"archproof: {text}", file=sys.stderr, flush=True)
    return 2


def parse_input_shape(text: str) -> tuple[int, ...]:
    """``1,3,224,224`` or ``3,224,224`` (one image) as a size with its batch axis.

    Brackets, spaces and ``x`` between the numbers are understood. Two numbers are a batch of vectors, ``N,FEATURES``.

    Raises:
        UsageError: if it is not a list of positive numbers.
    """
    parts = [part for part in re.split(r"[,x\s]+", text.strip().strip("()[]").strip()) if part]
    if not parts or not all(part.isascii() and part.isdecimal() and int(part) > 0 for part in parts):
        raise UsageError(f"--input must be positive numbers N,C,H,W or C,H,W, as in 1,3,224,224; got {text!r}")
    numbers = tuple(int(part) for part in parts)
    return (1, *numbers) if len(numbers) in (1, 3) else numbers


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line on a terminal's stderr that says what is being done, given to the function yielded; else nothing."""
    if not sys.stderr.isatty():
        yield lambda stage: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("starting") as status:
        yield lambda stage: status.update(Text(stage))  # as text: brackets in a target are no markup


def print_apart(output: str) -> None:
    """What a stranger's code printed, on standard error."""
    with contextlib.suppress(BrokenPipeError):
        print(output, end="" if output.endswith("\n") else "\n", file=sys.stderr, flush=True)


def print_text(text: str) -> None:
    """Write a whole text to standard output.

    Raises:
        BrokenOutput: if nobody reads it.
    """
    try:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise BrokenOutput from error


def hinted(error: str, output: str, *, shown: bool) -> str:
    """An error of a stranger's code, with the option that shows what it printed, if there is anything still unseen."""
    return error + ("; its output: --show-output" if output and not shown else "")


def write_each(*writes: Callable[[], None]) -> None:
    """Write several results; one that cannot be written keeps none of the others from it.

    Raises:
        UsageError: the first of what went wrong.
        BrokenOutput: if nobody reads standard output.
    """
    trouble: UsageError | None = None
    for write in writes:
        try:
            write()
        except UsageError as error:
            trouble = trouble or error
    if trouble is not None:
        raise trouble


def write_json(place: str, content: dict[str, Any] | list[dict[str, Any]]) -> None:
    """Write JSON to a file, whole or not at all; ``-`` is standard output.

    Raises:
        UsageError: if the file cannot be written.
        BrokenOutput: if nobody reads standard output.
    """
    text = json.dumps(content, indent=2, allow_nan=False) + "\n"
    if place == "-":
        print_text(text)
    else:
        write_text(Path(place), text)


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all: a temporary file beside it, then a rename.

    Raises:
        UsageError: if it cannot be written.
    """
    if path.is_dir():
        raise UsageError(f"{path} cannot be written: it is a folder; name a file in it")
    try:
        if path.exists() and not path.is_file():  # a pipe or device cannot be renamed over
            path.write_text(text, encoding="utf-8")
            return
        with whole_file(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(f"{path} cannot be written: {reason[0].lower()}{reason[1:]}; give another place") from error


def one_line(error: BaseException) -> str:
    """An error's text without line breaks."""
    return " ".join(str(error).split()) or type(error).__name__
