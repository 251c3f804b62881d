"""Expected failures: a list that a candidate's own project keeps of what is known to differ, and why.

A TOML file with one table for each::

    [[expected]]
    name = "attribute:stride:layer2.0.conv1"
    reason = "stride on the 3x3, as in the second version"
    link = "https://github.com/pytorch/vision/issues/191"
    candidate = "mymodels.py:resnet50"  # optional: for this candidate alone

``name`` is a property's name, or a deviation's identifier as the report gives it. What is expected stays in the report
and no longer decides; an expected failure that passes does, so that the list does not outlive its reasons.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from properties.errors import TargetError, nearest
from properties.report import Report, Result, identifiers

__all__ = ["Expected", "apply", "read"]

_KEYS = ("name", "reason", "link", "candidate")
_REQUIRED = ("name", "reason", "link")


@dataclass(frozen=True)
class Expected:
    """One expected failure.

    Args:
        name: a property's name or a deviation's identifier.
        reason: why it is expected.
        link: where that is discussed.
        candidate: the only candidate that it is for, or None.
    """

    name: str
    reason: str
    link: str
    candidate: str | None = None


def read(path: str | Path) -> tuple[Expected, ...]:
    """The expected failures in a file, in its order.

    Raises:
        TargetError: if it cannot be read, is no TOML, lacks a name, reason or link, or has an entry twice; one line.
    """
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise TargetError(f"{path} cannot be read: {reason[:1].lower()}{reason[1:]}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TargetError(f"{path} is not TOML: {' '.join(str(error).split())}") from error
    tables = content.pop("expected", [])
    if content or not isinstance(tables, list):
        wrong = next(iter(content), "expected")
        raise TargetError(f"{path} must hold [[expected]] tables and nothing else, got {wrong!r}")
    found: list[Expected] = []
    for number, table in enumerate(tables, start=1):
        entry = _entry(table, f"{path}: [[expected]] table {number}")
        if any((entry.name, entry.candidate) == (other.name, other.candidate) for other in found):
            raise TargetError(f"{path}: [[expected]] table {number} has {entry.name!r} a second time; remove one")
        found.append(entry)
    return tuple(found)


def _entry(table: Any, place: str) -> Expected:
    if not isinstance(table, dict):
        raise TargetError(f"{place} must be a table, got {table!r}")
    unknown = [key for key in table if key not in _KEYS]
    if unknown:
        raise TargetError(f"{place} has the key {unknown[0]!r}{nearest(unknown[0], _KEYS)}")
    for key in _REQUIRED:
        if key not in table:
            raise TargetError(f"{place} has no {key}; each needs name, reason and link")
    for key, value in table.items():
        if not isinstance(value, str) or not value.strip():
            raise TargetError(f"{place}: {key} must be a text that is not empty, got {value!r}")
    return Expected(**table)


def apply(report: Report, expected: Sequence[Expected]) -> Report:
    """The report with what is expected marked as such.

    Failed properties become ``xfail``; deviations keep their place and get the reason. A property that was expected to
    fail and holds is ``failed``. Entries that fit nothing are named in a note each.

    Args:
        report: of a check.
        expected: what is expected, for this candidate and others.
    """
    if report.verdict == "error":
        return report
    entries = {entry.name: entry for entry in expected if entry.candidate is None}
    entries |= {entry.name: entry for entry in expected if entry.candidate == report.candidate}
    own = identifiers(report.deviations)
    names = {*own, *(result.name for result in report.results)}
    unused = [entry for name, entry in entries.items() if name not in names]
    skipped = [result.name for result in report.results if result.name in entries and result.status == "skipped"]
    return replace(
        report,
        deviations=tuple(
            replace(deviation, expected=_why(entries[name])) if name in entries else deviation
            for name, deviation in zip(own, report.deviations, strict=True)
        ),
        results=tuple(_result(result, entries) for result in report.results),
        notes=(
            *report.notes,
            *(f"expected failure {entry.name!r} did not occur; remove it, or see its spelling" for entry in unused),
            *(f"expected failure {name!r} was not run" for name in skipped),
        ),
    )


def _result(result: Result, entries: dict[str, Expected]) -> Result:
    entry = entries.get(result.name)
    if entry is None or result.status not in ("failed", "passed", "implied"):
        return result
    if result.status == "failed":
        return replace(result, status="xfail", expected=_why(entry))
    passes = f"expected to fail ({_why(entry)}), but passes; remove it from the expected failures"
    return replace(result, status="failed", counterexample=passes, expected=_why(entry))


def _why(entry: Expected) -> str:
    return f"{entry.reason}, {entry.link}"
