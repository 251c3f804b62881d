"""The ways from a net to a trace, and which is taken when.

A net is recorded. What a recording does not show (scripted parts, operators without a meta kernel, code that asks for
the content of tensors or for the device) goes by torch.export, which costs ten to twenty forward passes more, and what
that refuses by make_fx. Each trace that was not recorded says so in a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from properties.graph.question import Under
from properties.graph.torch.asking.listener import Listener
from properties.graph.torch.autograd import Witness
from properties.graph.torch.make_fx import trace_by_make_fx
from properties.graph.torch.recording.predispatch import obstacle
from properties.graph.torch.recording.recorder import Recording, record
from properties.graph.torch.recording.values import Unrecordable, is_refusal
from properties.graph.torch.trace import Trace

__all__ = ["Way", "by_export", "by_recording", "ways"]


@dataclass(frozen=True)
class Way:
    """One attempt at a trace.

    Args:
        name: how a reader calls it.
        trace: makes it.
        gradients: whether they are on; some writes in place are legal without them only.
    """

    name: str
    trace: Callable[[nn.Module, Tensor, Witness], Trace]
    gradients: bool = True

    @property
    def is_second_best(self) -> bool:
        """Whether a reader should know that it was taken."""
        return self.trace is not by_recording

    def may_blame_the_net(self, error: Exception) -> bool:
        """Whether it is time to see if the net raises when it is simply called."""
        return self.gradients and (self.trace is by_export or not (self.is_second_best or is_refusal(error)))


def ways(mode: str) -> Iterator[Way]:
    """What is tried in this mode, the best first; the next one is asked for only where the last one failed."""
    in_eval = mode == "eval"
    yield Way("recording", by_recording)
    if in_eval:
        yield Way("recording", by_recording, gradients=False)
    yield Way("torch.export", by_export)
    if in_eval:
        yield Way("torch.export", by_export, gradients=False)
    yield Way("make_fx", trace_by_make_fx, gradients=not in_eval)


def by_recording(net: nn.Module, example: Tensor, witness: Witness) -> Trace:
    """The net's forward pass as it was heard."""
    reason = obstacle()
    if reason is not None:
        raise Unrecordable(reason)
    recording = _recorded(net, example, witness.under)
    witness.asked = recording.asked
    return Trace.of_recording(recording, witness.untraced)


def _recorded(net: nn.Module, example: Tensor, under: Under) -> Recording:
    """A recording; where the net raises since it was told no about the content of a tensor, it is told yes."""
    while True:
        listener = Listener(under=under)
        try:
            return record(net, tuple(example.shape), example.dtype, example.device, listener)
        except Exception:
            asked = next(iter(listener.questions[-1:]), None)
            if asked is None or asked.operator != "content" or asked.name in under.holding:
                raise
            under = replace(under, holding=(*under.holding, asked.name))


def by_export(net: nn.Module, example: Tensor, witness: Witness) -> Trace:
    """The net's forward pass as torch.export sees it."""
    return Trace.of_program(torch.export.export(net, (example,), strict=False), witness.untraced)


def note(way: Way, failures: Mapping[Way, Exception]) -> str:
    """Why a net was not recorded, in one line."""
    refused = " and torch.export refuses it" if any(failed.trace is by_export for failed in failures) else ""
    return f"captured by {way.name}, because it cannot be recorded{refused}: {_line(next(iter(failures.values())))}"


def telling(failures: Mapping[Way, Exception]) -> Exception:
    """Which of the failures says best why a net has no trace: torch.export's, which is about the net's code."""
    return next(error for way, error in failures.items() if way.trace is by_export)


def _line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
