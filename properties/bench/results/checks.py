"""What the benchmarks of the checker itself wrote: captures beside forward passes, whole checks beside a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

__all__ = ["Arm", "Measured", "Ratio", "measured", "ratio"]

SCRIPT = "script"  # the arm that every check is held against


@dataclass(frozen=True, slots=True)
class Arm:
    """One of the things that took turns.

    Args:
        seconds: of each turn, in the order of the turns.
        cpu_seconds: the processor's time of its whole tree of processes, once; None if that was not measured.
        bytes: the most that the tree held at a time; likewise.
    """

    seconds: tuple[float, ...]
    cpu_seconds: float | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """Several arms that took turns on one net.

    Args:
        kind: ``"capture"``, ``"check"`` or ``"many"``.
        net: what it was done with.
        verdict: what the checks came to; ``""`` for a capture.
        arms: by name.
    """

    kind: str
    net: str
    verdict: str
    arms: Mapping[str, Arm]


@dataclass(frozen=True, slots=True)
class Ratio:
    """One arm's figures over another's.

    Args:
        middle: of the medians.
        low: the smallest of two turns that were neighbours.
        high: the largest of them.
        noise: how far an arm's longest turn lies above its shortest, of the arm where that is more.
    """

    middle: float
    low: float
    high: float
    noise: float


def measured(info: Mapping[str, Any]) -> Measured:
    """Read what a benchmark left in its ``extra_info``.

    Args:
        info: with ``measured``, the kind; ``net``, ``verdict`` and ``arms``.

    Raises:
        KeyError: if it is no such thing.
        TypeError: likewise.
        ValueError: likewise.
    """
    arms = {
        str(name): Arm(
            _positive(arm["seconds"]),
            None if arm.get("cpu_seconds") is None else float(arm["cpu_seconds"]),
            None if arm.get("bytes") is None else int(arm["bytes"]),
        )
        for name, arm in info["arms"].items()
    }
    if not arms or not all(arm.seconds for arm in arms.values()):
        raise ValueError("nothing was measured")
    return Measured(str(info["measured"]), str(info["net"]), str(info.get("verdict", "")), arms)


def _positive(values: Sequence[Any]) -> tuple[float, ...]:
    numbers = tuple(map(float, values))
    if not all(0 < number < float("inf") for number in numbers):
        raise ValueError(f"{values!r} are no measured figures")
    return numbers


def ratio(arm: Sequence[float], base: Sequence[float]) -> Ratio:
    """One arm's turns over another's, which were its neighbours in time."""
    turns = [one / other for one, other in zip(arm, base, strict=False)]
    noise = max(max(values) / min(values) - 1 for values in (arm, base))
    return Ratio(median(arm) / median(base), min(turns), max(turns), noise)
