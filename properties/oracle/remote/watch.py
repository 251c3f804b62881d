"""A check in processes of their own: what a stranger's code does, it does where it cannot hurt the report.

This process loads no torch, watches time and memory, and is told the stages. The judge builds the reference and
compares. The candidate's process runs the stranger's code and answers the judge, in plain data. On Linux both are
forked from a third, which has imported torch and nothing of theirs (``fork``). All that they start ends with the
check, and also when this process is killed.

This keeps mistakes from doing harm: crashes, endless loops, stray output, changed settings. It is no sandbox: the code
has the rights of the person who runs it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from properties.errors import TargetError, readable
from properties.isolation import wire
from properties.isolation.limits import Limits
from properties.isolation.pipes import Pipes
from properties.isolation.processes import takes_more, words_for
from properties.isolation.tail import Tail
from properties.isolation.warm import Warm, warm
from properties.oracle.remote.checked import Checked, without_verdict
from properties.oracle.remote.pair import Pair
from properties.report import Report
from properties.report.timings import Clock
from properties.request import Request
from properties.targets.target import parse, require_there

__all__ = ["check_isolated", "warmed_up"]

_CANDIDATE, _JUDGE = "properties.oracle.remote.candidate:run", "properties.oracle.remote.judge:run"
_PREPARE = "properties.oracle.remote.fork:prepare"
_GLANCE = 0.2  # seconds between two looks at memory
_LAST_WORDS = 2.0  # seconds for a process to be seen ending after its connection broke


def check_isolated(
    candidate: str, reference: str, request: Request, limits: Limits | None = None, by: Warm | None = None
) -> Checked:
    """Hold a candidate against a reference, each in a process of its own; there is a report whatever happens.

    Args:
        candidate: a target.
        reference: a target; its code is trusted as far as ``check`` trusts it.
        request: what is asked.
        limits: of time and memory.
        by: of ``warmed_up``, where more checks than one are made.
    """
    try:
        for target in (reference, candidate):  # what is misspelt is said at once
            require_there(parse(target))
    except TargetError as error:
        return Checked(without_verdict(candidate, reference, request, str(error)), "")
    watch = _Watch(candidate, reference, limits or Limits(timeout=request.profile.timeout), request.progress, by)
    with watch.running(request.to_plain()):
        report, why = watch.result()
    return Checked(report or without_verdict(candidate, reference, request, why), watch.output.text())


@contextlib.contextmanager
def warmed_up(targets: Sequence[str]) -> Iterator[Warm | None]:
    """For several checks: a process that imports once what all of them need; their processes are forked from it.

    Args:
        targets: of all the checks, candidates and references, each as often as it is one.
    """
    with warm(_PREPARE, {"targets": list(targets)}, secrets.token_hex(8)) as found:
        yield found


class _Watch:
    """Both processes of one check, from here."""

    def __init__(
        self,
        candidate: str,
        reference: str,
        limits: Limits,
        progress: Clock,
        by: Warm | None,
    ) -> None:
        self.names = {"candidate": candidate, "reference": reference}
        self.limits = limits
        self.progress = progress
        self.began = time.monotonic()
        self.pair = Pair(secrets.token_hex(8), by)
        self.output = Tail()
        self.faults = Tail()  # what the judge prints; nobody asks for it
        self.stage = "while its process started"
        self.judging = "starting"
        self.waits = False  # whether the judge waits for the candidate
        self.frames = wire.Frames()
        self.line = b""
        self.verdict: tuple[Report | None, str | None] | None = None
        self.lost = False
        self.ended: int | None = None  # the candidate's exit status
        self.glanced = self.began

    # ------------------------------------------------------------------------------------------------------- processes
    @contextlib.contextmanager
    def running(self, request: Mapping[str, Any]) -> Iterator[None]:
        """Both processes run inside; afterwards nothing of them is left."""
        with contextlib.ExitStack() as stack:
            folder = _private_folder()
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            self.pipes = Pipes(stack)
            ours, theirs = (stack.enter_context(end) for end in socket.socketpair())
            lifeline, _held = self._pipe(stack)
            common = {**self.names, "folder": str(folder), "memory": self.limits.memory, "began": self.began}
            with contextlib.ExitStack() as passed:  # ends that are theirs alone
                stages = self.pipes.listen(passed, self._on_stages)
                output = self.pipes.listen(passed, self.output.feed)
                reports = self.pipes.listen(passed, self._on_reports)
                faults = self.pipes.listen(passed, self.faults.feed)
                candidate = {"role": _CANDIDATE, "channel": theirs.fileno(), "stages": stages, "output": output}
                judge = {"role": _JUDGE, "channel": ours.fileno(), "reports": reports, "output": faults}
                stack.callback(self._end)
                self.pair.start(
                    {
                        "candidate": {**common, **candidate, "keeps": (theirs.fileno(), stages)},
                        "judge": {**common, **judge, "keeps": (ours.fileno(), reports), "request": request},
                    },
                    lifeline=lifeline,
                    folder=str(folder),
                    listen=lambda handle: self.pipes.listen(passed, handle),
                )
            ours.close()
            theirs.close()
            yield

    @staticmethod
    def _pipe(stack: contextlib.ExitStack) -> tuple[int, int]:
        ends = os.pipe()
        for end in ends:
            stack.callback(os.close, end)
        return ends

    def _end(self) -> None:
        self.pair.end()
        self.pipes.hear(0)

    # --------------------------------------------------------------------------------------------------------- watching
    def result(self) -> tuple[Report | None, str | None]:
        """Wait for the report, or for what stands in its way."""
        while self.verdict is None:
            self.pipes.hear(max(0.0, min(_GLANCE, self.began + self.limits.timeout - time.monotonic())))
            if self.verdict is None:
                self.verdict = self._stopped()
        return self.verdict

    def _on_stages(self, piece: bytes) -> None:
        """The candidate's process names its stages, a line each; whatever else comes is only shown."""
        *lines, self.line = (self.line + piece)[-2000:].split(b"\n")
        if lines:
            self.stage = readable(lines[-1].decode(errors="backslashreplace"))
            self._show()

    def _on_reports(self, piece: bytes) -> None:
        try:
            self._take(list(self.frames.feed(piece)))
        except wire.WireError as error:  # a reference's code can write there too
            self.verdict = None, f"the check itself failed: {error}"

    def _take(self, messages: list[bytes]) -> None:
        for message in messages:
            kind, text = message[:1], message[1:]
            if kind == b"r":
                self.verdict = wire.loads(Report, text), None
            elif kind == b"e":
                self.verdict = None, text.decode(errors="backslashreplace")
            elif kind == b"l":
                self.lost = True
            elif kind == b"s":
                self.judging = readable(text.decode(errors="backslashreplace"))
                self.progress(self.judging)
            else:
                self.waits = kind == b"w"
                self._show()

    def _show(self) -> None:
        """The candidate's stage, while it is what is waited for."""
        if self.waits:
            self.progress.announce(f"{self.names['candidate']}: {self.stage}")

    def _stopped(self) -> tuple[None, str] | None:
        """Why there will be no report, as soon as that is certain."""
        name, now = self.names["candidate"], time.monotonic()
        pair = self.pair
        if self.ended is None and pair.candidate.poll() is not None:
            self.ended = pair.candidate.poll()
            pair.end_candidate()  # its children hold the wire open
        if self.lost:
            ended = pair.wait_for_candidate(_LAST_WORDS, self.pipes.hear)
            if ended is None:
                return None, f"{name} closed the connection that it is judged through, {self.stage}"
            return None, f"{name} {words_for(ended)}, {self.stage}"
        status = pair.judge.poll()
        if status is not None:
            self.pipes.hear(0)
            if self.verdict is None and not self.lost:
                return None, f"{self.names['reference']} {words_for(status)}, {self.judging}"
            return None
        status = pair.broken()
        if status is not None:
            return None, f"the process that both nets were started by {words_for(status)}, {self.judging}"
        if now >= self.began + self.limits.timeout:
            within = f"within {self.limits.timeout:g} s (--timeout)"
            if self.waits:
                return None, f"{name} did not finish {self.stage} {within}"
            return None, f"the check of {name} did not finish {self.judging} {within}"
        if now >= self.glanced + _GLANCE:
            self.glanced = now
            return self._too_large()
        return None

    def _too_large(self) -> tuple[None, str] | None:
        watched = (
            ("candidate", self.pair.candidate, self.stage),
            ("reference", self.pair.judge, self.judging),
        )
        for side, process, stage in watched:
            if process.pid and takes_more(process.pid, self.limits.memory * 2**30):
                limit = f"{self.limits.memory:g} GiB of memory (--memory)"
                return None, f"{self.names[side]} took more than {limit}, {stage}"
        return None


def _private_folder() -> Path:
    """A new folder that only this user reads, in memory where there is room."""
    memory = Path("/dev/shm")
    with contextlib.suppress(OSError):
        if shutil.disk_usage(memory).free > 2**31:
            return Path(tempfile.mkdtemp(prefix="archproof-", dir=memory))
    return Path(tempfile.mkdtemp(prefix="archproof-"))
