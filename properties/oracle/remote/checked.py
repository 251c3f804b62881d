"""What ``archproof check`` does: a report for every outcome, and its print. Loads no torch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rich.console import Console

from properties.errors import TargetError
from properties.oracle.remote.watch import Limits, Outcome, check_isolated
from properties.render.text import lines
from properties.report import Report
from properties.report.provenance import reproduce, versions
from properties.targets.target import parse, require_file

__all__ = ["Checked", "print_report", "run_check"]


class Checked(NamedTuple):
    """What came of a check.

    Args:
        report: always there; without a verdict it says why.
        output: what the candidate's code printed.
    """

    report: Report
    output: str


def run_check(
    candidate: str,
    reference: str,
    *,
    options: Mapping[str, Any] | None = None,
    side_by_side: bool = False,
    limits: Limits | None = None,
    progress: Callable[[str], None] = lambda stage: None,
) -> Checked:
    """The report of a check in processes of its own, also when there is no verdict.

    Args:
        candidate: a target.
        reference: a target.
        options: further keywords of ``check.check_parties``, in plain data.
        side_by_side: whether the report has both nets whole; it changes nothing else.
        limits: of time and memory.
        progress: called with the name of each stage as it begins.

    Returns:
        The report, whose verdict is ``error`` and whose ``error`` is one line if the nets could not be compared, and
        what the candidate printed.
    """
    options = options or {}
    began = time.perf_counter()
    try:
        for target in (reference, candidate):  # what is misspelt is said at once
            require_file(parse(target))
    except TargetError as error:
        outcome = Outcome(None, str(error), "")
    else:
        outcome = check_isolated(
            candidate,
            reference,
            options={**options, "side_by_side": side_by_side},
            limits=limits,
            progress=progress,
        )
    report = outcome.report
    if report is None:
        report = Report(
            candidate,
            reference,
            "error",
            error=outcome.error,
            reproduce=reproduce(candidate, reference, **{"input_shape": None, **options}),
            versions=versions(),
            seconds=time.perf_counter() - began,
        )
    return Checked(report, outcome.output)


def print_report(report: Report) -> None:
    """Print it to standard output, in colour on a terminal; nothing is cut to a width elsewhere."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for line in lines(report, console.width):
        console.print(line)
