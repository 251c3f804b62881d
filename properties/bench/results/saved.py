"""pytest-benchmark's files as figures of forward passes and of checks; and whether two runs may be compared at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from properties.bench.results.checks import Measured, measured

__all__ = ["BenchFileError", "Row", "Run", "content_of", "latest", "read", "read_all", "refusal"]

_MARK = "archproof"  # under which machine_info holds the device


class BenchFileError(ValueError):
    """A file that cannot be reported on: what, where, what to do, in one line."""


@dataclass(frozen=True, slots=True)
class Row:
    """One arm of one case.

    Args:
        case: the case's id, without the arm.
        net: the reference's name.
        arm: ``"archproof"`` or ``"torchvision"``.
        batch: images that were measured.
        side: their height and width.
        dtype: of tensors.
        layout: of tensors.
        mode: how the net ran.
        images_per_second: by the median.
        seconds: 20 % quantile, median and 80 % quantile of one call.
        floor_seconds: of the roofline, if it is known.
        ratio: time over torchvision's, with the bounds of its interval; None for one arm alone.
        noise: how far the same ratio of an arm over itself reached from 1.
        verdict: of the pairing, ``""`` without one.
    """

    case: str
    net: str
    arm: str
    batch: int
    side: int
    dtype: str
    layout: str
    mode: str
    images_per_second: float
    seconds: tuple[float, float, float]
    floor_seconds: float | None = None
    ratio: tuple[float, float, float] | None = None
    noise: float | None = None
    verdict: str = ""

    @property
    def floor_fraction(self) -> float | None:
        """Floor over time: 1 is as fast as the device's ceilings allow."""
        return None if self.floor_seconds is None else self.floor_seconds / self.seconds[1]


@dataclass(frozen=True, slots=True)
class Run:
    """One saved run.

    Args:
        path: of its file.
        when: date and time, ISO 8601.
        commit: of the code, shortened.
        device: what ``machine.describe`` said.
        rows: its figures of forward passes.
        checks: its figures of the checker itself.
    """

    path: Path
    when: str
    commit: str
    device: Mapping[str, Any]
    rows: tuple[Row, ...]
    checks: tuple[Measured, ...] = ()

    @property
    def label(self) -> str:
        """Day and commit."""
        return f"{self.when[:10]} {self.commit}"


def refusal(saved: Mapping[str, Any], current: Mapping[str, Any]) -> str | None:
    """Why figures from two machines must not be compared, or None if they may.

    Args:
        saved: a ``machine_info``.
        current: another one.
    """
    found = [info.get(_MARK) for info in (saved, current)]
    devices = [f"{d.get('device')} ({d.get('name')})" if isinstance(d, Mapping) else None for d in found]
    if None in devices:
        return "it does not say which device it was measured on"
    return None if devices[0] == devices[1] else f"it was measured on {devices[0]} and this on {devices[1]}"


def read(path: Path) -> Run:
    """The figures in a file that ``--benchmark-json`` or ``--benchmark-save`` wrote.

    Raises:
        BenchFileError: if it cannot be read, is no such file, or holds no such figures.
    """
    content = content_of(path)
    try:
        device = content["machine_info"][_MARK]
        infos = [entry["extra_info"] for entry in content["benchmarks"]]
        rows = tuple(_row(info) for info in infos if "case" in info)
        checks = tuple(measured(info) for info in infos if "measured" in info)
        commit = str(content.get("commit_info", {}).get("id", ""))[:8]
        run = Run(path, str(content["datetime"]), commit, dict(device), rows, checks)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise BenchFileError(f"{path} was not written by this project's benchmarks, or is damaged ({what})") from error
    if not rows and not checks:
        raise BenchFileError(
            f"{path} holds no forward pass and no check; pytest --benchmark-only --benchmark-json FILE"
        )
    return run


def content_of(path: Path) -> dict[str, Any]:
    """What pytest-benchmark wrote to a file, whatever was measured.

    Raises:
        BenchFileError: if it cannot be read or is no such file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BenchFileError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise BenchFileError(f"{path} is damaged or no JSON: {error}; save it again with --benchmark-json") from error
    if not isinstance(content, dict) or not isinstance(content.get("benchmarks"), list):
        raise BenchFileError(f"{path} is not a file of pytest-benchmark; --benchmark-json FILE writes one")
    return content


def _row(info: Mapping[str, Any]) -> Row:
    ratio = info.get("ratio")
    low, middle, high = (_positive(value) for value in info["seconds"])
    return Row(
        case=str(info["case"]),
        net=str(info["net"]),
        arm=str(info["arm"]),
        batch=int(info["batch"]),
        side=int(info["side"]),
        dtype=str(info["dtype"]),
        layout=str(info["layout"]),
        mode=str(info["mode"]),
        images_per_second=_positive(info["images_per_second"]),
        seconds=(low, middle, high),
        floor_seconds=None if info.get("floor_seconds") is None else _positive(info["floor_seconds"]),
        ratio=None if ratio is None else (_positive(ratio[0]), _positive(ratio[1]), _positive(ratio[2])),
        noise=None if info.get("noise") is None else float(info["noise"]),
        verdict=str(info.get("verdict", "")),
    )


def _positive(value: Any) -> float:
    number = float(value)
    if not 0 < number < float("inf"):
        raise ValueError(f"{value!r} is no measured figure")
    return number


def read_all(paths: Iterable[Path]) -> tuple[Run, ...]:
    """Several files of one device, oldest first.

    Raises:
        BenchFileError: if one cannot be read, or they come from different devices.
    """
    runs = sorted((read(path) for path in paths), key=lambda run: run.when)
    for run in runs[1:]:
        why = refusal({_MARK: run.device}, {_MARK: runs[0].device})
        if why is not None:
            text = why.replace(" and this on ", f" and {runs[0].path} on ")
            raise BenchFileError(f"{run.path} cannot be compared: {text}; report on each device alone")
    return tuple(runs)


def latest(runs: Iterable[Run]) -> dict[str, dict[str, Row]]:
    """Each case's arms, from the newest run that has the case; ``runs`` come oldest first."""
    found: dict[str, dict[str, Row]] = {}
    for run in runs:
        cases: dict[str, dict[str, Row]] = {}
        for row in run.rows:
            cases.setdefault(row.case, {})[row.arm] = row
        found.update(cases)
    return found
