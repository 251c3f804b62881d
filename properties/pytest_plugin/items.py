"""What ``pytest --archproof`` collects: candidates, and in each the architecture and every property as an item."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from properties.oracle.candidates.table import Candidate, Mistake
from properties.oracle.remote.checked import Checked
from properties.render.text import lines
from properties.report import Report, Result

__all__ = ["ARCHITECTURE", "ROOT", "CandidateNode", "GridItem", "MistakeNode", "Root", "verdict"]

ROOT = "archproof"  # what every id begins with
ARCHITECTURE = "architecture"  # the item of the verdict itself

Check = Callable[[Candidate], Checked]


class Failure(Exception):
    """An item's failure; its text is all that is shown."""


class Root(pytest.Collector):
    """All candidates of the project."""

    nodes: Sequence[tuple[Any, dict[str, Any]]]

    @classmethod
    def of(cls, session: pytest.Session, path: Path, nodes: Sequence[tuple[Any, dict[str, Any]]]) -> Root:
        """A root for a session.

        Args:
            session: its parent.
            path: of the table.
            nodes: a class and the arguments of its ``from_parent`` for each child.
        """
        root: Root = cls.from_parent(session, name=ROOT, path=path, nodeid=ROOT)
        root.nodes = nodes
        return root

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """One node for each entry of the table."""
        return [kind.from_parent(self, **arguments) for kind, arguments in self.nodes]


class MistakeNode(pytest.Collector):
    """An entry that cannot be used: a collection error."""

    def __init__(self, *, mistake: Mistake, **arguments: Any) -> None:
        super().__init__(name=mistake.name, **arguments)
        self.mistake = mistake

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Nothing.

        Raises:
            CollectError: with the line that says what is wrong.
        """
        raise self.CollectError(self.mistake.why)


class CandidateNode(pytest.Collector):
    """One candidate.

    Args:
        candidate: its entry.
        properties: the names of those that are checked.
        chosen: whether an item of that name is to be collected.
        check: gives its report, made once.
    """

    def __init__(
        self,
        *,
        candidate: Candidate,
        properties: Sequence[str],
        chosen: Callable[[str], bool],
        check: Check,
        **arguments: Any,
    ) -> None:
        super().__init__(name=candidate.name, **arguments)
        self.candidate = candidate
        self.check = check
        self.names = [name for name in (ARCHITECTURE, *properties) if chosen(name)]
        self.add_marker(pytest.mark.archproof)
        if self.config.pluginmanager.hasplugin("xdist"):  # --dist loadgroup: one worker, and so one check
            self.add_marker(pytest.mark.xdist_group(f"{ROOT}::{candidate.name}"))

    def collect(self) -> Iterator[GridItem]:
        """The verdict, then the properties."""
        for name in self.names:
            yield GridItem.from_parent(self, name=name)


class GridItem(pytest.Item):
    """One property of one candidate, or its architecture."""

    parent: CandidateNode
    status: str | None = None  # as in ``Result``, with ``unchecked`` and ``deviates``; None until it has run

    @property
    def candidate(self) -> Candidate:
        """The entry that it is of."""
        return self.parent.candidate

    def runtest(self) -> None:
        """Take the answer from the candidate's report, which the first item of a candidate waits for."""
        report, output = self.parent.check(self.candidate)
        if report.error is not None:
            self.add_report_section("call", f"output of {self.candidate.name}", output)
        if self.name == ARCHITECTURE:
            self._judge(report)
        else:
            self._tell(report, next((result for result in report.results if result.name == self.name), None))

    def _judge(self, report: Report) -> None:
        self.user_properties += [
            ("candidate", report.candidate),
            ("reference", report.reference),
            ("verdict", report.verdict),
        ]
        missed = report.verdict in ("deviates", "conditional")
        self.status = "failed" if report.exit_status and not _properties_alone(report) else "passed"
        if self.status == "failed":
            raise Failure(_whole(report))
        if missed:
            self.status = "xfail"
            reasons = "; ".join(dict.fromkeys(d.expected for d in report.deviations if d.expected))
            pytest.xfail(f"{report.verdict}, as expected: {reasons}")
            raise Failure(_whole(report))  # with --runxfail

    def _tell(self, report: Report, result: Result | None) -> None:
        name = self.candidate.name
        if report.verdict == "error":
            self.status = "unchecked"
            pytest.skip(f"could not be checked, as {name} could not be judged")
        if result is None:
            self.status = "deviates"
            pytest.skip(f"not checked, as {name} is not the architecture of {report.reference}")
        self.status = result.status
        if result.status == "skipped":
            self.status = "unchecked" if result.counterexample else "skipped"
            pytest.skip(result.counterexample or f"does not apply to {name}")
        if result.status == "xfail":
            pytest.xfail(result.expected or "")
        if result.status in ("failed", "xfail"):
            raise Failure(_sentence(report, result))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report's own words, without a traceback."""
        if isinstance(excinfo.value, Failure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str], int | None, str]:
        """The table, as there is no line of code to point at."""
        return self.path, None, self.name


def verdict(report: Report) -> str:
    """The verdict in a few words: ``identical``, ``deviates, as expected``."""
    return f"{report.verdict}, as expected" if report.as_expected else report.verdict


def _properties_alone(report: Report) -> bool:
    """Whether nothing but an expected failure that passes keeps the report from exiting with 0; it has its own item."""
    return report.verdict in ("identical", "equivalent", "undistinguished") and bool(report.surprises)


def _whole(report: Report) -> str:
    return "\n".join(line.plain for line in lines(report, shutil.get_terminal_size((100, 24)).columns))


def _sentence(report: Report, result: Result) -> str:
    """What the property says, what shows that it does not hold, and the command that shows it again."""
    label = "expected   " if result.status == "xfail" else "shown by   "
    facts = [
        f"{report.candidate}: {result.name} fails",
        "",
        f"says       {result.sentence}",
        f"{label}{result.counterexample or result.sentence}",
        f"source     {result.source}",
        f"reproduce  {report.reproduce}",
    ]
    return "\n".join(facts)
