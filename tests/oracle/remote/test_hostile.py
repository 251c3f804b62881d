"""Every hostile candidate through ``archproof check``: a clear line or the right verdict, and nothing stays."""

import json
import re
import secrets
import time

import psutil
import pytest
from hostile import CASES, FOLDER, REFERENCE

from properties import cli
from properties.isolation.processes import MARK
from properties.oracle.remote import watch

QUICK = ("exits_on_import.py:net",)
GRACE = 10.0  # seconds beyond its limit for a check to clean up on a busy machine


def _left(mark: str) -> list[str]:
    """Processes of the check with this mark that still run."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK, "").startswith(mark) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def _parameters():
    for case in CASES:
        yield pytest.param(case, id=case.target, marks=[] if case.target in QUICK else [pytest.mark.slow])


@pytest.mark.parametrize("case", [*_parameters()])
def test_it_gets_the_verdict_that_is_right(case, capsys, tmp_path, monkeypatch):
    """Verdict, line, file and exit status are right, within the limit, and no process stays."""
    monkeypatch.chdir(tmp_path)  # where some of them write
    mark = secrets.token_hex(8)
    monkeypatch.setattr(watch.secrets, "token_hex", lambda size: mark)
    place = tmp_path / "report.json"
    arguments = [
        str(FOLDER / case.target),
        "--against",
        REFERENCE,
        "--json",
        str(place),
        "--timeout",
        f"{case.timeout}",
    ]
    if case.memory is not None:
        arguments += ["--memory", f"{case.memory}"]
    began = time.monotonic()
    status = cli.main(["check", *arguments])
    took = time.monotonic() - began
    printed = capsys.readouterr()
    report = json.loads(place.read_text())
    said = [
        report["error"] or "",
        report.get("domain") or "",
        *report["notes"],
        *(deviation["message"] for deviation in report["deviations"]),
    ]

    assert re.fullmatch(case.verdict, report["verdict"]), said
    assert any(re.search(case.says, line) for line in said), said
    assert {"error": 2, "deviates": 1, "conditional": 1}.get(report["verdict"], 0) == status
    assert ([], True) == (_left(mark), took < case.timeout + GRACE)
    if status == 2:
        assert (1, True, "") == (
            printed.err.count("\n"),
            printed.err.isprintable() or "\x1b" not in printed.err,
            printed.out,
        )


def test_there_are_many_of_them():
    """At least 35 files, each of which some case uses or another file imports."""
    imported = {"imports_in_a_circle_too", "shared_layers"}
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"} - imported

    assert len(files) >= 35
    assert files <= {case.target.partition(".py")[0] for case in CASES}
