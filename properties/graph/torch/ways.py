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
from properties.graph.torch.recording.true_answers import true_answers
from properties.graph.torch.recording.values import Unanswered, Unrecordable, is_refusal
from properties.graph.torch.trace import Trace

__all__ = ["Way", "by_export", "by_recording", "recorded", "ways"]


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
    recording = recorded(net, example, witness.under, Listener())
    witness.asked = recording.asked
    return Trace.of_recording(recording, witness.untraced)


def recorded(net: nn.Module, example: Tensor, under: Under, listener: Listener) -> Recording:
    """A recording; where the net asks for the content of tensors, on the path that an ordinary image takes.

    Args:
        net: the net.
        example: of the image.
        under: what is told otherwise; if it says what content answers, that is told.
        listener: has what was asked, also where the net raises.

    Raises:
        Unanswered: if content is asked for that a net without memory does not have.
        Exception: what ``record`` raises.
    """
    listener.under = under
    try:
        found = record(net, tuple(example.shape), example.dtype, example.device, listener)
    except Exception:
        if not _asks_for_content(listener) or under.holding:
            raise
    else:
        if not _asks_for_content(listener) or under.holding:
            return found
    if example.is_meta:
        raise Unanswered("what it does next depends on the numbers")
    kept = [(tensor, tensor.detach().clone()) for tensor in (*net.parameters(), *net.buffers())]
    try:
        answers = true_answers(net, tuple(example.shape), example.dtype)
    finally:
        with torch.no_grad():
            for tensor, content in kept:
                tensor.copy_(content)
    listener.forget(replace(under, holding=answers))
    return record(net, tuple(example.shape), example.dtype, example.device, listener)


def _asks_for_content(listener: Listener) -> bool:
    return any(question.operator == "content" for question in listener.questions)


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
