"""What the checker itself costs, as tables: always ratios of what took turns in one run, with how restless it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from properties.bench.results.checks import SCRIPT, Arm, Measured, ratio
from properties.bench.results.table import Table

__all__ = ["check_tables"]

_UNKNOWN = "-"
_CAPTURES = ("export", "align")  # beside the forward pass and the capture, if they were measured


def check_tables(found: Sequence[Measured], heading: str) -> Iterator[Table]:
    """A table for each kind of figure that there is.

    Args:
        found: of one run.
        heading: what the run was made on.
    """
    kinds = {
        "capture": (f"captures, processor's time, {heading}", _capture_columns(), _capture),
        "check": (f"checks beside a script, {heading}", _check_columns(), _check),
        "many": (f"many candidates of one reference, {heading}", _many_columns(), _many),
    }
    alike = {(one.net, name): arm for one in found if one.verdict == "identical" for name, arm in one.arms.items()}
    for kind, (title, columns, rows) in kinds.items():
        cells = tuple(row for one in found if one.kind == kind for row in rows(one, alike))
        if cells:
            yield Table(title, columns, cells)


def _capture_columns() -> tuple[str, ...]:
    return ("net", "meta forward", "capture / forward", "between", "noise", "export / forward", "align / forward")


def _capture(one: Measured, alike: Mapping[tuple[str, str], Arm]) -> Iterator[tuple[str, ...]]:
    forward = one.arms["forward"].seconds
    found = ratio(one.arms["capture"].seconds, forward)
    others = (
        _over(median(one.arms[name].seconds), median(forward)) if name in one.arms else _UNKNOWN for name in _CAPTURES
    )
    yield (
        one.net,
        f"{1000 * median(forward):.0f} ms",
        f"{found.middle:.2f}",
        f"{found.low:.2f} to {found.high:.2f}",
        f"{found.noise:.0%}",
        *others,
    )


def _check_columns() -> tuple[str, ...]:
    return (
        "net",
        "verdict",
        "profile",
        "script",
        "check",
        "check / script",
        "between",
        "noise",
        "processor",
        "memory",
        "of identical",
    )


def _check(one: Measured, alike: Mapping[tuple[str, str], Arm]) -> Iterator[tuple[str, ...]]:
    script = one.arms[SCRIPT]
    for name, arm in one.arms.items():
        if name == SCRIPT:
            continue
        found = ratio(arm.seconds, script.seconds)
        same = alike.get((one.net, name)) if one.verdict != "identical" else None
        yield (
            one.net,
            one.verdict,
            name,
            f"{median(script.seconds):.1f} s",
            f"{median(arm.seconds):.1f} s",
            f"{found.middle:.2f}",
            f"{found.low:.2f} to {found.high:.2f}",
            f"{found.noise:.0%}",
            _over(arm.cpu_seconds, script.cpu_seconds),
            _over(arm.bytes, script.bytes),
            _UNKNOWN if same is None else _over(median(arm.seconds), median(same.seconds)),
        )


def _many_columns() -> tuple[str, ...]:
    return ("candidates", "each alone", "in one table", "table / alone", "between", "noise")


def _many(one: Measured, alike: Mapping[tuple[str, str], Arm]) -> Iterator[tuple[str, ...]]:
    together, alone = one.arms["together"], one.arms["alone"]
    found = ratio(together.seconds, alone.seconds)
    yield (
        one.net,
        f"{median(alone.seconds):.1f} s",
        f"{median(together.seconds):.1f} s",
        f"{found.middle:.2f}",
        f"{found.low:.2f} to {found.high:.2f}",
        f"{found.noise:.0%}",
    )


def _over(one: float | None, other: float | None) -> str:
    return f"{one / other:.2f}" if one and other else _UNKNOWN
