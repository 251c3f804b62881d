"""A party in this process: its net, built once, and the graphs captured from it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import torch
from torch import nn

from properties.errors import CandidateError, TargetError, last_line
from properties.graph.ir import OpGraph, Param
from properties.graph.question import AS_IT_IS, Asked, Under
from properties.graph.rules.canonical import canonicalise
from properties.graph.torch.capture import CaptureError, ask, capture
from properties.oracle.parties.lazy import filled, has_lazy_layers, made_for
from properties.oracle.parties.scope import scope_of
from properties.oracle.trials.observe import observe
from properties.oracle.trials.replica import Replica
from properties.oracle.trials.trial import Observation, Trial
from properties.report import Result
from properties.report.words import by
from properties.runs.borrowed import modes_kept
from properties.targets.build import build_net, strangers_code
from properties.targets.inputs import rejection, spec_of, usual_shapes
from properties.targets.modes.devices import note_on_moves
from properties.targets.programs import settled_copy
from properties.targets.target import builder, is_initialised

__all__ = ["LocalParty"]

_BUILDS = 3  # whose fresh tensors are sampled


class LocalParty:
    """A party (see ``parties.party.Party``) whose net is in this process.

    Args:
        build: makes it.
        name: how the report calls it.
        is_reference: whether its errors are the caller's mistake rather than the candidate's.
        rebuildable: whether ``build`` makes a new net each time; an instance is what it is.
        starts_by_itself: whether ``build`` runs the net's own initialisation.
        stage: called with what is about to run, ``"in forward at (2, 3, 224, 224) in eval mode"``.
        asked: kinds of devices that its code asked for so far and this machine lacks.
    """

    def __init__(
        self,
        build: Callable[[], nn.Module],
        name: str,
        *,
        is_reference: bool = False,
        rebuildable: bool = True,
        starts_by_itself: bool = True,
        stage: Callable[[str], None] = lambda stage: None,
        asked: set[str] | None = None,
    ) -> None:
        self.asked = set() if asked is None else asked
        self.build = build
        self.name = name
        self.is_reference = is_reference
        self.rebuildable = rebuildable
        self.starts_by_itself = starts_by_itself
        self.stage = stage
        self.net = build_net(build, name, real=not rebuildable, asked=self.asked)
        self.scope = scope_of(self.net)
        self.params: tuple[Param, ...] = ()  # every registered tensor, from the last capture
        self._channels: int | None = None
        self._asked: dict[tuple[str, tuple[int, ...], str], Asked] = {}
        self.replica = Replica(build, name, rebuildable=rebuildable)

    @classmethod
    def imported(cls, target: str) -> partial[LocalParty]:
        """What builds the party of a target; its code is imported here.

        Raises:
            TargetError: if the target does not exist.
        """
        asked: set[str] = set()
        with strangers_code(asked):
            build = builder(target)
        return partial(cls, build, target, starts_by_itself=is_initialised(target), asked=asked)

    @classmethod
    def of(cls, net: str | Callable[[], nn.Module] | nn.Module, role: str, *, is_reference: bool = False) -> LocalParty:
        """The party that a target, a factory or an instance names.

        Raises:
            TargetError: if the target does not exist.
            CandidateError: if it cannot be built.
            TypeError: if it is none of the three.
        """
        if isinstance(net, nn.Module):
            with strangers_code():
                given = copy.deepcopy(net) if has_lazy_layers(net) else settled_copy(net)
            return cls(lambda: given, f"{role} ({type(net).__name__})", is_reference=is_reference, rebuildable=False)
        if isinstance(net, str):
            return cls.imported(net)(is_reference=is_reference)
        if callable(net):
            name = getattr(net, "__qualname__", role)
            if (held := _held(net, name)) is not None:  # the caller's own, which must stay as it is
                return cls(lambda: held, name, is_reference=is_reference, rebuildable=False)
            return cls(net, name, is_reference=is_reference)
        raise TypeError(f"{role} must be a target, a function that builds a net or a net, got {type(net).__name__}")

    @property
    def num_params(self) -> int:
        """Scalars in parameters, tied ones once."""
        return sum(parameter.numel() for parameter in self.net.parameters())

    @property
    def keys(self) -> tuple[str, ...]:
        """The state_dict's keys, in its order."""
        return tuple(self.net.state_dict())

    def _meet(self, size: tuple[int, ...]) -> None:
        """Layers that take their sizes from the first input get this one."""
        if not has_lazy_layers(self.net):
            return
        self.build = made_for(self.build, size)
        self.replica = Replica(self.build, self.name, rebuildable=self.rebuildable)
        self.stage(f"in forward at {size} in eval mode")
        try:
            with strangers_code(self.asked):
                filled(self.net, size)
        except Exception as error:
            raise CandidateError(f"{self.name} raised in forward at {size}: {last_line(error)}") from error

    def expect(self, method: str, *arguments: Any) -> None:
        """Nothing: a net in this process cannot begin before it is asked."""

    def capture(self, mode: str, size: tuple[int, ...], under: Under = AS_IT_IS) -> OpGraph:
        """Its operators as they are written.

        Raises:
            CandidateError: if it raises or cannot be traced.
            TargetError: if a reference does not accept the size; the message has the smallest that it accepts.
        """
        self._meet(size)
        try:
            found = self._capture(mode, size, under)
            again = _content_unknown(found) != ""
        except (CandidateError, TargetError):  # its code may need the content of a tensor that has none yet
            if not self._can_be_rebuilt:
                raise
            again = True
        if again and self._can_be_rebuilt:
            self.stage("while building")
            self.net = build_net(self.build, self.name, real=True, asked=self.asked)
            found = self._capture(mode, size, under)
        self.params = found.params
        unknown = _content_unknown(found)
        if unknown:
            note = f"the content of {unknown} in {self.name} is not known and was not compared"
            found = replace(found, notes=(*found.notes, note))
        return replace(found, notes=(*found.notes, *note_on_moves(self.name, self.asked)))

    @property
    def _can_be_rebuilt(self) -> bool:
        """Whether the net stands on the meta device and could be built with real tensors instead."""
        return self.rebuildable and any(tensor.is_meta for tensor in (*self.net.parameters(), *self.net.buffers()))

    def _capture(self, mode: str, size: tuple[int, ...], under: Under) -> OpGraph:
        self.stage(f"in forward at {size} in {mode} mode")
        try:
            with strangers_code(self.asked):
                found = capture(self.net, input_shape=size, mode=mode, under=under)
        except CaptureError as error:
            raise self._error(error, mode, size) from error
        except SystemExit as error:
            raise CandidateError(f"{self.name} called sys.exit({error.code!r}) in forward") from error
        if not found.output.inputs:
            raise CandidateError(f"{self.name} returns no tensor in forward at {size} in {mode} mode")
        return found

    def _error(self, error: CaptureError, mode: str, size: tuple[int, ...]) -> Exception:
        if self.is_reference and mode == "eval":
            return rejection(self.net, self.name, spec_of(self.name), (1, *size[1:]), error)
        place = f"in forward at {size} in {mode} mode"
        if error.cause is not None and str(error).startswith("the net raises"):
            return CandidateError(f"{self.name} raised {place}: {last_line(error.cause)}")
        return CandidateError(f"{self.name} cannot be traced {place}: {error}")

    def observe(self, trial: Trial) -> Observation:
        """Run the trial on a copy; what the net raises while it runs stands in the observation.

        Raises:
            CandidateError: if it raises while it is built anew.
        """
        self.stage(f"in forward at {trial.draw.shape} in {trial.mode} mode")
        return observe(self.replica, trial)

    def ask(self, mode: str, size: tuple[int, ...], under: Under = AS_IT_IS) -> Asked:
        """What it asks about the size of its input, and whether it accepts it."""
        self._meet(size)
        key = mode, size, repr(under)
        if key not in self._asked:
            self.stage(f"in forward at {size} in {mode} mode")
            try:
                with strangers_code(self.asked):
                    self._asked[key] = ask(self.net, input_shape=size, mode=mode, under=under)
            except SystemExit as error:
                self._asked[key] = Asked(raised=f"SystemExit: {error.code}")
        return self._asked[key]

    def properties(
        self, size: tuple[int, ...], profile: str, seed: int, implied: tuple[str, ...]
    ) -> tuple[Result, ...]:
        """What came of the properties that are checked on the net alone, on inputs of this size."""
        from properties.oracle.parties.properties import results
        from properties.subject import Subject

        self.stage(f"in the properties at {size}")
        self.replica.let_go()  # they have a net of their own, and two would have to be held
        build = self.build if self.rebuildable else lambda: copy.deepcopy(self.net)
        subject = Subject(build, name=self.name, input_shape=size[1:], rebuildable=True)
        with strangers_code(if_known=True):
            return results(subject, profile=profile, seed=seed, implied=implied)

    def fresh(self, seed: int) -> Observation:
        """Values of every tensor after the net was built anew a few times, or why there are none."""
        if not self.rebuildable:
            return Observation(raised=f"{self.name} was given as it is")
        if not self.starts_by_itself:
            return Observation(raised=f"{self.name} is built without its own initialisation, which takes too long")
        from properties.oracle.trials.samples import sampled

        self.stage("while building")
        found = sampled(self.build, self.name, self.keys, seed=seed, draws=_BUILDS)
        values = {f"values {key}": sample.values for key, sample in found.items()}
        constants = {
            f"constant {key}": torch.tensor(sample.constant, dtype=torch.float64)
            for key, sample in found.items()
            if sample.constant is not None
        }
        return Observation({**values, **constants})

    def input_shape(self) -> tuple[int, ...]:
        """The size of one input that the net is made for, without the batch axis.

        Raises:
            CandidateError: if it accepts none of the usual ones.
        """
        if self.scope.input is not None:
            return self.scope.input[1:]
        if has_lazy_layers(self.net):
            raise CandidateError(
                f"{self.name} has layers that take their sizes from the first input; give its size with --input C,H,W"
            )
        spec = spec_of(self.name) if self.rebuildable else None
        shapes = list(usual_shapes(self.net, spec))
        for shape in shapes:
            sizes = (shape, "eval"), ((2, *shape[1:]), "train")
            both = [(size, mode) for size, mode in sizes if mode in self.scope.modes]
            if all(self.accepts(size, mode) is True for size, mode in both if mode == "eval" or self._can_be_rebuilt):
                return shape[1:]
        tried = ", ".join(by(shape[1:]) for shape in shapes) or "nothing"
        raise CandidateError(
            f"{self.name} accepts none of the usual inputs ({tried}); give its size with --input C,H,W"
        )

    def with_own_channels(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """The size, with the channels of the net's first layer where it rejects those given."""
        self._meet(size)
        if self._channels is None:
            first = next(usual_shapes(self.net, None), size)
            differs = len(first) == len(size) and first[1] != size[1]
            self._channels = first[1] if differs and self.accepts(size) is not True else size[1]
        return (size[0], self._channels, *size[2:])

    def accepts(self, size: tuple[int, ...], mode: str = "eval") -> bool | str:
        """True, or the last line of what the net raises."""
        self._meet(size)
        answer = self._accepts(size, mode)
        if answer is not True and "meta" in answer and self._can_be_rebuilt:  # it can be recorded, but not called there
            self.stage("while building")
            self.net = build_net(self.build, self.name, real=True, asked=self.asked)
            answer = self._accepts(size, mode)
        return answer

    def _accepts(self, size: tuple[int, ...], mode: str) -> Literal[True] | str:
        sample = next((p for p in (*self.net.parameters(), *self.net.buffers()) if p.is_floating_point()), None)
        device, dtype = (
            (sample.device, sample.dtype) if sample is not None else (torch.device("cpu"), torch.get_default_dtype())
        )
        tensors = [tensor for tensor in (*self.net.parameters(), *self.net.buffers()) if not tensor.is_meta]
        before = [tensor.detach().clone() for tensor in tensors]  # statistics move in train mode
        self.stage(f"in forward at {size} in {mode} mode")
        try:
            with modes_kept(self.net), strangers_code(), torch.no_grad():
                self.net.train(mode == "train")(torch.zeros(size, device=device, dtype=dtype))
        except Exception as error:
            return last_line(error)
        finally:
            with torch.no_grad():
                for tensor, content in zip(tensors, before, strict=True):
                    tensor.copy_(content)
        return True


def _held(build: Callable[[], nn.Module], name: str) -> nn.Module | None:
    """The net that a function returns each time, if it makes no new ones."""
    first = build_net(build, name)
    has_memory = any(not tensor.is_meta for tensor in (*first.parameters(), *first.buffers()))
    return first if has_memory and build_net(build, name) is first else None


def _content_unknown(captured: OpGraph) -> str:
    """Names of the buffers and constants that the net computes with and whose content the capture did not see."""
    graph = canonicalise(captured).graph  # without what nothing reads
    names = [graph.label(p) for p, op in graph.of_kind("constant") if op.attributes["digest"] is None]
    for op in graph.ops:
        owned = [param for role, param in op.params.items() if role not in ("running_mean", "running_var")]
        names += [param.key for param in owned if param.kind != "parameter" and param.digest is None]
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
