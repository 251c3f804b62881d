"""What comes of a check in processes of its own: a report for every outcome. Loads no torch."""

from __future__ import annotations

from typing import NamedTuple

from properties.report import Report
from properties.report.provenance import versions
from properties.request import Request

__all__ = ["Checked", "without_verdict"]


class Checked(NamedTuple):
    """What came of a check.

    Args:
        report: always there; without a verdict it says why.
        output: what the candidate's code printed.
    """

    report: Report
    output: str


def without_verdict(candidate: str, reference: str, request: Request, error: str | None) -> Report:
    """The report of a check that did not come to a verdict.

    Args:
        candidate: a target.
        reference: a target.
        request: what was asked.
        error: why there is no verdict, in one line.
    """
    return Report(
        candidate,
        reference,
        "error",
        error=error,
        reproduce=request.command(candidate, reference),
        versions=versions(),
        seconds=request.progress.seconds,
        timings=request.progress.timings(),
    )
