"""What a probe's process runs: it resolves targets, and says in one line each which cannot be."""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
import time
from collections.abc import Mapping

from properties.errors import TargetError, last_line
from properties.isolation.processes import outlive_nobody, words_for
from properties.oracle.parties.properties import asked
from properties.profiles import PROFILES
from properties.targets.target import builder

__all__ = ["answer"]

_MOST = 4096  # bytes of one answer; a pipe takes as many at once


def answer(descriptor: int, targets: Mapping[str, float]) -> None:
    """Write the properties of each profile, then a line for each target that cannot be used.

    Args:
        descriptor: where to.
        targets: each with the seconds it may take.
    """
    _write(
        descriptor,
        {
            name: [prop.name for prop in asked(name)] if one.properties_if_proved else []
            for name, one in PROFILES.items()
        },
    )
    for target, seconds in targets.items():
        why = _why_apart(descriptor, target, seconds) if sys.platform == "linux" else _why(target)
        if why is not None:
            _write(descriptor, [target, why])


def _write(descriptor: int, content: object) -> None:
    os.write(descriptor, f"{json.dumps(content)}\n".encode())


def _why(target: str) -> str | None:
    """Why a target cannot be used; None if it can."""
    try:
        builder(target)
    except TargetError as error:
        return str(error)
    except BaseException as error:  # whatever a stranger's module raises while it is imported
        return f"{target} cannot be imported: {last_line(error)}"
    return None


def _why_apart(descriptor: int, target: str, seconds: float) -> str | None:
    """The same from a fork, which may crash, hang or change whatever it likes."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _tell(target, writing, reading, descriptor)
    os.close(writing)
    until = time.monotonic() + seconds
    ready, _, _ = select.select([reading], [], [], seconds)
    said = os.read(reading, _MOST) if ready else b""
    os.close(reading)
    ended = _wait(pid, until) if ready and not said else None
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 9)
    if ended is None:
        os.waitpid(pid, 0)
    if said:
        return said[1:].decode(errors="replace") or None
    if ended is not None:
        return f"{target} {words_for(ended)}, while it was imported"
    return f"{target} was not imported within {seconds:g} s (timeout)"


def _tell(target: str, writing: int, *others: int) -> None:
    """In the fork: answer, and end without going back."""
    try:
        for other in others:
            os.close(other)
        outlive_nobody()
        text = _why(target) or ""
        os.write(writing, f"={text}".encode()[:_MOST])
    finally:
        os._exit(1)


def _wait(pid: int, until: float) -> int | None:
    """The exit status of a process that has closed its end; None if it goes on all the same."""
    while time.monotonic() < until:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    return None
