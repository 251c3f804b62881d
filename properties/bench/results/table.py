"""The figures of saved runs as tables: the newest of every case, and how the ratio went from run to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from properties.bench.results.saved import Row, Run, latest

__all__ = ["Table", "aligned", "figures", "heading", "history", "markdown"]

_UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class Table:
    """A heading, column names and cells; every column but the first is a figure."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def figures(runs: Sequence[Run]) -> Table:
    """Every case as its newest run has it: both arms' images per second, their ratio, and how near the floor ours is.

    Args:
        runs: of one device, oldest first.
    """
    found = latest(runs)
    cells = tuple(_cells(case, arms.get("archproof"), arms.get("torchvision")) for case, arms in found.items())
    columns = (
        "case",
        "pixels",
        "images/s",
        "torchvision",
        "time ratio",
        "95 % interval",
        "noise",
        "verdict",
        "of floor",
    )
    return Table(heading(runs[-1]), columns, cells)


def heading(run: Run) -> str:
    """What a run was made on, and when."""
    return f"{run.device.get('name')}, torch {run.device.get('torch')}, {run.label}"


def _cells(case: str, ours: Row | None, theirs: Row | None) -> tuple[str, ...]:
    row = ours or theirs
    batch = "" if row is None or f"-b{row.batch}-" in case else f" (measured with {row.batch})"
    ratio = ours.ratio if ours else None
    return (
        case + batch,
        _UNKNOWN if row is None else str(row.side),
        _number(ours.images_per_second if ours else None),
        _number(theirs.images_per_second if theirs else None),
        _UNKNOWN if ratio is None else f"{ratio[1]:.3f}",
        _UNKNOWN if ratio is None else f"{ratio[0]:.3f} to {ratio[2]:.3f}",
        _UNKNOWN if ours is None or ours.noise is None else f"{ours.noise:.1%}",
        (ours.verdict if ours else "") or _UNKNOWN,
        _UNKNOWN if ours is None or ours.floor_fraction is None else f"{ours.floor_fraction:.2f}",
    )


def _number(value: float | None) -> str:
    if value is None:
        return _UNKNOWN
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def history(runs: Sequence[Run]) -> Table:
    """The paired ratio of every case, one column for each run, oldest first."""
    ratios = [{row.case: row.ratio[1] for row in run.rows if row.ratio} for run in runs]
    known = list(dict.fromkeys(case for found in ratios for case in found))
    rows = tuple((case, *(f"{found[case]:.3f}" if case in found else _UNKNOWN for found in ratios)) for case in known)
    return Table("time over torchvision's, run by run", ("case", *(run.label for run in runs)), rows)


def aligned(table: Table) -> str:
    """A table in columns of one width, for a terminal."""
    lines = [table.columns, *table.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.columns))]
    text = [
        "  ".join([line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))]).rstrip()
        for line in lines
    ]
    return "\n".join([table.heading, *text])


def markdown(table: Table) -> str:
    """A table for docs/performance.md."""
    rule = ("---", *["---:"] * (len(table.columns) - 1))
    lines = ["| " + " | ".join(line) + " |" for line in (table.columns, rule, *table.rows)]
    return "\n".join([f"{table.heading}:", "", *lines])
