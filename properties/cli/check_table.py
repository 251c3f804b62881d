"""``archproof check`` without a candidate: every candidate of the nearest pyproject.toml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from properties.cli.console import (
    UsageError,
    complain,
    hinted,
    print_apart,
    print_text,
    progress,
    write_each,
    write_json,
)
from properties.oracle.candidates.table import Table, all_warm, check_candidate, find_table, read_table
from properties.render.destinations import write_pages, write_summary
from properties.render.markdown import markdown
from properties.render.text import print_report
from properties.report import Report

__all__ = ["check_table", "summarise"]


def check_table(
    changes: Mapping[str, Any],
    *,
    json: str | None,
    html: Path | None,
    summary: Path | None,
    show_output: bool,
) -> int:
    """Check every candidate of the nearest table and print each report as it is made.

    Args:
        changes: fields of ``Candidate`` that were typed and count for all of them.
        json: where to write the list of reports; ``-`` for nothing else on standard output.
        html: a folder for a page of each.
        summary: where to write Markdown.
        show_output: whether to print what the candidates printed.

    Returns:
        the worst exit status.

    Raises:
        UsageError: if there is no table, or a file cannot be written.
    """
    table = _nearest()
    reports: dict[str, Report] = {}
    for mistake in table.mistakes:
        complain(mistake.why)
        reports[mistake.name] = Report(mistake.name, "", "error", error=mistake.why)
    with all_warm(table.candidates) as by:
        for candidate in table.candidates:
            with progress() as say:
                say(f"{candidate.name}: starting")
                chosen = replace(candidate, **changes)
                report, output = check_candidate(
                    chosen, table.folder, side_by_side=html is not None, progress=say, by=by
                )
            reports[candidate.name] = report
            if report.error is not None:
                complain(hinted(f"{candidate.name}: {report.error}", output, shown=show_output))
            elif json != "-":
                print_report(report)
                print_text("")
            if show_output:
                print_apart(output)
    good = sum(report.exit_status == 0 for report in reports.values())
    if json != "-":
        print_text(f"{good} of {len(reports)} candidates in {table.path.name} as they should be")
    wanted: list[Callable[[], None]] = []
    if html is not None:
        from properties.render.html import report_page

        pages = {name: report_page(report) for name, report in reports.items()}
        wanted.append(lambda: _or_raise(write_pages(pages, html)))
    if json is not None:
        listed = [{"name": name, **report.to_dict()} for name, report in reports.items()]
        wanted.append(lambda: write_json(json, listed))
    write_each(lambda: summarise(reports, summary), *wanted)
    return max((report.exit_status for report in reports.values()), default=0)


def summarise(reports: Mapping[str, Report], summary: Path | None) -> None:
    """Write the Markdown of some reports, where it is wanted.

    Raises:
        UsageError: if it cannot be written.
    """
    _or_raise(write_summary(markdown(reports), summary))


def _or_raise(trouble: str | None) -> None:
    if trouble is not None:
        raise UsageError(trouble)


def _nearest() -> Table:
    path = find_table(Path.cwd())
    if path is None:
        raise UsageError(
            "check needs a CANDIDATE and --against REFERENCE, or a pyproject.toml with [tool.archproof.candidates] here"
            " or above; see archproof check --help"
        )
    return read_table(path)
