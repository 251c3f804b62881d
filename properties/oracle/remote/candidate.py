"""The candidate's process: it runs the stranger's code, and answers the judge."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from properties.errors import readable
from properties.isolation.child import keep_copies_off, limit_memory
from properties.isolation.processes import outlive_nobody

__all__ = ["run"]


def run(setup: Mapping[str, Any]) -> None:
    """Build the candidate and answer for it until nobody asks any more."""
    outlive_nobody()
    channel, stages = setup["channel"], setup["stages"]
    from properties.graph.torch.recording.quick_kernels import quick_kernels
    from properties.oracle.remote.server import Server  # loads torch

    limit_memory(setup["memory"])
    keep_copies_off(channel, stages)

    def say(stage: str) -> None:
        with contextlib.suppress(OSError):
            os.write(stages, f"{readable(stage)}\n".encode())

    with quick_kernels():
        Server(setup["candidate"], channel, Path(setup["folder"]), say).run()
