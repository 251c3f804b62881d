"""Processes with code of others: started apart from ours, watched, and ended with everything they started."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

__all__ = [
    "MARK",
    "end_all",
    "environment",
    "memory_of",
    "outlive_nobody",
    "start",
    "take_orphans",
    "takes_more",
    "usual_memory",
    "words_for",
]

MARK = "ARCHPROOF_CHECK"  # environment variable: what a candidate starts has it too, wherever it hides

# -P: a file of the current folder must not stand in for a library. The path is the starting process's own.
_BOOT = (
    "import json, sys; setup = json.loads(sys.argv[1]); sys.path[:] = setup['path'];"
    " from properties.isolation.child import main; main(setup)"
)
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
_PATIENCE = 5.0  # seconds for the system to end what was killed


def start(
    setup: Mapping[str, Any],
    *,
    descriptors: tuple[int, ...],
    output: int,
    mark: str,
) -> subprocess.Popen[bytes]:
    """Start a Python process in a session of its own, without our standard input and output.

    Args:
        setup: what ``child.main`` gets.
        descriptors: those it keeps.
        output: a descriptor for what it prints.
        mark: the value of ``MARK`` in its environment.
    """
    content = json.dumps({**setup, "path": sys.path})
    return subprocess.Popen(
        [sys.executable, "-P", "-u", "-c", _BOOT, content],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=descriptors,
        start_new_session=True,
        env=environment(mark),
    )


def environment(mark: str) -> dict[str, str]:
    """The environment of a process that ``start`` starts."""
    return {"OMP_NUM_THREADS": str(_share()), **os.environ, MARK: mark}


def _share() -> int:
    """Threads for each of two processes that compute at once; more of them than processors wait for each other."""
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, processors // 2)


def outlive_nobody() -> None:
    """End this process with the one that started it, and keep its own children findable; on Linux, else nothing."""
    _prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    take_orphans()


def take_orphans() -> None:
    """Become the parent (a child subreaper) of what this process's children leave behind; on Linux, else nothing."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def end_all(leaders: Collection[int], mark: str, *, adopted_by: int | None = None, but: int | None = None) -> None:
    """Kill processes, all that they started and all that carries their mark; returns when none of them runs.

    Args:
        leaders: each of a session of its own; they need not run any more.
        mark: how the value of ``MARK`` in their environment begins.
        adopted_by: a process that goes on, whose children end as well: it was given those of leaders that ended.
        but: its child that goes on.
    """
    until = time.monotonic() + _PATIENCE
    for pid in leaders:
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).suspend()  # it must not start more while those it has are sought
    while time.monotonic() < until:
        found = {*_members(leaders, mark), *(() if adopted_by is None else _below(adopted_by, but))}
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        if not found:
            return
        time.sleep(0.005)


def _members(leaders: Collection[int], mark: str) -> Iterator[psutil.Process]:
    """The running processes of some trees, of their sessions, and those with their mark."""
    for pid in leaders:
        with contextlib.suppress(psutil.Error):
            root = psutil.Process(pid)
            yield from (process for process in (root, *root.children(recursive=True)) if _runs(process))
    for process in psutil.process_iter():
        if process.pid != os.getpid() and _belongs(process, leaders, mark) and _runs(process):
            yield process


def _below(pid: int, but: int | None) -> Iterator[psutil.Process]:
    """The running processes below one, without it, and without one child of it and what is below that."""
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(pid).children():
            if child.pid != but:
                yield from (process for process in (child, *child.children(recursive=True)) if _runs(process))


def _belongs(process: psutil.Process, sessions: Collection[int], mark: str) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        return os.getsid(process.pid) in sessions or process.environ().get(MARK, "").startswith(mark)
    return False


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def takes_more(pid: int, most: float) -> bool:
    """Whether a process and its children hold more bytes than that."""
    return _held(pid, _resident) > most and memory_of(pid) > most  # what is resident is told at once


def memory_of(pid: int) -> int:
    """Bytes that a process and its children hold; pages that they share count once where the system tells.

    Of a page that others hold too it is charged for its share.
    """
    return _held(pid, _own_share)


def _held(pid: int, measure: Callable[[psutil.Process], int]) -> int:
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        return sum(map(measure, (root, *root.children(recursive=True))))
    return 0


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _own_share(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.uss))
    return 0


def usual_memory() -> float:
    """GiB that one process may take unless another limit is given: half of what the machine or the container has."""
    total = int(psutil.virtual_memory().total)
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            total = min(total, int(Path(name).read_text()))
    return round(total / 2**30 / 2, 1)


def words_for(status: int) -> str:
    """How a process ended, after ``"it "``: by a signal, or by a status of its own."""
    if status >= 0:
        return f"ended its process with exit status {status}"
    names = {
        "SIGSEGV": "crashed with a segmentation fault",
        "SIGABRT": "aborted its process",
        "SIGKILL": "was killed, perhaps by the system for want of memory",
    }
    try:
        name = signal.Signals(-status).name
    except ValueError:
        return f"was ended by signal {-status}"
    return f"{names[name]} ({name})" if name in names else f"was ended by {name}"
