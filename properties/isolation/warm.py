"""A process that has imported what many others need: they are forked from it, so that each import is paid once.

It imports, forks and tells how what it forked has ended; it runs nobody's code. Each process that it forks is in all
else like one that ``processes.start`` starts: its own session, environment, folder and descriptors. On Linux alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from properties.isolation.child import main, named
from properties.isolation.processes import environment, outlive_nobody, start

__all__ = ["Forked", "Warm", "serve", "warm"]

_LONGEST = 2**20  # bytes of a setup with its environment
_MOST = 64  # descriptors that it comes with
_GLANCE = 0.02  # seconds between two looks at what has ended
_ROLE = "properties.isolation.warm:serve"


class Forked:
    """A process that was forked from the warm one; what its starter asks of it is what ``subprocess.Popen`` has."""

    def __init__(self, pid: int, hear: Callable[[], Mapping[int, int]]) -> None:
        self.pid = pid
        self._hear = hear

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self._hear().get(self.pid)


class Warm:
    """The warm process, from the one that starts others by it.

    Args:
        process: it.
        control: a socket with ``serve`` at its other end.
    """

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket) -> None:
        self._process = process
        self._control = control
        self._ended: dict[int, int] = {}

    def start(
        self, setup: Mapping[str, Any], *, descriptors: tuple[int, ...], output: int, mark: str
    ) -> Forked | subprocess.Popen[bytes]:
        """What ``processes.start`` does, from the warm process; from scratch if that is gone."""
        told = {"setup": {**setup, "path": sys.path}, "descriptors": [*descriptors, output], "folder": os.getcwd()}
        message = json.dumps({**told, "environment": environment(mark)}).encode()
        try:
            socket.send_fds(self._control, [message], [*descriptors, output])
            while (line := self._control.recv(_LONGEST)).startswith(b"ended"):
                self._take(line)
        except OSError:
            line = b""
        if not line:
            return start(setup, descriptors=descriptors, output=output, mark=mark)
        return Forked(int(line), self._hear)

    def _hear(self) -> Mapping[int, int]:
        """How those ended that have."""
        while select.select([self._control], [], [], 0)[0]:
            line = b""
            with contextlib.suppress(OSError):
                line = self._control.recv(_LONGEST)
            if not line:  # it is gone, and with it whoever could tell
                break
            self._take(line)
        return self._ended

    def _take(self, line: bytes) -> None:
        _, pid, status = line.split()
        self._ended[int(pid)] = int(status)


@contextmanager
def warm(prepare: str, setup: Mapping[str, Any], mark: str) -> Iterator[Warm | None]:
    """A warm process that runs inside; None where there is none to be had.

    Args:
        prepare: ``module:function``, called with the setup: it imports, and starts no thread.
        setup: plain data.
        mark: the value of ``MARK`` in its own environment.
    """
    if sys.platform != "linux":
        yield None
        return
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, open(os.devnull, "wb") as nowhere:
        with theirs:
            asked = {**setup, "role": _ROLE, "prepare": prepare, "control": theirs.fileno()}
            process = start(asked, descriptors=(theirs.fileno(),), output=nowhere.fileno(), mark=mark)
        try:
            yield Warm(process, ours)
        finally:
            process.kill()
            process.wait()


def serve(setup: Mapping[str, Any]) -> NoReturn:
    """Import, then fork what is asked for until nobody asks any more."""
    outlive_nobody()
    control = socket.socket(fileno=setup["control"])
    named(setup["prepare"])(setup)
    while True:
        if select.select([control], [], [], _GLANCE)[0]:
            message, descriptors, _, _ = socket.recv_fds(control, _LONGEST, _MOST)
            if not message:
                os._exit(0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about threads: numpy's own end before a fork
                pid = os.fork()
            if not pid:
                _become(json.loads(message), descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            control.send(str(pid).encode())
        with contextlib.suppress(ChildProcessError):  # there is none
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                control.send(f"ended {ended[0]} {os.waitstatus_to_exitcode(ended[1])}".encode())


def _become(told: Mapping[str, Any], descriptors: list[int]) -> NoReturn:
    """Turn into the process that was asked for: nothing of the warm one is left open, and nothing of its settings."""
    try:
        os.setsid()
        wanted = told["descriptors"]
        above = max(*wanted, *descriptors, 2) + 1
        moved = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, above) for descriptor in descriptors]
        for number, descriptor in zip(wanted, moved, strict=True):
            os.dup2(descriptor, number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for standard in (1, 2):
            os.dup2(wanted[-1], standard)
        for number in {int(name) for name in os.listdir("/proc/self/fd")} - {0, 1, 2, *wanted[:-1]}:
            with contextlib.suppress(OSError):
                os.close(number)
        os.environ.clear()
        os.environ.update(told["environment"])
        os.chdir(told["folder"])
        sys.path[:] = told["setup"]["path"]
        main(told["setup"])
    finally:
        os._exit(1)
