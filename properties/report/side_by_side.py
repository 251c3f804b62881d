"""Two whole nets side by side, operator by operator: plain data for whoever draws it. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Cell", "Line", "SideBySide"]


@dataclass(frozen=True)
class Cell:
    """An operator of one net, in words.

    Args:
        where: its layer's dotted path, or the surrounding module's.
        kind: the operator, with its kernel: ``"conv 3x3"``.
        settings: name and value of each that is not the usual one, or that differs from the other net's.
        size: of its result without the batch axis, ``"64x56x56"``.
    """

    where: str
    kind: str
    settings: tuple[tuple[str, str], ...] = ()
    size: str = ""


@dataclass(frozen=True)
class Line:
    """An operator of each net that correspond; None where only one net has it.

    Args:
        reference: the reference's.
        candidate: the candidate's.
        differs: whether they, and not only what they are given, differ.
        deviations: which of the report's deviations it belongs to, the first being 1.
        apart: the largest difference between the two results, relative to the largest number there; None where it was
            not computed or the results have two sizes.
    """

    reference: Cell | None
    candidate: Cell | None
    differs: bool = False
    deviations: tuple[int, ...] = ()
    apart: float | None = None


@dataclass(frozen=True)
class SideBySide:
    """Both nets in one mode.

    Args:
        mode: ``"eval"`` or ``"train"``.
        size: of the input, batch axis included, ``"2x3x224x224"``.
        lines: in data-flow order.
        computed: the input on which ``Line.apart`` was computed, in words; None if it was not.
        tolerance: what rounding alone can make of ``Line.apart``.
    """

    mode: str
    size: str
    lines: tuple[Line, ...]
    computed: str | None = None
    tolerance: float | None = None
