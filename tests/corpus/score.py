"""What the oracle said about a case, and whether that is right."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import hostile

from corpus.case import Mutant, Rewrite
from properties import Report, check
from properties.report import Place

__all__ = ["Score", "of_hostile", "of_mutant", "of_rewrite"]

_GRACE = 60.0  # seconds beyond a check's own limit, on a busy machine
_RUN = "import sys; from properties.cli import main; sys.exit(main(sys.argv[1:]))"


@dataclass(frozen=True)
class Score:
    """The outcome of one case.

    Args:
        name: the case.
        verdict: the report's, or ``error``.
        wrong: what is not as it should be: ``caught``, ``located``, ``one``, ``mode``, ``named``, ``blamed`` or
            ``judged``.
        said: the deviations in words, or the error.
    """

    name: str
    verdict: str
    wrong: tuple[str, ...] = ()
    said: tuple[str, ...] = field(default=())


def of_mutant(case: Mutant, profile: str = "default") -> Score:
    """Whether a mistake is caught, located, told as one, in its mode; whether a variant is named."""
    report, error = _report(case, profile)
    if report is None:
        return Score(case.name, "error", ("caught", "located", "one", "mode"), (error,))
    first = report.deviations[0] if report.deviations else None
    right = {
        "caught": report.exit_status == 1,
        "located": first is not None and (not case.where or bool(_names(first.where) & set(case.where))),
        "one": len(report.deviations) == case.many or case.known_as is not None,
        "mode": first is not None and case.mode in ("any", first.mode),
        "named": case.known_as is None or report.known_as == case.known_as,
    }
    return Score(case.name, report.verdict, tuple(what for what, is_so in right.items() if not is_so), _said(report))


def of_rewrite(case: Rewrite, profile: str = "default") -> Score:
    """Whether the same net is not blamed."""
    report, error = _report(case, profile)
    if report is None:
        return Score(case.name, "error", ("blamed",), (error,))
    return Score(case.name, report.verdict, () if report.exit_status == 0 else ("blamed",), _said(report))


def of_hostile(case: hostile.Case) -> Score:
    """Whether a candidate that crashes, hangs or cheats gets the verdict that is right, with the line that says why."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "report.json")
        command = [sys.executable, "-c", _RUN, "check", str(hostile.FOLDER / case.target)]
        command += ["--against", hostile.REFERENCE, "--json", str(place), "--timeout", f"{case.timeout}"]
        command += [] if case.memory is None else ["--memory", f"{case.memory}"]
        try:
            subprocess.run(
                command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=case.timeout + _GRACE
            )
            report = json.loads(place.read_text(encoding="utf-8"))
        except (subprocess.TimeoutExpired, OSError, ValueError) as error:
            return Score(case.target, "none", ("judged",), (f"{type(error).__name__}: {error}",))
    said = (
        report["error"] or "",
        report["domain"] or "",
        *report["notes"],
        *(deviation["message"] for deviation in report["deviations"]),
    )
    is_right = re.fullmatch(case.verdict, report["verdict"]) and any(re.search(case.says, line) for line in said)
    return Score(case.target, report["verdict"], () if is_right else ("judged",), tuple(line for line in said if line))


def _report(case: Mutant | Rewrite, profile: str) -> tuple[Report | None, str]:
    try:
        report = check(case.candidate, case.original.build, input_shape=case.original.shape, profile=profile)
    except Exception as error:  # whatever it is, the score has to say it
        return None, f"{type(error).__name__}: {error}"
    return (None, report.error or "") if report.verdict == "error" else (report, "")


def _names(place: Place) -> set[str]:
    """The layers of a place, without the operators beside them."""
    return {label.partition("(")[0].strip() for label in (place.reference, place.candidate) if label is not None}


def _said(report: Report) -> tuple[str, ...]:
    return tuple(f"{d.where.reference} | {d.where.candidate}: {d.message} [{d.mode}]" for d in report.deviations)
