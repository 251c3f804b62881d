"""``nn.Module`` to ``OpGraph``, through torch.export's readable level of operators.

The net is traced at one concrete size, in one mode, without computing anything: a net on the meta device stays there.
In-place operators are resolved by ``lower`` from the trace itself; where an in-place write goes through a view, torch's
own functionalisation runs first.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from properties.graph._outputs import flatten_output
from properties.graph.ir import OpGraph
from properties.graph.lower import AliasedWriteError, Leaves, lower

__all__ = ["CaptureError", "capture"]


class CaptureError(RuntimeError):
    """The net could not be traced; ``cause`` is what it raised itself, if it was the net that raised."""

    def __init__(self, message: str, cause: BaseException | None = None) -> None:
        super().__init__(message)
        self.cause = cause


def capture(net: nn.Module, *, input_shape: tuple[int, ...] = (2, 3, 224, 224), mode: str = "eval") -> OpGraph:
    """The operators of one forward pass, as they are written (``canonical`` brings them to a normal form).

    Args:
        net: on any device; its modes, hooks and tensors are left as they were.
        input_shape: size of the one input, batch axis included.
        mode: ``"eval"`` or ``"train"``.

    Raises:
        CaptureError: if the net raises at this size or cannot be traced.
        ValueError: if ``mode`` is neither of the two.
    """
    if mode not in ("eval", "train"):
        raise ValueError(f"mode must be 'eval' or 'train', got {mode!r}")
    leaves = Leaves.of(net)
    example = torch.empty(input_shape, dtype=leaves.dtype, device=leaves.device)
    with _in_mode(net, mode), _quiet(), _flat_outputs(net) as paths:
        program = _export(net, example)
        try:
            return lower(program, leaves, tuple(paths), mode)
        except AliasedWriteError:
            return lower(program.run_decompositions({}), leaves, tuple(paths), mode)


def _export(net: nn.Module, example: Tensor) -> Any:
    try:
        return torch.export.export(net, (example,), strict=False)
    except Exception as error:
        own = _own_error(net, example)
        if own is not None:
            raise CaptureError(f"the net raises at {tuple(example.shape)}", own) from error
        raise CaptureError(f"the net cannot be traced: {_first_line(error)}", error) from error


def _own_error(net: nn.Module, example: Tensor) -> Exception | None:
    """What the net raises when it is simply called; None if it runs, so that tracing is to blame."""
    try:
        with torch.no_grad():
            net(torch.zeros_like(example))
    except Exception as error:
        return error
    return None


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


@contextmanager
def _in_mode(net: nn.Module, mode: str) -> Iterator[None]:
    before = {name: module.training for name, module in net.named_modules()}
    net.train(mode == "train")
    try:
        yield
    finally:
        for name, module in net.named_modules():
            module.training = before.get(name, module.training)


@contextmanager
def _flat_outputs(net: nn.Module) -> Iterator[list[str]]:
    """Let the net return a plain tuple of tensors, whatever container it returns; yields where each one stood."""
    paths: list[str] = []

    def flatten(module: nn.Module, arguments: Any, output: Any) -> tuple[Tensor, ...]:
        found = flatten_output(output)
        paths[:] = [path for path, _ in found]
        return tuple(tensor for _, tensor in found)

    handle = net.register_forward_hook(flatten)
    try:
        yield paths
    finally:
        handle.remove()


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings and no logging of torch's tracing machinery; both back as they were afterwards."""
    loggers = [logging.getLogger(name) for name in ("torch.export", "torch.fx.experimental.symbolic_shapes", "torch._dynamo")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
