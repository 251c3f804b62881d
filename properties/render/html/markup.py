"""HTML that is safe by construction: whatever is no markup already is escaped, and what hides in a name is shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from html import escape

__all__ = ["Markup", "element", "joined", "name", "visible"]

_HIDDEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")  # controls, direction marks, surrogates, line separators
_LONG = 160  # characters of a name that are shown; the rest is in its tooltip
_VOID = ("br", "col", "hr", "meta", "wbr")

Child = str | None


class Markup(str):
    """Text that is HTML already; a plain ``str`` is not, and is escaped wherever it goes in."""

    __slots__ = ()


def visible(text: str) -> str:
    """The text with every character that cannot be seen, or that turns the reading direction, written out."""
    return "".join(_shown(character) if unicodedata.category(character) in _HIDDEN else character for character in text)


def _shown(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _safe(text: str) -> str:
    return text if isinstance(text, Markup) else escape(visible(text), quote=True)


def element(tag: str, *children: Child, **attributes: str | int | bool | None) -> Markup:
    """An element.

    Args:
        tag: its name.
        children: text, escaped unless it is ``Markup``; None is nothing.
        attributes: ``class_`` for a name that Python has taken, ``_`` for ``-``; True is an attribute without value,
            None and False are none at all.
    """
    written = ""
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        attribute = key.rstrip("_").replace("_", "-")
        written += f" {attribute}" if value is True else f' {attribute}="{_safe(str(value))}"'
    if tag in _VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{joined(children)}</{tag}>")


def joined(children: Iterable[Child], between: str = "") -> Markup:
    """Pieces one after the other, escaped where they are no markup."""
    return Markup(_safe(between).join(_safe(child) for child in children if child is not None))


def name(text: str, **attributes: str | int | bool | None) -> Markup:
    """A name out of somebody's code: in its own reading direction, broken at its dots, cut where it is endless."""
    plain = visible(text)
    cut = plain if len(plain) <= _LONG else f"{plain[: _LONG - 60]}…{plain[-59:]}"
    parts = cut.split(".")
    pieces: list[Child] = []
    for part in parts[:-1]:
        pieces += [f"{part}.", element("wbr")]
    whole = None if cut == plain else plain[:2000]
    return element("code", element("bdi", *pieces, parts[-1]), title=whole, **attributes)
