"""``archproof check``: run a check, show its progress, print the report and write it down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from properties.oracle.check import check, versions
from properties.oracle.errors import CandidateError, TargetError
from properties.oracle.text import lines
from properties.report import Report

__all__ = ["print_report", "run_check"]


def run_check(candidate: str, reference: str, input_shape: tuple[int, ...] | None) -> Report:
    """The report of a check, also when there is no verdict.

    Args:
        candidate: a target.
        reference: a target.
        input_shape: one input without its batch axis, or None for what the reference is made for.

    Returns:
        The report; ``verdict`` is ``error`` and ``error`` one line if the nets could not be compared.
    """
    with _progress() as progress:
        try:
            return check(candidate, reference, input_shape=input_shape, progress=progress)
        except (TargetError, CandidateError) as error:
            return Report(candidate, reference, "error", error=str(error), versions=versions())


def print_report(report: Report) -> None:
    """Print it to standard output, in colour on a terminal; nothing is cut to a width elsewhere."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for line in lines(report):
        console.print(line)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A line on a terminal's stderr that says what is being done; nothing elsewhere."""
    console = Console(stderr=True, highlight=False, markup=False)
    if not console.is_terminal:
        yield lambda stage: None
        return
    with console.status("starting") as status:
        yield status.update
