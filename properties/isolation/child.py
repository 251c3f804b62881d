"""What the processes run that a stranger's code runs in: judge and candidate of a check, a probe, a job."""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import shutil
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import psutil

from properties.errors import CandidateError, TargetError, last_line, readable
from properties.isolation import wire
from properties.isolation.processes import end_all, outlive_nobody

__all__ = ["main"]

_SLACK = 2**30  # bytes: stacks of torch's threads and what tracing takes


def main(setup: Mapping[str, Any]) -> NoReturn:
    """Do what the setup says, then end, whatever threads and exit handlers were left behind."""
    sys.argv = ["archproof"]  # a stranger's argparse finds nothing of ours
    roles: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
        "both": _both,
        "judge": _judge,
        "candidate": _candidate,
        "probe": _probe,
        "job": _job,
    }
    status = 1
    try:
        roles[setup["role"]](setup)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        os._exit(status)


def _both(setup: Mapping[str, Any]) -> None:
    from properties.oracle.remote.fork import run

    run(setup)


def _probe(setup: Mapping[str, Any]) -> None:
    outlive_nobody()
    from properties.oracle.candidates.probe_job import answer  # loads torch

    answer(setup["answers"], setup["targets"])


def _job(setup: Mapping[str, Any]) -> None:
    """Call a function with some arguments and send what it returns, ``bytes``."""
    outlive_nobody()
    answers = setup["answers"]
    os.register_at_fork(after_in_child=lambda: _leave(answers))

    def say(stage: str) -> None:
        wire.send(answers, b"s" + stage.encode(errors="backslashreplace"))

    say("loading torch")
    module, _, name = setup["job"].partition(":")
    answer = getattr(importlib.import_module(module), name)
    _limit_memory(setup["memory"])
    wire.send(answers, b"a" + answer(setup["arguments"], say))


# ------------------------------------------------------------------------------------------------------------ candidate
def _candidate(setup: Mapping[str, Any]) -> None:
    outlive_nobody()
    channel, stages = setup["channel"], setup["stages"]
    from properties.oracle.remote.server import Server  # loads torch

    _limit_memory(setup["memory"])
    os.register_at_fork(after_in_child=lambda: _leave(channel, stages))

    def say(stage: str) -> None:
        with contextlib.suppress(OSError):
            os.write(stages, f"{readable(stage)}\n".encode())

    Server(setup["candidate"], channel, Path(setup["folder"]), say).run()


def _limit_memory(limit: float) -> None:
    """Turn an allocation that is far too large into an error of the code that asks for it; no core dumps."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    taken = getattr(psutil.Process().memory_info(), "data", None)  # Linux alone tells it, and enforces the limit
    if taken is not None:
        most = int(taken + limit * 2**30 + _SLACK)
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _leave(*descriptors: int) -> None:
    """In a copy of the process that the stranger's code makes: keep off the wire."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            os.dup2(null, descriptor)


# ---------------------------------------------------------------------------------------------------------------- judge
def _judge(setup: Mapping[str, Any]) -> None:
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
    import time

    from properties.oracle.check import check_parties
    from properties.oracle.parties.local import Subject
    from properties.oracle.remote.party import RemoteParty

    began = time.perf_counter() - (time.monotonic() - setup["began"])
    reference, candidate = setup["reference"], setup["candidate"]
    options: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in setup["options"].items()}
    tell(b"s", f"building {reference}")
    ours = Subject.of(reference, "the reference", is_reference=True)
    theirs = RemoteParty(
        setup["channel"], candidate, Path(setup["folder"]), lambda waits: tell(b"w" if waits else b"b")
    )
    return check_parties(theirs, ours, progress=lambda stage: tell(b"s", stage), began=began, **options)


def _guard(setup: Mapping[str, Any]) -> None:
    """When the process that started all this is gone, however it ended: end the candidate and clean up."""
    os.read(setup["lifeline"], 1)  # returns when nobody holds the other end any more
    end_all([setup["leader"]], setup["mark"])
    shutil.rmtree(setup["folder"], ignore_errors=True)
    os._exit(1)
