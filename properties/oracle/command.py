"""What ``archproof check`` does: a report for every outcome, and its print."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console

from properties.oracle.check import check, versions
from properties.oracle.errors import CandidateError, TargetError
from properties.oracle.text import lines
from properties.report import Report

__all__ = ["print_report", "run_check"]


def run_check(
    candidate: str,
    reference: str,
    input_shape: tuple[int, ...] | None = None,
    progress: Callable[[str], None] = lambda stage: None,
) -> Report:
    """The report of a check, also when there is no verdict.

    Args:
        candidate: a target.
        reference: a target.
        input_shape: one input without its batch axis, or None for what the reference is made for.
        progress: called with the name of each stage as it begins.

    Returns:
        The report; ``verdict`` is ``error`` and ``error`` one line if the nets could not be compared.
    """
    try:
        return check(candidate, reference, input_shape=input_shape, progress=progress)
    except (TargetError, CandidateError) as error:
        return Report(candidate, reference, "error", error=str(error), versions=versions())


def print_report(report: Report) -> None:
    """Print it to standard output, in colour on a terminal; nothing is cut to a width elsewhere."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for line in lines(report):
        console.print(line)
