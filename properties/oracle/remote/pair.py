"""The two processes of a check, from the one that watches them: forked from one where that is safe, else started."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from properties.isolation.processes import end_all, start
from properties.isolation.warm import Warm

__all__ = ["Pair", "Process"]

_FORK = "properties.oracle.remote.fork:run"


class Process(Protocol):
    """One process; ``subprocess.Popen`` is one."""

    pid: int

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""


class _Forked:
    """A process that ``fork`` made, which tells its pid and how it ends. The pid is 0 until it has started."""

    def __init__(self) -> None:
        self.pid = 0
        self.status: int | None = None

    def poll(self) -> int | None:
        return self.status


class Pair:
    """Judge and candidate.

    Args:
        mark: in the environment of all that is started.
        warm: a process to fork from which has imported what both need; None to start from scratch.
    """

    def __init__(self, mark: str, warm: Warm | None = None) -> None:
        self.mark = mark
        self._begin = start if warm is None else warm.start
        self._forked = {"candidate": _Forked(), "judge": _Forked()}
        self.candidate: Process = self._forked["candidate"]
        self.judge: Process = self._forked["judge"]
        self.waiter: Process | None = None
        self._line = b""

    def start(
        self,
        setups: Mapping[str, Mapping[str, Any]],
        *,
        lifeline: int,
        folder: str,
        listen: Callable[[Callable[[bytes], None]], int],
    ) -> None:
        """Start both.

        Args:
            setups: of ``"candidate"`` and ``"judge"``, as ``child.main`` gets them, with ``output`` and ``keeps``: a
                descriptor for what it prints, and all others that it is left with.
            lifeline: a descriptor that ends when this process does.
            folder: to be removed then.
            listen: gives a descriptor to write to, and calls the function with what is written there.
        """
        common = {"lifeline": lifeline, "folder": folder, "mark": self.mark}
        if sys.platform == "linux":
            self._fork({**common, "role": _FORK, "processes": setups, "ends": listen(self._on_ends)})
        else:
            self._start(setups["candidate"], setups["judge"], common)

    def _fork(self, setup: Mapping[str, Any]) -> None:
        processes = setup["processes"].values()
        kept = {descriptor for one in processes for descriptor in (*one["keeps"], one["output"])}
        self.waiter = self._begin(
            setup,
            descriptors=(*kept, setup["ends"], setup["lifeline"]),
            output=setup["processes"]["judge"]["output"],
            mark=self.mark,
        )

    def _start(self, theirs: Mapping[str, Any], ours: Mapping[str, Any], common: Mapping[str, Any]) -> None:
        mark = f"{self.mark}:candidate"
        self.candidate = start(theirs, descriptors=theirs["keeps"], output=theirs["output"], mark=mark)
        guarding = {**common, "leader": self.candidate.pid, "mark": mark}
        self.judge = start(
            {**ours, "guarding": guarding},
            descriptors=(*ours["keeps"], common["lifeline"]),
            output=ours["output"],
            mark=f"{self.mark}:judge",
        )

    def _on_ends(self, piece: bytes) -> None:
        *lines, self._line = (self._line + piece).split(b"\n")
        for line in lines:
            first, _, second = line.decode().partition(" ")
            if first in self._forked:
                self._forked[first].pid = int(second)
                continue
            for side in self._forked.values():
                if side.pid == int(first):
                    side.status = int(second)

    def broken(self) -> int | None:
        """The exit status of the process that both were to be forked from; None while it runs, or if there is none."""
        return None if self.waiter is None else self.waiter.poll()

    def end_candidate(self) -> None:
        """End what the candidate's process, which has ended, left behind."""
        adopted_by = None if self.waiter is None else self.waiter.pid
        end_all([self.candidate.pid], f"{self.mark}:candidate", adopted_by=adopted_by, but=self.judge.pid)

    def end(self) -> None:
        """End all of them and all that they started."""
        running = [side for side in (self.waiter, self.candidate, self.judge) if side is not None]
        end_all([side.pid for side in running if side.pid], self.mark)
        for side in running:
            if isinstance(side, subprocess.Popen):
                side.wait()

    def wait_for_candidate(self, seconds: float, hear: Callable[[float], None]) -> int | None:
        """The candidate's exit status, if it ends within that time.

        Args:
            seconds: how long.
            hear: called to listen for a while.
        """
        until = time.monotonic() + seconds
        while self.candidate.poll() is None and (left := until - time.monotonic()) > 0:
            hear(min(left, 0.05))
        return self.candidate.poll()
