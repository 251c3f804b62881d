"""Reports as Markdown: the summary of a job on GitHub, or a file. Loads no torch.

Names, messages and printed values are a stranger's, so they stand in code spans and fenced blocks, or are escaped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from properties.render.text import lines
from properties.report import Deviation, Report

__all__ = ["counted", "markdown"]

_WIDTH = 120  # columns of the text in a fenced block
_LONGEST = 20_000  # characters of one; GitHub takes 1 MiB for all
_SHOWN = 20  # deviations with a line of their own
_STATUSES = {
    "passed": "{} hold",
    "implied": "{} follow from the graph",
    "skipped": "{} do not apply",
    "unchecked": "{} could not be checked",
    "xfail": "{} fail as expected",
    "failed": "{} fail",
    "deviates": "{} not checked, as the architecture deviates",
    "missing": "{} not run",
}


def markdown(reports: Mapping[str, Report], *, mistakes: Mapping[str, str] | None = None) -> str:
    """A table with a row for each candidate, then what each deviation is.

    Args:
        reports: by the candidates' names.
        mistakes: entries of a table that could not be used, and why.
    """
    mistakes = mistakes or {}
    total = len(reports) + len(mistakes)
    good = sum(report.exit_status == 0 for report in reports.values())
    found = [f"## archproof: {good} of {total} candidate{'' if total == 1 else 's'} as {_should(total)} be", ""]
    found += ["| candidate | reference | verdict | deviations | properties |", "|---|---|---|---:|---|"]
    found += [_row(name, report) for name, report in reports.items()]
    found += [f"| {_code(name, in_table=True)} | | error | | {_plain(why)} |" for name, why in mistakes.items()]
    for name, report in reports.items():
        if report.verdict in ("identical", "equivalent") and report.exit_status == 0:
            continue
        found += ["", *_section(name, report)]
    return "\n".join(found) + "\n"


def counted(statuses: Mapping[str, int]) -> str:
    """``"20 hold, 6 follow from the graph, 2 do not apply"``.

    Args:
        statuses: how many of each: those of ``Result``, ``unchecked`` for what is skipped with a reason,
            ``deviates`` for what was not checked and ``missing`` for what was not asked for.
    """
    return ", ".join(said.format(statuses[status]) for status, said in _STATUSES.items() if statuses.get(status))


def _should(total: int) -> str:
    return "it should" if total == 1 else "they should"


def _row(name: str, report: Report) -> str:
    verdict = f"{report.verdict}, as expected" if report.as_expected else report.verdict
    known = f"; this is {_code(report.known_as, in_table=True)}" if report.known_as else ""
    statuses = Counter(
        "unchecked" if result.status == "skipped" and result.counterexample else result.status
        for result in report.results
    )
    cells = (
        _code(name, in_table=True),
        _code(report.reference, in_table=True),
        ("" if report.exit_status else ":white_check_mark: ") + verdict + known,
        str(len(report.deviations)) if report.verdict != "error" else "",
        _plain(report.error) if report.error else counted(statuses) or "not checked",
    )
    return f"| {' | '.join(cells)} |"


def _section(name: str, report: Report) -> Iterator[str]:
    yield f"### {_code(name)}"
    yield ""
    shown = report.deviations[:_SHOWN]
    yield from (_deviation(deviation) for deviation in shown)
    if len(report.deviations) > len(shown):
        yield f"- and {len(report.deviations) - len(shown)} more"
    text = "\n".join(line.plain for line in lines(report, _WIDTH))
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n... the rest is cut"
    yield from ("", "<details><summary>The whole report</summary>", "", *_fenced(text), "", "</details>")


def _deviation(deviation: Deviation) -> str:
    known = ""
    if deviation.known_as:
        known = f" ({_plain(deviation.known_as)})"
        if deviation.link and re.fullmatch(r"https?://[^\s()<>]+", deviation.link):
            known = f" ([{_plain(deviation.known_as)}]({deviation.link}))"
    expected = f"; expected: {_plain(deviation.expected)}" if deviation.expected else ""
    return f"- {_plain(deviation.message)}{known}{expected}"


def _plain(text: str) -> str:
    """A text without anything that Markdown or HTML gives a meaning to, in one line."""
    text = " ".join(text.split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]|~#!$@:])", r"\\\1", text)


def _code(text: str, *, in_table: bool = False) -> str:
    """A code span, whatever the text holds."""
    text = " ".join(text.split())
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if "`" in text else ""
    text = text.replace("|", "\\|") if in_table else text
    return f"{fence}{pad}{text}{pad}{fence}"


def _fenced(text: str) -> tuple[str, str, str]:
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text", text, fence


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
