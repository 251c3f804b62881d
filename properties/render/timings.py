"""The time of each stage of a check as a small table."""

from __future__ import annotations

from collections.abc import Iterator

from properties.report import Report

__all__ = ["timing_lines"]

_HEAD = ("stage", "seconds", "share", "waiting for the candidate")


def timing_lines(report: Report) -> Iterator[str]:
    """A line for each stage, in order, and one for the whole check.

    Args:
        report: of a check; one whose check never began has no stages and no lines.
    """
    if not report.timings:
        return
    total = sum(timing.seconds for timing in report.timings)
    rows = [(timing.stage, timing.seconds, timing.waited) for timing in report.timings]
    rows.append(("in all", total, sum(timing.waited for timing in report.timings)))
    cells = [
        _HEAD,
        *((stage, f"{took:.2f}", f"{took / (total or 1):.0%}", f"{waited:.2f}") for stage, took, waited in rows),
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEAD))]
    for first, *figures in cells:
        yield "  ".join([first.ljust(widths[0]), *(f.rjust(w) for f, w in zip(figures, widths[1:], strict=True))])
