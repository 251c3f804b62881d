"""One job that runs a stranger's code, done in a process of its own, watched for time and memory. Loads no torch.

What needs more than an answer, such as two processes that talk to each other, starts them by itself.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from properties.errors import readable
from properties.isolation import wire
from properties.isolation.child import keep_copies_off, limit_memory, named
from properties.isolation.limits import Limits
from properties.isolation.pipes import Pipes
from properties.isolation.processes import end_all, outlive_nobody, start, takes_more, words_for
from properties.isolation.tail import Tail

__all__ = ["Done", "run_apart", "serve"]

_GLANCE = 0.2  # seconds between two looks at memory


class Done(NamedTuple):
    """What came of a job.

    Args:
        answer: what it answered; None if it ended without one.
        error: why there is none, in one line that begins with a verb.
        output: what was printed in its process.
    """

    answer: bytes | None
    error: str
    output: str


def run_apart(
    job: str, arguments: Mapping[str, Any], limits: Limits, progress: Callable[[str], None] = lambda stage: None
) -> Done:
    """Call a function in a process of its own; nothing of it is left afterwards.

    Args:
        job: ``module:function``, called with the arguments and with a function that is told each stage as it begins;
            it returns ``bytes``.
        arguments: JSON's own types.
        limits: of time and memory.
        progress: called with the name of each stage as it begins.
    """
    mark = secrets.token_hex(8)
    with contextlib.ExitStack() as stack:
        watched = _Job(limits, progress, Pipes(stack))
        with contextlib.ExitStack() as passed:
            answers, output = (watched.pipes.listen(passed, handle) for handle in (watched.hear, watched.output.feed))
            setup = {
                "role": f"{__name__}:serve",
                "job": job,
                "arguments": arguments,
                "answers": answers,
                "memory": limits.memory,
            }
            process = start(setup, descriptors=(answers,), output=output, mark=mark)
        try:
            answer, error = watched.result(process.pid, process.poll)
        finally:
            end_all([process.pid], mark)
            process.wait()
            with contextlib.suppress(wire.WireError):
                watched.pipes.hear(0)  # the last of what it printed
    return Done(answer, error, watched.output.text())


class _Job:
    """A job, from the process that waits for it."""

    def __init__(self, limits: Limits, progress: Callable[[str], None], pipes: Pipes) -> None:
        self.limits = limits
        self.progress = progress
        self.pipes = pipes
        self.output = Tail()
        self.frames = wire.Frames()
        self.stage = "while its process started"
        self.answer: bytes | None = None

    def hear(self, piece: bytes) -> None:
        """Stages and the answer."""
        for message in self.frames.feed(piece):
            kind, text = message[:1], message[1:]
            if kind == b"a":
                self.answer = text
            else:
                self.stage = readable(text.decode(errors="backslashreplace"))
                self.progress(self.stage)

    def result(self, pid: int, poll: Callable[[], int | None]) -> tuple[bytes | None, str]:
        """Wait for the answer, or for what stands in its way."""
        until = time.monotonic() + self.limits.timeout
        glanced = time.monotonic()
        while True:
            status = poll()  # before what it said is read, so that nothing is missed
            try:
                self.pipes.hear(0 if status is not None else min(_GLANCE, max(0.0, until - time.monotonic())))
            except wire.WireError as error:  # a stranger's code can write there too
                return None, f"broke the connection: {error}"
            if self.answer is not None:
                return self.answer, ""
            if status is not None:
                return None, f"{words_for(status)}, {self.stage}"
            if time.monotonic() >= until:
                return None, f"did not finish {self.stage} within {self.limits.timeout:g} s (--timeout)"
            if time.monotonic() >= glanced + _GLANCE:
                glanced = time.monotonic()
                if takes_more(pid, self.limits.memory * 2**30):
                    return None, f"took more than {self.limits.memory:g} GiB of memory (--memory), {self.stage}"


def serve(setup: Mapping[str, Any]) -> None:
    """In the other process: call the function with its arguments and send what it returns, ``bytes``."""
    outlive_nobody()
    answers = setup["answers"]
    keep_copies_off(answers)

    def say(stage: str) -> None:
        wire.send(answers, b"s" + stage.encode(errors="backslashreplace"))

    say("loading torch")
    function = named(setup["job"])
    limit_memory(setup["memory"])
    wire.send(answers, b"a" + function(setup["arguments"], say))
