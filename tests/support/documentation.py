"""Markdown as a test sees it: blocks of code, the commands in them and the output that is shown below each."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Block", "Command", "blocks", "commands", "differs"]

_FENCE = re.compile(r"^( *)```(\w*)(?: +title=\"([^\"]+)\")?\s*$")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Args:
        page: the file's name.
        line: of its fence.
        language: ``"python"``, ``"console"``, ...
        title: the file that it is, if it says so.
        text: what stands in it.
    """

    page: str
    line: int
    language: str
    title: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.page}, line {self.line}"

    @property
    def is_console(self) -> bool:
        """Whether it shows commands behind a prompt."""
        return self.language in ("console", "text") and self.text.startswith("$ ")


@dataclass(frozen=True)
class Command:
    """A command line, and the output that stands below it."""

    line: str
    shown: str

    @property
    def words(self) -> list[str]:
        """The first command's words."""
        return self.chained[0]

    @property
    def chained(self) -> list[list[str]]:
        """The words of each command on the line, in order; a program of ``.venv`` goes by its name alone."""
        found: list[list[str]] = [[]]
        for word in shlex.split(self.line, comments=True):
            if word in ("||", "&&", "|", ";"):
                found.append([])
            else:
                found[-1].append(word)
        return [[program.removeprefix(".venv/bin/"), *rest] for program, *rest in found]


def blocks(path: Path) -> Iterator[Block]:
    """The fenced blocks of a file, in order."""
    opened: tuple[int, re.Match[str]] | None = None
    inside: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        fence = _FENCE.match(line)
        if opened is None:
            opened, inside = ((number, fence), []) if fence else (None, [])
        elif line.strip() == "```":
            start, match = opened
            yield Block(path.name, start, match[2], match[3], textwrap.dedent("\n".join(inside)) + "\n")
            opened = None
        else:
            inside.append(line)
    if opened is not None:
        raise ValueError(f"{path.name}: the block of line {opened[0]} has no end")


def commands(block: Block) -> list[Command]:
    """The commands of a block: each line of a script, or what stands behind the prompts of a console."""
    if not block.is_console:
        lines = block.text.replace("\\\n", " ").splitlines()
        return [Command(line, "") for line in lines if shlex.split(line, comments=True)]
    parts = re.split(r"(?m)^\$ ", block.text)[1:]
    return [Command(*part.partition("\n")[::2]) for part in parts]


def differs(shown: str, printed: str) -> str | None:
    """The first shown line that was not printed behind those before it; None if all were.

    ``...`` stands for anything, spaces count as one, what was measured in percent or seconds may be another number, and
    more may have been printed between two lines.
    """
    waiting = [" ".join(line.split()) for line in printed.splitlines()]
    for line in shown.splitlines():
        wanted = " ".join(line.split())
        if wanted in ("", "..."):
            continue
        at = next((at for at, have in enumerate(waiting) if _pattern(wanted).fullmatch(have)), None)
        if at is None:
            return wanted
        waiting = waiting[at + 1 :]
    return None


def _pattern(line: str) -> re.Pattern[str]:
    parts = re.split(r"( ?\.\.\. ?|\b[\d.]+(?= % off| s$))", line)
    return re.compile("".join(".*" if at % 2 else re.escape(part) for at, part in enumerate(parts)))
