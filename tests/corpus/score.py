"""What the oracle said about a case, and whether that is right."""

from __future__ import annotations

from dataclasses import dataclass, field

from corpus._case import Mutant, Rewrite
from properties import Report, check
from properties.report import Place

__all__ = ["Score", "of_mutant", "of_rewrite"]


@dataclass(frozen=True)
class Score:
    """The outcome of one case.

    Args:
        name: the case.
        verdict: the report's, or ``error``.
        wrong: what is not as it should be: ``caught``, ``located``, ``one``, ``mode``, ``named`` or ``blamed``.
        said: the deviations in words, or the error.
    """

    name: str
    verdict: str
    wrong: tuple[str, ...] = ()
    said: tuple[str, ...] = field(default=())


def of_mutant(case: Mutant) -> Score:
    """Whether a mistake is caught, located, told as one, in its mode; whether a variant is named."""
    report, error = _report(case)
    if report is None:
        return Score(case.name, "error", ("caught", "located", "one", "mode"), (error,))
    first = report.deviations[0] if report.deviations else None
    right = {
        "caught": report.exit_status == 1,
        "located": first is not None and (not case.where or bool(_names(first.where) & set(case.where))),
        "one": len(report.deviations) == 1 or case.known_as is not None,
        "mode": first is not None and case.mode in ("any", first.mode),
        "named": case.known_as is None or report.known_as == case.known_as,
    }
    return Score(case.name, report.verdict, tuple(what for what, is_so in right.items() if not is_so), _said(report))


def of_rewrite(case: Rewrite) -> Score:
    """Whether the same net is not blamed."""
    report, error = _report(case)
    if report is None:
        return Score(case.name, "error", ("blamed",), (error,))
    return Score(case.name, report.verdict, () if report.exit_status == 0 else ("blamed",), _said(report))


def _report(case: Mutant | Rewrite) -> tuple[Report | None, str]:
    try:
        report = check(case.candidate, case.original.build, input_shape=case.original.shape)
    except Exception as error:  # whatever it is, the score has to say it
        return None, f"{type(error).__name__}: {error}"
    return (None, report.error or "") if report.verdict == "error" else (report, "")


def _names(place: Place) -> set[str]:
    """The layers of a place, without the operators beside them."""
    return {label.partition("(")[0].strip() for label in (place.reference, place.candidate) if label is not None}


def _said(report: Report) -> tuple[str, ...]:
    return tuple(f"{d.where.reference} | {d.where.candidate}: {d.message} [{d.mode}]" for d in report.deviations)
