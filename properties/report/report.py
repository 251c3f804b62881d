"""What a check found: verdict, deviations, and the record that other programs read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from properties.report.deviation import Deviation, identifiers
from properties.report.side_by_side import SideBySide
from properties.report.timings import Timing

__all__ = ["EXIT_STATUS", "SCHEMA", "DeviationError", "Report", "Result"]

SCHEMA = 1
EXIT_STATUS = {"identical": 0, "equivalent": 0, "undistinguished": 0, "conditional": 1, "deviates": 1, "error": 2}


class DeviationError(AssertionError):
    """Raised by ``Report.raise_for_deviations``; its text is the report."""


@dataclass(frozen=True)
class Result:
    """What came of one property.

    Args:
        name: the property's.
        status: ``passed``, ``failed``, ``xfail`` (failed, as expected), ``skipped`` or ``implied``.
        sentence: what it says.
        source: where that is written.
        counterexample: what showed the failure.
        seconds: wall time.
        expected: why it is expected to fail, if a list of expected failures has it.
    """

    name: str
    status: str
    sentence: str
    source: str
    counterexample: str | None = None
    seconds: float = 0.0
    expected: str | None = None


@dataclass(frozen=True)
class Report:
    """The outcome of one check.

    Args:
        candidate: what was judged, as it was named.
        reference: what it was held against.
        verdict: ``identical``, ``equivalent``, ``undistinguished``, ``conditional``, ``deviates`` or ``error``.
        known_as: the reference that the candidate is in truth, if it is one.
        deviations: in data-flow order.
        results: what came of the properties.
        parameters: ``{"candidate": scalars, "reference": scalars}``.
        key_map: reference key to candidate key, for every tensor whose partner is known.
        weight_map: for ``equivalent`` nets, candidate key to how that tensor is made of the reference's, as plain data
            (``properties.graph.recipe``).
        rules: names of the rewrites the comparison rests on.
        compared: the captures and runs that were compared, ``"eval at (2, 3, 224, 224)"``.
        domain: for ``conditional``, where the two are equal and where they are not.
        counterexample: the smallest input found that shows a difference, in one line.
        notes: what a reader should know besides.
        error: why there is no verdict, for ``error``.
        seed: of everything that was drawn.
        profile: how much was tried.
        reproduce: a command line.
        versions: of what took part.
        seconds: wall time.
        timings: of each stage, in the order in which they began.
        sides: both nets side by side in each mode, where that was asked for; no part of the JSON.
    """

    candidate: str
    reference: str
    verdict: str
    known_as: str | None = None
    deviations: tuple[Deviation, ...] = ()
    results: tuple[Result, ...] = ()
    parameters: Mapping[str, int | None] = field(default_factory=lambda: {"candidate": None, "reference": None})
    key_map: Mapping[str, str] = field(default_factory=dict)
    weight_map: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()
    domain: str | None = None
    counterexample: str | None = None
    notes: tuple[str, ...] = ()
    error: str | None = None
    seed: int | None = None
    profile: str | None = None
    reproduce: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    timings: tuple[Timing, ...] = ()
    sides: tuple[SideBySide, ...] = ()

    @property
    def as_expected(self) -> bool:
        """Whether there are deviations or failures, and every one of them is expected."""
        marks = [deviation.expected for deviation in self.deviations]
        marks += [result.expected for result in self.results if result.status == "xfail"]
        return self.verdict != "error" and bool(marks) and None not in marks and not self.surprises

    @property
    def surprises(self) -> tuple[Result, ...]:
        """Properties that were expected to fail, and hold."""
        return tuple(result for result in self.results if result.status == "failed" and result.expected is not None)

    @property
    def exit_status(self) -> int:
        """0 the same or as expected, 1 it deviates or holds what was expected to fail, 2 it could not be judged."""
        status = EXIT_STATUS[self.verdict]
        if status == 1 and self.deviations and self.as_expected:
            return 0
        return 1 if status == 0 and self.surprises else status

    def raise_for_deviations(self) -> None:
        """Do nothing if the nets are the same.

        Raises:
            DeviationError: if they are not, or could not be judged; the message lists the deviations.
        """
        if self.exit_status == 0:
            return
        lines = [f"{self.candidate} against {self.reference}: {self.error or self.verdict}"]
        if self.known_as:
            lines[0] += f", this is {self.known_as}"
        lines += [f"  {deviation.where.reference}: {deviation.message}" for deviation in self.deviations]
        raise DeviationError("\n".join(lines))

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON's own types; ``schema`` changes only when the meaning of a field does."""
        return {
            "schema": SCHEMA,
            "candidate": self.candidate,
            "reference": self.reference,
            "verdict": self.verdict,
            "known_as": self.known_as,
            "error": self.error,
            "deviations": [
                {"id": name, **_plain(asdict(deviation))}
                for name, deviation in zip(identifiers(self.deviations), self.deviations, strict=True)
            ],
            "rules": list(self.rules),
            "properties": [asdict(result) for result in self.results],
            "parameters": dict(self.parameters),
            "key_map": dict(self.key_map),
            "weight_map": _plain(self.weight_map),
            "compared": list(self.compared),
            "domain": self.domain,
            "counterexample": self.counterexample,
            "notes": list(self.notes),
            "profile": self.profile,
            "seed": self.seed,
            "reproduce": self.reproduce,
            "versions": dict(self.versions),
            "seconds": round(self.seconds, 3),
            "timings": [
                {"stage": timing.stage, "seconds": round(timing.seconds, 3), "waited": round(timing.waited, 3)}
                for timing in self.timings
            ],
        }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no word for it
    return value
