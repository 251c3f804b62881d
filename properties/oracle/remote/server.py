"""The other end of a ``RemoteParty``: a stranger's net, which answers what it is asked and names the stage it is in."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from properties.errors import CandidateError, TargetError, last_line, readable
from properties.graph.ir import OpGraph
from properties.isolation import wire
from properties.oracle.parties.front_ends import imported
from properties.oracle.parties.party import Party
from properties.oracle.remote.surroundings import Surroundings
from properties.oracle.remote.tensor_files import leave
from properties.oracle.trials.trial import Observation
from properties.targets.libraries import torchvision_note

__all__ = ["Server"]


class Server:
    """Builds a target and answers for it.

    Args:
        target: what to build.
        channel: a descriptor; requests come and answers go through it.
        folder: where tensors are left.
        say: called with each stage as it begins, ``"while importing"``.
    """

    def __init__(self, target: str, channel: int, folder: Path, say: Callable[[str], None]) -> None:
        self.target = target
        self.channel = channel
        self.folder = folder
        self.say = say
        self.stage = ""
        self.party: Party | None = None
        self.failure: bytes = b""
        self.expected: dict[bytes, bytes] = {}  # answers found before they were asked for, by request
        self.surroundings = Surroundings()
        self.files = 0

    def run(self) -> None:
        """Build the net, then answer until nobody asks any more."""
        try:
            self.party = self._built()
        except BaseException as error:  # a stranger may raise anything, and what it raises is the answer
            self.failure = self._blame(error)
        while True:
            try:
                request = wire.receive(self.channel)
            except (EOFError, OSError):
                return
            if request.startswith(b"expect "):
                self._expect(request.removeprefix(b"expect "))
            else:
                answer = self.expected.pop(request, None) or self._answer(request)
                wire.send(self.channel, answer)

    def _enter(self, stage: str) -> None:
        self.stage = stage
        self.say(stage)

    def _built(self) -> Party:
        self._enter("while importing")
        path = list(sys.path)
        build = imported(self.target)
        sys.path += [entry for entry in path if entry not in sys.path]  # torch imports more when it traces
        self.surroundings.look("importing")
        self._enter("while building")
        return build(stage=self._enter)

    def _expect(self, request: bytes) -> None:
        method, arguments = self._parsed(request)
        if method in ("ask", "capture") and self.party is not None:
            asked = b"with_own_channels\n" + wire.dumps(arguments[1:])
            self.expected[asked] = self._answer(asked)
            if self.expected[asked].startswith(b"+"):
                size = wire.loads(tuple[int, ...], self.expected[asked][1:])
                request = method.encode() + b"\n" + wire.dumps((arguments[0], size, *arguments[2:]))
        self.expected[request] = self._answer(request)

    def _answer(self, request: bytes) -> bytes:
        if self.party is None:
            return self.failure
        try:
            method, arguments = self._parsed(request)
            found = getattr(self.party, method)
            value = found(*arguments) if arguments or callable(found) else found
            return b"+" + wire.dumps(self._sent(value))
        except BaseException as error:  # as above
            return self._blame(error)

    def _sent(self, value: Any) -> Any:
        """What goes over the wire: graphs with notes on what the code changed, tensors in a file."""
        self.surroundings.look("running")
        if isinstance(value, OpGraph):
            note = torchvision_note()
            notes = (*value.notes, *([note] if note else []), *self.surroundings.notes(self.target))
            return replace(value, notes=tuple(dict.fromkeys(notes)))
        if isinstance(value, Observation) and value.tensors:
            return replace(value, tensors=self._left(value))
        return value

    def _left(self, observation: Observation) -> dict[str, tuple[Any, ...]]:
        self.files += 1  # several may wait to be read
        entries = leave(observation.tensors.values(), self.folder / f"{self.files}.tensors")
        return {name: (self.files, *entry) for name, entry in zip(observation.tensors, entries, strict=True)}

    def _blame(self, error: BaseException) -> bytes:
        """The answer that a stranger's exception is."""
        if isinstance(error, TargetError):
            return b"-" + wire.dumps(("target", readable(error, limit=2000)))
        if isinstance(error, CandidateError):
            return b"-" + wire.dumps(("candidate", readable(error, limit=2000)))
        if isinstance(error, SystemExit):
            did = f"called sys.exit({readable(error)}) {self.stage}"
        else:
            did = f"raised {self.stage}: {last_line(error)}"
        return b"-" + wire.dumps(("candidate", f"{self.target} {did}"))

    @staticmethod
    def _parsed(request: bytes) -> tuple[str, tuple[Any, ...]]:
        method, _, text = request.partition(b"\n")
        member = getattr(Party, method.decode())
        hints = typing.get_type_hints(member.fget if isinstance(member, property) else member)
        kinds = tuple(kind for name, kind in hints.items() if name != "return")
        return method.decode(), wire.loads(types.GenericAlias(tuple, kinds), text)
