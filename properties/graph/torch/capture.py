"""``nn.Module`` to ``OpGraph``: one forward pass is recorded, or traced by torch's own tools where it cannot be.

The net runs at one concrete size, in one mode, without computing anything: a net on the meta device stays there.
Writes in place are resolved by ``lower`` from the trace itself. torch's own functionalisation would do that too, but it
forgets which operators ran under ``no_grad``.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import config as fx_config
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm

from properties.errors import last_line
from properties.graph.ir import OpGraph
from properties.graph.question import AS_IT_IS, Asked, Under
from properties.graph.torch.asking.listener import Listener
from properties.graph.torch.asking.sizes import SizesThatRemember
from properties.graph.torch.aten.layers import CUMULATIVE
from properties.graph.torch.autograd import Witness
from properties.graph.torch.leaves import Leaves
from properties.graph.torch.lower import lower
from properties.graph.torch.outputs import flatten_output
from properties.graph.torch.recording.values import Unanswered, is_refusal
from properties.graph.torch.ways import Way, note, recorded, telling, ways

__all__ = ["CaptureError", "ask", "capture"]

_DEAF: AbstractContextManager[object] = nullcontext()
_LOGGERS = ("torch.export", "torch.fx.experimental.symbolic_shapes", "torch._dynamo", "torch._subclasses.fake_tensor")


class CaptureError(RuntimeError):
    """The net could not be traced; ``cause`` is what it raised itself, if it was the net that raised."""

    def __init__(self, message: str, cause: BaseException | None = None) -> None:
        super().__init__(message)
        self.cause = cause


def capture(
    net: nn.Module,
    *,
    input_shape: tuple[int, ...] = (2, 3, 224, 224),
    mode: str = "eval",
    under: Under = AS_IT_IS,
) -> OpGraph:
    """The operators of one forward pass, as they are written (``canonical`` brings them to a normal form).

    Args:
        net: on any device; its modes, hooks and tensors are left as they were.
        input_shape: size of the one input, batch axis included.
        mode: ``"eval"`` or ``"train"``.
        under: what the net is told otherwise than it would be; it must be recorded then.

    Raises:
        CaptureError: if the net raises at this size or cannot be traced.
        ValueError: if ``mode`` is neither of the two.
    """
    if mode not in ("eval", "train"):
        raise ValueError(f"mode must be 'eval' or 'train', got {mode!r}")
    leaves = Leaves.of(net)
    example = torch.empty(input_shape, dtype=leaves.dtype, device=leaves.device)
    with (
        _in_mode(net, mode),
        _quiet(),
        _random_state_kept(leaves),
        torch.enable_grad(),
        _flat_outputs(net, under) as witness,
    ):
        failures: dict[Way, Exception] = {}
        for way in ways(mode):
            if way.is_second_best and under != AS_IT_IS:
                break
            found = _attempt(way, net, example, witness, leaves, mode)
            if isinstance(found, OpGraph):
                if not way.is_second_best:
                    return replace(found, asked=witness.asked)
                return replace(found, notes=(*found.notes, note(way, failures)))
            failures[way] = found
            if isinstance(found, Unanswered):
                raise CaptureError(f"the net cannot be traced: {found}", found) from found
            if way.may_blame_the_net(found):
                own = _own_error(net, leaves, example, mode)
                if own is not None:
                    raise CaptureError(f"the net raises at {tuple(example.shape)}", own) from found
    first = telling(failures) if under == AS_IT_IS else next(iter(failures.values()))
    raise CaptureError(f"the net cannot be traced: {_reason(first)}", first) from first


def ask(net: nn.Module, *, input_shape: tuple[int, ...], mode: str = "eval", under: Under = AS_IT_IS) -> Asked:
    """What the net asks about the size of its input, and whether it accepts it: a capture without a graph.

    Args:
        net: as for ``capture``.
        input_shape: likewise.
        mode: likewise.
        under: likewise.
    """
    leaves = Leaves.of(net)
    example = torch.empty(input_shape, dtype=leaves.dtype, device=leaves.device)
    listener = Listener(under=under)
    with _in_mode(net, mode), _quiet(), _random_state_kept(leaves), torch.enable_grad(), _flat_outputs(net, under):
        try:
            recording = recorded(net, example, under, listener)
        except Exception as error:  # whatever a stranger's code raises
            if not is_refusal(error):
                return Asked(tuple(listener.questions), last_line(error))
        else:
            return recording.asked
        listener = Listener(under=under)
        own = _own_error(net, leaves, example, mode, SizesThatRemember(listener))
    return Asked(tuple(listener.questions), None if own is None else last_line(own))


def _attempt(
    way: Way, net: nn.Module, example: Tensor, witness: Witness, leaves: Leaves, mode: str
) -> OpGraph | Exception:
    try:
        with torch.set_grad_enabled(way.gradients):
            trace = way.trace(net, example, witness)
        try:
            return witness.confirm(lower(trace, leaves, tuple(witness.paths), mode))
        finally:
            trace.let_go()
    except Exception as error:  # whatever torch's tracing raises
        return error


def _own_error(
    net: nn.Module, leaves: Leaves, example: Tensor, mode: str, listening: AbstractContextManager[object] = _DEAF
) -> Exception | None:
    """What the net raises when it is simply called; None if it runs, so that tracing is to blame."""
    before = {key: tensor.detach().clone() for key, tensor in leaves.tensors.items()}
    try:
        with torch.set_grad_enabled(mode == "train"), listening:
            net(torch.zeros_like(example))
    except Exception as error:
        return error
    finally:
        with torch.no_grad():
            for key, tensor in leaves.tensors.items():
                if tensor.shape != before[key].shape:
                    tensor.resize_(before[key].shape)
                tensor.copy_(before[key])
    return None


def _reason(error: BaseException) -> str:
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    if "data-dependent" in line:
        return f"what it does next depends on the numbers it computed ({line})"
    if "fake tensor in the exported program" in line:
        return "a tensor is given other memory, through .data or the like"
    return line


@contextmanager
def _in_mode(net: nn.Module, mode: str) -> Iterator[None]:
    before = {name: module.training for name, module in net.named_modules()}
    cumulative = [
        module for module in net.modules() if isinstance(module, _BatchNorm | _InstanceNorm) and module.momentum is None
    ]
    net.train(mode == "train")
    for module in cumulative:  # the factor is 1 / number of batches so far, which a trace cannot hold
        module.momentum = CUMULATIVE
    try:
        yield
    finally:
        for module in cumulative:
            module.momentum = None
        for name, module in net.named_modules():
            module.training = before.get(name, module.training)


@contextmanager
def _random_state_kept(leaves: Leaves) -> Iterator[None]:
    devices = [leaves.device] if leaves.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        yield


@contextmanager
def _flat_outputs(net: nn.Module, under: Under) -> Iterator[Witness]:
    """Let the net return a plain tuple of tensors, whatever it returns; the witness knows where each one stood."""
    witness = Witness(under)
    running = [0]  # a net may call itself, and wants what it returns then

    def enter(*_: object) -> None:
        running[0] += 1

    def flatten(module: nn.Module, arguments: object, output: object) -> object:
        if running[0] > 1:
            return output
        found = flatten_output(output)
        witness.see(module, found)
        return tuple(tensor for _, tensor in found)

    def leave(*_: object) -> None:
        running[0] -= 1

    handles = [
        net.register_forward_pre_hook(enter, prepend=True),
        net.register_forward_hook(flatten),
        net.register_forward_hook(leave, always_call=True),
    ]
    try:
        yield witness
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _without_stack_traces() -> Iterator[None]:
    """No operator notes the line that called it: nobody reads that here, and it takes a fifth of the time."""
    config: Any = fx_config
    before = getattr(config, "do_not_emit_stack_traces", None)  # older ones always note it
    try:
        if before is not None:
            config.do_not_emit_stack_traces = True
        yield
    finally:
        if before is not None:
            config.do_not_emit_stack_traces = before


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings, logging, stack traces and partial graphs of torch's tracing machinery; all back afterwards."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()), _without_stack_traces():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
