"""What came of the items of a run, wherever they ran, and what is said about it at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from properties.isolation import wire
from properties.oracle.candidates.table import Table
from properties.pytest_plugin.items import ARCHITECTURE, verdict
from properties.render.destinations import write_pages, write_summary
from properties.render.html import report_page
from properties.render.markdown import counted, markdown
from properties.report import Report

__all__ = ["Tally"]


class Tally:
    """Reports of candidates, and the status of each of their properties.

    Args:
        table: all candidates.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.reports: dict[str, Report] = {}
        self.statuses: dict[tuple[str, str], str] = {}

    def take(self, told: Mapping[str, Any]) -> None:
        """Take note of an item.

        Args:
            told: its ``candidate``, ``item`` and ``status``, and with the first of a candidate the ``report`` as text.
        """
        if told["report"] is not None:
            self.reports[told["candidate"]] = wire.loads(Report, told["report"].encode())
        if told["item"] != ARCHITECTURE:
            self.statuses[told["candidate"], told["item"]] = told["status"]

    def write(self, mistakes: Mapping[str, str], summary: Path | None, html: Path | None) -> str | None:
        """Write the Markdown, and a page for each candidate, wherever they are wanted.

        Args:
            mistakes: entries that cannot be used, and why.
            summary: a file for the Markdown.
            html: a folder for the pages.

        Returns:
            None, or what could not be written, in one line.
        """
        order = [candidate.name for candidate in self.table.candidates if candidate.name in self.reports]
        reports = {name: self.reports[name] for name in order}
        trouble = write_summary(markdown(reports, mistakes=mistakes), summary)
        if html is not None:
            pages = {name: report_page(report) for name, report in reports.items()}
            trouble = write_pages(pages, html) or trouble
        return trouble

    def lines(self, properties: Mapping[str, tuple[str, ...]], mistakes: Mapping[str, str]) -> Iterator[str]:
        """A line for each candidate; at last the denominator, and what came of each property.

        Args:
            properties: their names, by profile.
            mistakes: entries that cannot be used, and why.
        """
        for name, report in self.reports.items():
            yield f"{name} against {report.reference}: {verdict(report)}"
        for name in mistakes:
            yield f"{name}: not checked, its entry cannot be used"
        usable = [candidate for candidate in self.table.candidates if candidate.name not in mistakes]
        total = sum(len(properties[candidate.profile]) for candidate in usable)
        came = counted({**Counter(self.statuses.values()), "missing": total - len(self.statuses)})
        said = f"{_plural(len(usable) + len(mistakes), 'candidate')}, {_plural(total, 'property', 'properties')}"
        yield f"archproof: {said}{f': {came}' if came else ''}"


def _plural(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"
