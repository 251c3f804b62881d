"""Which input a net takes: sizes worth trying, and why it does not accept the one it was given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from torch import nn

from properties.errors import CandidateError, TargetError, last_line
from properties.graph.ir import OpGraph, Shape
from properties.graph.sizes.plan import SizePlan, UnpredictableSize, compile_sizes
from properties.graph.torch.capture import CaptureError, capture
from properties.targets.build import strangers_code
from properties.targets.programs import example
from properties.targets.references import references
from properties.targets.target import parse

if TYPE_CHECKING:
    from arches._spec import Spec

__all__ = ["capture_quietly", "first_accepted", "rejection", "spec_of", "usual_shapes"]

_SIDES = (224, 32, 28, 64, 299)  # ImageNet, CIFAR, MNIST, and what else is usual
_LARGEST = 512


def spec_of(net: object) -> Spec | None:
    """The spec of a target that is a reference, with keywords or without; None for everything else."""
    if not isinstance(net, str):
        return None
    try:
        target = parse(net)
    except TargetError:  # the name of a function
        return None
    return next((spec for spec in references() if not target.place and spec.name == target.name), None)


def capture_quietly(net: nn.Module, shape: Shape) -> OpGraph:
    """The net's operators in eval mode, whatever it prints or wherever it tries to exit.

    Raises:
        CaptureError: if it raises or cannot be traced.
    """
    try:
        with strangers_code():
            return capture(net, input_shape=shape)
    except SystemExit as error:
        raise CaptureError(f"the net called sys.exit({error.code!r})", error) from error


def first_accepted(net: nn.Module, name: str, spec: Spec | None) -> OpGraph:
    """The graph at the first of the usual sizes that the net accepts.

    Raises:
        CandidateError: if it accepts none.
    """
    first: tuple[Shape, CaptureError] | None = None
    for shape in usual_shapes(net, spec):
        try:
            return capture_quietly(net, shape)
        except CaptureError as error:
            first = first or (shape, error)
    hint = "give its input's size with --input N,C,H,W"
    if first is None:
        raise CandidateError(f"{name} has no layer to tell its input from; {hint}")
    raise CandidateError(f"{name} {_said(first[1], first[0])}; if it needs another size, {hint}") from first[1]


def usual_shapes(net: nn.Module, spec: Spec | None) -> Iterator[Shape]:
    """Sizes to try: the one the net is made for where that is known, else by its first layer with weights."""
    layers = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
    first = next((module for module in net.modules() if isinstance(module, layers)), None)
    if spec is not None and isinstance(first, nn.Conv2d):
        yield (1, first.in_channels, *spec.input_shape[1:])
    exported = example(net)
    if exported is not None:
        yield exported[0] if exported[1] else (1, *exported[0][1:])
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


def rejection(net: nn.Module, name: str, spec: Spec | None, shape: Shape, error: CaptureError) -> Exception:
    """Why the net does not accept an input, and the smallest that it accepts, from the closed form of its sizes.

    Args:
        net: the net.
        name: how the message calls it.
        spec: its spec, if it is a reference.
        shape: the input that was given, batch axis included.
        error: what came of it.

    Returns:
        ``TargetError`` where the closed form shows that the input is to blame, else ``CandidateError``.
    """
    try:
        graph = first_accepted(net, name, spec)
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
