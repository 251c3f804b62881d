"""What the generated pages share: a page, and docstrings as Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Page", "cell", "docstring", "link_papers", "table"]

_HEADING = re.compile(r"^(Args|Shape|Returns|Raises|Source|Yields|Attributes):(.*)$")
_NAMED = ("Args", "Raises", "Attributes")  # sections of entries that begin with a name
_ARXIV = re.compile(r"(?<![\w/\[])arXiv:(\d{4}\.\d{4,5})")


@dataclass(frozen=True)
class Page:
    """One page, or a picture on one.

    Args:
        path: in the documentation's folder, ``"architectures/resnet.md"``.
        title: in the navigation; a picture has none.
        text: Markdown, or the picture.
    """

    path: str
    title: str
    text: str


def cell(value: object) -> str:
    """A value as a table's cell."""
    return " ".join(str(value).split()).replace("|", "\\|")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines)


def link_papers(text: str) -> str:
    """The same text with a link from each arXiv number."""
    return _ARXIV.sub(r"[arXiv:\1](https://arxiv.org/abs/\1)", text)


def docstring(text: str | None) -> str:
    """A docstring as Markdown: its sections become lists, the rest stays as it is.

    Args:
        text: as it stands in the code; its double backticks are code spans in Markdown, too.
    """
    return "\n".join(_lines(inspect.cleandoc(text or "")))


def _lines(text: str) -> Iterator[str]:
    section = None
    is_example = False
    for line in text.splitlines():
        if line.startswith((">>> ", "... ")) != is_example and (is_example is False or not line):
            is_example = not is_example
            yield "```pycon" if is_example else "```"
        heading = _HEADING.match(line)
        if is_example:
            yield line
        elif heading:
            section = heading[1]
            yield from ("", f"**{section}**", "", heading[2].strip())
        elif section is None or (line and not line.startswith(" ")):
            section = None
            yield line
        else:
            yield _entry(section, line)
    if is_example:
        yield "```"


def _entry(section: str, line: str) -> str:
    """A line of a section: an entry's first line becomes a list's item, others go on with it."""
    body = line[4:]
    if section not in _NAMED or body.startswith(" ") or ": " not in body:
        return body.strip() if section not in _NAMED else f"  {body.strip()}"
    name, _, rest = body.partition(": ")
    return f"- `{name}`: {rest}" if re.fullmatch(r"[\w*, ]+", name) else f"  {body}"
