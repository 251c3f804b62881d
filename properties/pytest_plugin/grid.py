"""The part of the pytest plugin that works: collects, checks each candidate once, and counts what came of it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from properties.errors import TargetError
from properties.isolation import wire
from properties.isolation.warm import Warm
from properties.oracle.candidates.probe import Answers, probe
from properties.oracle.candidates.table import (
    Candidate,
    Mistake,
    Table,
    all_warm,
    check_candidate,
    find_table,
    read_table,
)
from properties.oracle.remote.checked import Checked
from properties.profiles import PROFILES
from properties.pytest_plugin.items import ARCHITECTURE, ROOT, CandidateNode, GridItem, MistakeNode, Root
from properties.pytest_plugin.share import shared
from properties.pytest_plugin.tally import Tally
from properties.report import Report

__all__ = ["Grid"]


class Grid:
    """The plugin's state in one process: the only one, the controller of xdist or one of its workers.

    Args:
        config: pytest's.
        table: the candidates.
    """

    def __init__(self, config: pytest.Config, table: Table) -> None:
        self.config = config
        self.table = table
        self.mistakes = {mistake.name: mistake.why for mistake in table.mistakes}
        self.checked: dict[str, Checked] = {}  # what this process has checked itself
        self.sent: set[str] = set()
        self.tally = Tally(table)  # of this process and its workers
        self.errors = 0
        self.trouble: str | None = None
        there = Path(config.invocation_params.dir, ROOT).exists()  # a folder of theirs, to be collected as any other
        self.named = [arg for arg in config.args if arg.startswith(f"{ROOT}::") or (arg == ROOT and not there)]
        self.wanted = bool(self.named) or _asks_for_all(config)
        self._answers: Answers | None = None
        self._folder: str | None = None
        self._shared = ExitStack()  # what the checks of this process have in common

    @classmethod
    def of(cls, config: pytest.Config) -> Grid:
        """The grid of the nearest table.

        Raises:
            UsageError: if there is none, or its file is no TOML.
        """
        try:
            path = find_table(config.rootpath)
            if path is None:
                raise TargetError(
                    f"--archproof finds no pyproject.toml with [tool.archproof.candidates] in {config.rootpath} or"
                    ' above; add it with a line "package.module:factory" = "resnet50"'
                )
            return cls(config, read_table(path))
        except TargetError as error:
            raise pytest.UsageError(str(error)) from error

    # ------------------------------------------------------------------------------------------------------ collection
    @property
    def answers(self) -> Answers:
        """Which targets can be imported, and what is checked: asked once, by xdist's controller for its workers."""
        if self._answers is None:
            given = getattr(self.config, "workerinput", {}).get("archproof")
            self._answers = Answers(**json.loads(given)) if given else self._probe()
            for candidate in self.table.candidates:
                for target in (candidate.reference, candidate.target):
                    if target in self._answers.errors:
                        place = f"{self.table.path.name}, [tool.archproof.candidates], {candidate.name!r}"
                        self.mistakes[candidate.name] = f"{place}: {self._answers.errors[target]}"
        return self._answers

    def _probe(self) -> Answers:
        targets: dict[str, float] = {}
        for candidate in self.table.candidates:
            seconds = candidate.timeout or PROFILES[candidate.profile].timeout
            for target in (candidate.target, candidate.reference):
                targets[target] = max(seconds, targets.get(target, 0.0))
        try:
            return probe(targets, self.table.folder) if targets else Answers()
        except TargetError as error:
            raise pytest.UsageError(str(error)) from error

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker of xdist what was found here, and a folder for what the workers find."""
        if self.wanted:
            self._folder = self._folder or tempfile.mkdtemp(prefix="archproof-")
            node.workerinput["archproof"] = json.dumps(asdict(self.answers))
            node.workerinput["archproof_folder"] = self._folder

    def pytest_unconfigure(self) -> None:
        """Remove that folder, and end what the checks shared."""
        self._shared.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self, session: pytest.Session) -> Generator[None, object, object]:
        """Ids of candidates name no files, so the collection of files must not look for them."""
        self.config.args = [arg for arg in self.config.args if arg not in self.named]
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Add the candidates after what was found in files."""
        report = yield
        if self.wanted and isinstance(collector, pytest.Session) and report.outcome == "passed":
            report.result = [*(report.result or ()), Root.of(collector, self.table.path, self._nodes())]
        return report

    def _nodes(self) -> list[tuple[Any, dict[str, Any]]]:
        properties = self.answers.properties
        named = [Mistake(name, why) for name, why in self.mistakes.items()]
        nodes: list[tuple[Any, dict[str, Any]]] = [
            (MistakeNode, {"mistake": mistake}) for mistake in named if self._chosen(mistake.name)
        ]
        found: set[str] = {node["mistake"].name for _, node in nodes}
        for candidate in self.table.candidates:
            if candidate.name in self.mistakes:
                continue
            names = properties[candidate.profile]
            chosen = [name for name in (ARCHITECTURE, *names) if self._chosen(candidate.name, name)]
            if chosen:
                found.add(candidate.name)
                arguments = {
                    "candidate": candidate,
                    "properties": names,
                    "chosen": chosen.__contains__,
                    "check": self._check,
                }
                nodes.append((CandidateNode, arguments))
        for arg in self.named:
            if not any(_within(f"{ROOT}::{name}", arg) or _within(arg, f"{ROOT}::{name}") for name in found):
                known = [
                    f"{ROOT}::{name}" for name in (*(entry.name for entry in self.table.candidates), *self.mistakes)
                ]
                raise pytest.UsageError(f"not found: {arg}; there are {', '.join(dict.fromkeys(known))}")
        return nodes

    def _chosen(self, *names: str) -> bool:
        """Whether an id was asked for: all were, or it, or what it is in, or something in it."""
        own = "::".join((ROOT, *names))
        return not self.named or any(_within(own, arg) or (len(names) == 1 and _within(arg, own)) for arg in self.named)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count the errors that are entries of the table."""
        self.errors += report.failed and report.nodeid.startswith(f"{ROOT}::")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """One candidate's mistake does not keep the others from being checked; any other error stops the run."""
        if 0 < session.testsfailed == self.errors:
            session.config.option.continue_on_collection_errors = True

    # --------------------------------------------------------------------------------------------------------- running
    def _check(self, candidate: Candidate) -> Checked:
        if candidate.name not in self.checked:
            folder = getattr(self.config, "workerinput", {}).get("archproof_folder")
            self.checked[candidate.name] = shared(folder, candidate.name, lambda: self._made(candidate))
        return self.checked[candidate.name]

    @cached_property
    def _warm(self) -> Warm | None:
        """What has imported what all candidates need, from the first check to the end of the run."""
        return self._shared.enter_context(all_warm(self.table.candidates))

    def _made(self, candidate: Candidate) -> Checked:
        wants_pages = self.config.getoption("archproof_html") is not None
        report, output = check_candidate(candidate, self.table.folder, side_by_side=wants_pages, by=self._warm)
        return Checked(self._repeatable(report), output)

    def _repeatable(self, report: Report) -> Report:
        """With a command that finds what pytest's ``pythonpath`` finds; the folder of the table is searched anyway."""
        folders = [str(path) for path in self.config.getini("pythonpath")]
        folders = [folder for folder in folders if Path(self.config.rootpath, folder).resolve() != self.table.folder]
        if not folders:
            return report
        command, words = report.reproduce, f"PYTHONPATH={shlex.quote(os.pathsep.join(folders))} archproof"
        return replace(report, reproduce=command.replace("archproof", words, 1))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Send along what the process that counts needs to know, as text that crosses between processes."""
        report = yield
        if call.when == "call" and isinstance(item, GridItem) and item.status is not None:
            name = item.candidate.name
            first = name not in self.sent
            self.sent.add(name)
            whole = wire.dumps(self.checked[name].report).decode() if first else None
            told = {"candidate": name, "item": item.name, "status": item.status, "report": whole}
            vars(report)["archproof"] = told
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of an item, wherever it ran."""
        told = getattr(report, "archproof", None)
        if told is not None:
            self.tally.take(told)

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Say of a property that it passes without having been run."""
        told = getattr(report, "archproof", None)
        implied = told is not None and told["status"] == "implied" and report.passed
        return ("passed", ".", "PASSED (follows from the graph)") if implied else None

    # --------------------------------------------------------------------------------------------------------- summary
    def pytest_report_header(self) -> str:
        """Whether candidates are checked, and which."""
        total = len(self.table.candidates) + len(self.table.mistakes)
        unused = "" if self.wanted else ", not checked, as test files were named"
        return f"archproof: {total} candidate{'' if total == 1 else 's'} in {self.table.path.name}{unused}"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write what is wanted, if anything was checked."""
        silent = hasattr(self.config, "workerinput") or self.config.getoption("collectonly")
        if silent or not (self.tally.reports or self.mistakes):
            return
        summary, html = (self._place(option) for option in ("archproof_summary", "archproof_html"))
        self.trouble = self.tally.write(self.mistakes, summary, html)
        if self.trouble and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def _place(self, option: str) -> Path | None:
        given = self.config.getoption(option)
        return None if given is None else self.config.invocation_params.dir / given

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The denominator: how many candidates and properties there are, and what came of each."""
        if self.wanted and not self.config.getoption("collectonly") and self._answers is not None:
            terminalreporter.section("archproof")
            for line in self.tally.lines(self.answers.properties, self.mistakes):
                terminalreporter.write_line(line)
        if self.trouble:
            terminalreporter.write_line(f"archproof: {self.trouble}", red=True)


def _within(own: str, outer: str) -> bool:
    """Whether an id is another one, or stands in it."""
    return own == outer or own.startswith(f"{outer}::")


def _asks_for_all(config: pytest.Config) -> bool:
    """Whether candidates are checked besides what was named: always, but for single files where the option is usual."""
    if "--archproof" in config.invocation_params.args:
        return True
    places = [Path(config.invocation_params.dir, arg.partition("::")[0]) for arg in config.args]
    return not places or not all(place.is_file() for place in places)
