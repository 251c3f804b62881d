"""Can targets be imported at all? Asked of many at once, before any of them is checked. Loads no torch.

Their code runs in a process of its own (``probe_job``), on Linux each in another.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from properties.errors import TargetError, readable
from properties.isolation.processes import end_all, outlive_nobody, start

__all__ = ["Answers", "probe", "serve"]


@dataclass(frozen=True)
class Answers:
    """What a probe found.

    Args:
        properties: the names of what is checked under each profile.
        errors: target to why it cannot be used, in one line, for those that cannot.
    """

    properties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


def probe(targets: Mapping[str, float], folder: Path) -> Answers:
    """Import targets, and look for their factories and keywords; nothing is built.

    Args:
        targets: each with the seconds that it may take.
        folder: where that is done.

    Raises:
        TargetError: if archproof itself cannot be loaded there.
    """
    mark = secrets.token_hex(8)
    reading, writing = os.pipe()
    with open(reading, encoding="utf-8") as answers, tempfile.TemporaryFile("w+", errors="replace") as output:
        try:
            with contextlib.chdir(folder):
                setup = {"role": f"{__name__}:serve", "answers": writing, "targets": dict(targets)}
                process = start(setup, descriptors=(writing,), output=output.fileno(), mark=mark)
        finally:
            os.close(writing)
        try:
            lines = answers.read().splitlines()  # it ends when the process does
        finally:
            end_all([process.pid], mark)
            process.wait()
        if not lines:
            output.seek(0)
            said = output.read().splitlines() or ["its process ended without a word"]
            raise TargetError(f"archproof cannot be loaded: {readable(said[-1])}")
    properties = {profile: tuple(names) for profile, names in json.loads(lines[0]).items()}
    return Answers(properties, dict(json.loads(line) for line in lines[1:]))


def serve(setup: Mapping[str, Any]) -> None:
    """In the other process: answer for each target."""
    outlive_nobody()
    from properties.oracle.candidates.probe_job import answer  # loads torch

    answer(setup["answers"], setup["targets"])
