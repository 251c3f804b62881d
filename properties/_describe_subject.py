"""The net to describe: built, given an input it accepts, captured; and if it does not accept the one asked for, why."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn

from properties.graph.capture import CaptureError, capture
from properties.graph.ir import OpGraph, Shape
from properties.graph.size_plan import SizePlan, UnpredictableSize, compile_sizes
from properties.oracle._libraries import torchvision_note
from properties.oracle.build import build_net, strangers_code
from properties.oracle.errors import CandidateError, TargetError, last_line
from properties.oracle.targets import builder, parse

if TYPE_CHECKING:
    from arches._spec import Spec

__all__ = ["Captured", "build", "captured", "references"]

Net = str | Callable[[], nn.Module] | nn.Module

_SIDES = (224, 32, 28, 64, 299)  # ImageNet, CIFAR, MNIST, and what else is usual
_LARGEST = 512


@dataclass(frozen=True)
class Captured:
    """A net, its operators in eval mode, and what is known about it besides."""

    net: nn.Module
    graph: OpGraph
    name: str
    source: str | None
    notes: tuple[str, ...]


def references() -> tuple[Spec, ...]:
    """Every reference architecture."""
    import arches

    return arches.SPECS


def build(net: Net, *, real: bool = False) -> tuple[nn.Module, str]:
    """The net and how messages call it.

    Args:
        net: a target, a function that builds the net, or the net.
        real: build with real tensors.

    Raises:
        TargetError: if the target does not exist.
        CandidateError: if it raises.
        TypeError: if it is none of the three.
    """
    if isinstance(net, nn.Module):
        return net, type(net).__name__
    if not isinstance(net, str):
        if not callable(net):
            raise TypeError(f"describe needs a target, a function that builds a net or a net, got {type(net).__name__}")
        name = getattr(net, "__qualname__", type(net).__name__)
        return build_net(net, name, real=real), name
    try:
        with strangers_code():
            make = builder(net)
        return build_net(make, net, real=real), net
    except SystemExit as error:
        raise CandidateError(f"{net} called sys.exit({error.code!r}) instead of building a net") from error


def captured(net: Net, shape: Shape | None) -> Captured:
    """The net's operators at ``shape``, or at a size that it is made for.

    Raises:
        TargetError: if the net does not accept ``shape``.
        CandidateError: if it cannot be built, or accepts none of the sizes tried.
    """
    built, name = build(net)
    spec = _spec(net)
    if shape is None:
        graph = _first_accepted(built, name, spec)
    else:
        try:
            graph = _capture(built, shape)
        except CaptureError as error:
            raise _rejected(built, name, spec, shape, error) from error
    note = torchvision_note() if isinstance(net, str) and parse(net).place in ("torchvision", "timm") else None
    return Captured(built, graph, name, spec.source if spec else None, (note,) if note else ())


def _spec(net: Net) -> Spec | None:
    """The spec of a target that is a reference, with keywords or without."""
    if not isinstance(net, str):
        return None
    target = parse(net)
    return next((spec for spec in references() if not target.place and spec.name == target.name), None)


def _capture(net: nn.Module, shape: Shape) -> OpGraph:
    try:
        with strangers_code(), _without_logging():
            return capture(net, input_shape=shape)
    except SystemExit as error:
        raise CaptureError(f"the net called sys.exit({error.code!r})", error) from error


@contextlib.contextmanager
def _without_logging() -> Iterator[None]:
    """torch logs a traceback for each size that a net rejects; what matters of it is in the error."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _first_accepted(net: nn.Module, name: str, spec: Spec | None) -> OpGraph:
    """The graph at the first of the usual sizes that the net accepts."""
    first: tuple[Shape, CaptureError] | None = None
    for shape in _usual(net, spec):
        try:
            return _capture(net, shape)
        except CaptureError as error:
            first = first or (shape, error)
    hint = "give its input's size with --input N,C,H,W"
    if first is None:
        raise CandidateError(f"{name} has no layer to tell its input from; {hint}")
    raise CandidateError(f"{name} {_said(first[1], first[0])}; if it needs another size, {hint}") from first[1]


def _usual(net: nn.Module, spec: Spec | None) -> Iterator[Shape]:
    """Sizes to try: the one the net is made for where that is known, else by its first layer with weights."""
    layers = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
    first = next((module for module in net.modules() if isinstance(module, layers)), None)
    if spec is not None and isinstance(first, nn.Conv2d):
        yield (1, first.in_channels, *spec.input_shape[1:])
    configured = getattr(net, "default_cfg", None)
    if isinstance(configured, dict) and len(configured.get("input_size", ())) == 3:
        yield (1, *configured["input_size"])
    if isinstance(first, nn.Linear):
        yield (1, first.in_features)
    elif first is not None:
        for side in _SIDES:
            yield (1, first.in_channels, *[side] * (first.weight.dim() - 2))


def _said(error: CaptureError, shape: Shape) -> str:
    if error.cause is not None and str(error).startswith("the net raises"):
        return f"raised in forward at {shape}: {last_line(error.cause)}"
    return f"cannot be traced at {shape}: {error}"


def _rejected(net: nn.Module, name: str, spec: Spec | None, shape: Shape, error: CaptureError) -> Exception:
    """Why the net does not accept the input, and the smallest that it accepts, from the closed form of its sizes."""
    try:
        graph = _first_accepted(net, name, spec)
        plan = compile_sizes(graph)
    except (CandidateError, UnpredictableSize):
        return CandidateError(f"{name} {_said(error, shape)}")
    works = next(op.shape for _, op in graph.of_kind("input"))
    given = f"--input {_comma(shape)}"
    if len(shape) != len(works):
        return TargetError(f"{name} does not accept {given}: it has not {len(works)} numbers; write {_comma(works)}")
    if shape[1] != works[1]:
        right = _comma((shape[0], works[1], *shape[2:]))
        return TargetError(
            f"{name} does not accept {given}: it takes {works[1]} channels, not {shape[1]}; write {right}"
        )
    try:
        why = plan.why_not(*shape[:1], *shape[2:])
        accepted = _accepted(plan, shape)
    except ValueError:
        why = None
    if why is None:
        return CandidateError(f"{name} {_said(error, shape)}")
    return TargetError(f"{name} does not accept {given}: {why}; {accepted}")


def _accepted(plan: SizePlan, shape: Shape) -> str:
    """``the smallest square it accepts is 63x63``, and the largest where there is one."""
    axes, n = len(shape) - 2, shape[0]
    side = plan.smallest(n, largest=_LARGEST)
    smallest = _comma((*shape[:2], *[side] * axes))
    if plan.accepts(n, *[_LARGEST] * axes):
        return f"the smallest square it accepts is --input {smallest}"
    largest = side
    while plan.accepts(n, *[largest + 1] * axes):
        largest += 1
    if largest == side:
        return f"the only square it accepts is --input {smallest}"
    return f"the squares it accepts go from --input {smallest} to {largest}x{largest}"


def _comma(shape: Shape) -> str:
    return ",".join(map(str, shape))
