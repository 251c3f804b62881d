"""One port in a process of its own, as the nets' code is not ours: what ``archproof port`` does. Loads no torch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from properties.errors import TargetError
from properties.files import unfinished
from properties.isolation import wire
from properties.isolation.job import run_apart
from properties.isolation.limits import Limits
from properties.oracle.porting.places import check_output, head_of
from properties.targets.target import parse, require_there

__all__ = ["Ported", "port_apart"]


@dataclass(frozen=True)
class Ported:
    """What came of a port.

    Args:
        status: the exit status: 0 if the file was written, 1 if the nets are not the same, 2 for anything else.
        text: what a person reads: the report, or why there is none in one line.
        report: ``PortReport`` as JSON's own types; empty if there is none.
        output: what the nets' code printed.
    """

    status: int
    text: str
    report: Mapping[str, Any]
    output: str = ""


def port_apart(
    checkpoint: Path,
    reference: str,
    candidate: str,
    output: Path,
    *,
    input_shape: tuple[int, ...] | None = None,
    limits: Limits,
    progress: Callable[[str], None] = lambda stage: None,
) -> Ported:
    """Do what ``port`` does where a crash, an endless loop or stray output of either net can do no harm.

    Args:
        checkpoint: as for ``port``.
        reference: a target.
        candidate: a target.
        output: as for ``port``.
        input_shape: as for ``port``.
        limits: of time and memory, for both nets together.
        progress: as for ``port``.

    Returns:
        What came of it; what is misspelt is said at once, before a process is started.
    """
    arguments = {
        "checkpoint": str(checkpoint),
        "reference": reference,
        "candidate": candidate,
        "output": str(output),
        "input_shape": input_shape,
    }
    try:
        for target in (reference, candidate):
            require_there(parse(target))
        check_output(output, checkpoint)
        head_of(checkpoint)
    except TargetError as mistake:
        return Ported(2, str(mistake), {})
    before = unfinished(output)
    try:
        answer, error, printed = run_apart("properties.oracle.porting.job:answer", arguments, limits, progress)
    finally:
        for left in unfinished(output) - before:  # by a process that was killed while it wrote
            with contextlib.suppress(OSError):
                left.unlink()
    if answer is None:
        return Ported(2, f"the process that runs {reference} and {candidate} {error}", {}, printed)
    try:
        ported: Ported = wire.loads(Ported, answer)
    except wire.WireError as broken:
        return Ported(2, f"the process that runs {reference} and {candidate} answered wrongly: {broken}", {}, printed)
    return Ported(ported.status, ported.text, ported.report, printed)
