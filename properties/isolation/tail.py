"""What a stranger's code prints: as much of its beginning and end as a person reads, and no more."""

from __future__ import annotations

__all__ = ["Tail"]

_FIRST, _LAST = 2**14, 2**16  # bytes that are kept of the beginning and of the end


class Tail:
    """Keeps the beginning and the end of a text of any length."""

    def __init__(self) -> None:
        self._first = b""
        self._last = b""
        self._dropped = 0

    def feed(self, piece: bytes) -> None:
        """Add what came next."""
        room = _FIRST - len(self._first)
        self._first += piece[:room]
        self._last += piece[room:]
        surplus = max(0, len(self._last) - _LAST)
        self._dropped += surplus
        self._last = self._last[surplus:]

    def text(self) -> str:
        """It as text; what a terminal would take for a command is written out."""
        gap = f"\n[... {self._dropped} bytes ...]\n" if self._dropped else ""
        text = self._first.decode(errors="backslashreplace") + gap + self._last.decode(errors="backslashreplace")
        return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)
