"""One check for all workers of a run: the first that needs it makes it, the others wait for what came of it."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from properties.isolation import wire
from properties.oracle.remote.checked import Checked
from properties.report import Report

__all__ = ["shared"]


def shared(folder: str | None, name: str, make: Callable[[], Checked]) -> Checked:
    """What ``make`` returns, in this process or in another that was faster.

    Args:
        folder: of all workers; without one, or on another machine, each makes its own.
        name: what is made.
        make: makes it.
    """
    if folder is None or not Path(folder).is_dir():
        return make()
    place = Path(folder, hashlib.sha256(name.encode()).hexdigest())
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # ends with this block, or with the process that holds it
        if place.exists():
            told = json.loads(place.read_text(encoding="utf-8"))
            return Checked(wire.loads(Report, told["report"].encode()), told["output"])
        made = make()
        temporary = place.with_suffix(".new")
        content = {"report": wire.dumps(made.report).decode(), "output": made.output}
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(place)
        return made
