"""What the chart and the two columns both ask of a line: whether the nets have parted there, and how it is told."""

from __future__ import annotations

from properties.report.side_by_side import Line, SideBySide

__all__ = ["amount", "anchor", "first_apart", "has_parted", "resized"]


def anchor(shown: SideBySide, position: int) -> str:
    """The address of a line within the page."""
    return f"{shown.mode}-{position + 1}"


def resized(line: Line) -> bool:
    """Whether both operators are there and their results have two sizes."""
    return line.reference is not None and line.candidate is not None and line.reference.size != line.candidate.size


def has_parted(shown: SideBySide, line: Line) -> bool:
    """Whether the two results were computed, and differ by more than rounding explains."""
    if shown.computed is None or shown.tolerance is None:
        return False
    return resized(line) if line.apart is None else line.apart > shown.tolerance


def first_apart(shown: SideBySide) -> int | None:
    """The first line at which the nets have parted."""
    return next((at for at, line in enumerate(shown.lines) if has_parted(shown, line)), None)


def amount(relative: float) -> str:
    """``0``, ``2e-16``, ``0.51``: as short as it can be said."""
    if relative == 0:
        return "0"
    return f"{relative:.2g}" if relative >= 0.01 else f"{relative:.0e}"
