"""A description made in a process of its own, as the net's code is not ours: what ``archproof describe`` shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from properties.describe import Description
from properties.errors import TargetError
from properties.isolation import wire
from properties.isolation.job import run_apart
from properties.isolation.limits import Limits
from properties.targets.target import parse, require_there

__all__ = ["Described", "describe_apart"]


@dataclass(frozen=True)
class Described:
    """What came of it.

    Args:
        description: the description; None if there is none.
        error: why there is none, in one line.
        output: what the net's code printed.
    """

    description: Description | None
    error: str = ""
    output: str = ""


def describe_apart(
    target: str,
    *,
    input_shape: tuple[int, ...] | None = None,
    tensorboard: Path | None = None,
    limits: Limits,
    progress: Callable[[str], None] = lambda stage: None,
) -> Described:
    """Do what ``describe`` does where a crash, an endless loop or stray output of the net can do no harm.

    Args:
        target: the net.
        input_shape: as for ``describe``.
        tensorboard: a folder for the net's graph, if it is wanted.
        limits: of time and memory.
        progress: called with the name of each stage as it begins.

    Returns:
        What came of it; what is misspelt is said at once, before a process is started.
    """
    try:
        require_there(parse(target))
    except TargetError as mistake:
        return Described(None, str(mistake))
    arguments = {
        "target": target,
        "input_shape": input_shape,
        "tensorboard": None if tensorboard is None else str(tensorboard),
    }
    answer, error, output = run_apart("properties.describe.job:answer", arguments, limits, progress)
    if answer is None:
        return Described(None, f"{target} {error}", output)
    try:
        described: Described = wire.loads(Described, answer)
    except wire.WireError as broken:
        return Described(None, f"{target} answered wrongly: {broken}", output)
    return Described(described.description, described.error, output)
