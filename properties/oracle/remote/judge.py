"""The judge's process: it holds the reference, compares, and sends the report."""

from __future__ import annotations

import os
import shutil
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from properties.errors import CandidateError, TargetError, last_line
from properties.isolation import wire
from properties.isolation.processes import end_all
from properties.report.timings import Clock
from properties.request import Request

__all__ = ["run"]


def run(setup: Mapping[str, Any]) -> None:
    """Judge, and send what came of it, also where that is no verdict."""
    if "guarding" in setup:
        threading.Thread(target=_guard, args=(setup["guarding"],), daemon=True).start()
    reports = setup["reports"]
    try:
        report = _report(setup, lambda kind, text="": wire.send(reports, kind + text.encode()))
        wire.send(reports, b"r" + wire.dumps(report))
    except (TargetError, CandidateError) as error:
        from properties.oracle.remote.party import CandidateLost

        kind = b"l" if isinstance(error, CandidateLost) else b"e"
        wire.send(reports, kind + str(error).encode(errors="backslashreplace"))
    except Exception as error:
        traceback.print_exc()
        wire.send(reports, b"e" + f"the check itself failed: {last_line(error)}".encode(errors="backslashreplace"))


def _report(setup: Mapping[str, Any], tell: Callable[..., None]) -> Any:
    """Hold the candidate's process against the reference, which lives here."""
    from properties.graph.torch.recording.quick_kernels import quick_kernels
    from properties.oracle.check import check_parties
    from properties.oracle.parties.front_ends import party_of
    from properties.oracle.remote.party import RemoteParty

    began = time.perf_counter() - (time.monotonic() - setup["began"])
    reference, candidate = setup["reference"], setup["candidate"]
    clock = Clock(lambda stage: tell(b"s", stage), began)
    request = Request.of_plain(setup["request"], progress=clock)
    clock(f"building {reference}")
    ours = party_of(reference, "the reference", is_reference=True)

    def waiting(waits: bool) -> None:
        clock.wait(waits)
        tell(b"w" if waits else b"b")

    theirs = RemoteParty(setup["channel"], candidate, Path(setup["folder"]), waiting)
    with quick_kernels():
        return check_parties(theirs, ours, request)


def _guard(setup: Mapping[str, Any]) -> None:
    """When the process that started all this is gone, however it ended: end the candidate and clean up."""
    os.read(setup["lifeline"], 1)  # returns when nobody holds the other end any more
    end_all([setup["leader"]], setup["mark"])
    shutil.rmtree(setup["folder"], ignore_errors=True)
    os._exit(1)
