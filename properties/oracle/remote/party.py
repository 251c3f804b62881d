"""A net in another process, asked through a descriptor; everything that comes from there is checked first."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from properties.errors import CandidateError, TargetError, readable
from properties.graph.ir import OpGraph, Param
from properties.graph.question import AS_IT_IS, Asked, Query, Under
from properties.isolation import wire
from properties.oracle.parties.scope import MODES, Scope
from properties.oracle.trials.trial import Observation, Trial
from properties.report import Result

__all__ = ["CandidateLost", "RemoteParty"]


class CandidateLost(CandidateError):
    """The other process does not answer any more; why is for the one who started it to say."""


class RemoteParty:
    """A party (see ``parties.party.Party``) that lives in another process.

    Args:
        channel: a descriptor to ask through, with a ``server.Server`` at its other end.
        name: how the report calls it.
        folder: where it leaves tensors.
        waiting: called with True before every wait for an answer, with False after it.
    """

    is_reference = False

    def __init__(self, channel: int, name: str, folder: Path, waiting: Callable[[bool], None]) -> None:
        self.channel = channel
        self.name = name
        self.folder = folder
        self.waiting = waiting
        self.params: tuple[Param, ...] = ()

    @property
    def num_params(self) -> int:
        """Scalars in parameters, tied ones once."""
        return int(self._ask("num_params", int))

    @property
    def keys(self) -> tuple[str, ...]:
        """The state_dict's keys, in its order."""
        return tuple(self._ask("keys", tuple[str, ...]))

    @cached_property
    def scope(self) -> Scope:
        """The modes that it has and, where it takes one input only, the size of that."""
        scope: Scope = self._ask("scope", Scope)
        if not set(scope.modes) <= set(MODES):
            raise self._broken(f"it has the modes {scope.modes}")
        return replace(scope, why=readable(scope.why))

    def input_shape(self) -> tuple[int, ...]:
        """The size of one input that the net is made for, without the batch axis."""
        return tuple(self._ask("input_shape", tuple[int, ...]))

    def with_own_channels(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """The size, with the channels of the net's first layer where it rejects those given."""
        return tuple(self._ask("with_own_channels", tuple[int, ...], size))

    def accepts(self, size: tuple[int, ...], mode: str = "eval") -> bool | str:
        """True, or the last line of what the net raises at this size."""
        answer: bool | str = self._ask("accepts", bool | str, size, mode)
        return readable(answer) if isinstance(answer, str) else answer

    def capture(self, mode: str, size: tuple[int, ...], under: Under = AS_IT_IS) -> OpGraph:
        """Its operators as they are written."""
        graph: OpGraph = self._ask("capture", OpGraph, mode, size, under)
        fault = _fault(graph)
        if fault is not None:
            raise self._broken(fault)
        self.params = graph.params
        asked = None if graph.asked is None else _readable(graph.asked)
        return replace(graph, notes=tuple(map(readable, graph.notes)), asked=asked)

    def ask(self, mode: str, size: tuple[int, ...], under: Under = AS_IT_IS) -> Asked:
        """What it asks about the size of its input, and whether it accepts it."""
        asked: Asked = self._ask("ask", Asked, mode, size, under)
        return _readable(asked)

    def observe(self, trial: Trial) -> Observation:
        """Run the trial; tensors come through a file, which holds nothing but their bytes."""
        return self._observation("observe", trial)

    def fresh(self, seed: int) -> Observation:
        """Values of every tensor after the net was built anew a few times."""
        return self._observation("fresh", seed)

    def properties(
        self, size: tuple[int, ...], profile: str, seed: int, implied: tuple[str, ...]
    ) -> tuple[Result, ...]:
        """What came of the properties that are checked on the net alone."""
        return tuple(self._ask("properties", tuple[Result, ...], size, profile, seed, implied))

    def expect(self, method: str, *arguments: Any) -> None:
        """Have it begin with what will be asked for soon."""
        if method in ("ask", "capture") and len(arguments) == 2:
            arguments = (*arguments, AS_IT_IS)  # as they will be asked for, word for word
        self._send("expect " + method, arguments)

    def _observation(self, method: str, *arguments: Any) -> Observation:
        observation: Observation = self._ask(method, Observation, *arguments)
        tensors = self._tensors(observation.tensors) if observation.tensors else {}
        return Observation(tensors, None if observation.raised is None else readable(observation.raised))

    def _ask(self, method: str, kind: Any, *arguments: Any) -> Any:
        self._send(method, arguments)
        self.waiting(True)
        try:
            answer = wire.receive(self.channel)
            if answer[:1] == b"+":
                return wire.loads(kind, answer[1:])
            blame, message = wire.loads(tuple[str, str], answer[1:])
        except wire.WireError as error:
            raise self._broken(str(error)) from error
        except (EOFError, OSError) as error:
            raise CandidateLost(f"{self.name} does not answer") from error
        finally:
            self.waiting(False)
        raise (TargetError if blame == "target" else CandidateError)(readable(message, limit=2000))

    def _send(self, method: str, arguments: tuple[Any, ...]) -> None:
        try:
            wire.send(self.channel, method.encode() + b"\n" + wire.dumps(arguments))
        except OSError as error:
            raise CandidateLost(f"{self.name} does not answer") from error

    def _broken(self, why: str) -> CandidateError:
        return CandidateError(f"{self.name} interferes with the check: {readable(why)}")

    def _tensors(self, named: Mapping[str, Any]) -> dict[str, Any]:
        """Read the file that the other process named, and remove it."""
        from properties.oracle.remote.tensor_files import take

        rows = list(named.values())
        number = rows[0][0] if isinstance(rows[0], tuple) and rows[0] else None
        if type(number) is not int or not all(isinstance(row, tuple) and row[:1] == (number,) for row in rows):
            raise self._broken("it names no file of tensors")
        path = self.folder / f"{number}.tensors"
        try:
            return dict(zip(named, take(path, [row[1:] for row in rows]), strict=True))
        except (OSError, ValueError) as error:
            raise self._broken(f"its tensors cannot be read ({error})") from error
        finally:
            with contextlib.suppress(OSError):
                path.unlink()


def _readable(asked: Asked) -> Asked:
    """The same, with nothing in it that a terminal would take for a command."""
    questions = [
        replace(each, where=readable(each.where), text=readable(each.text), module=readable(each.module))
        for each in asked.questions
    ]
    return Asked(
        questions=tuple(questions),
        raised=None if asked.raised is None else readable(asked.raised),
        calls=readable(asked.calls),
        queries=tuple(Query(readable(each.name), readable(each.where), readable(each.text)) for each in asked.queries),
        kept=tuple(replace(each, name=readable(each.name)) for each in asked.kept),
    )


def _fault(graph: OpGraph) -> str | None:
    """What is wrong with a graph whose parts have the right types, or None."""
    if not graph.ops or graph.output.kind != "output":
        return "its graph returns nothing"
    if graph.mode not in ("eval", "train"):
        return f"its graph has the mode {graph.mode!r}"
    for position, op in enumerate(graph.ops):
        if not all(0 <= source < position for source in op.inputs):
            return f"operator {position} of its graph reads what comes after it"
    return None
