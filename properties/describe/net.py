"""The net to describe: built, given an input it accepts, captured."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from properties.errors import CandidateError
from properties.graph.ir import OpGraph, Shape
from properties.graph.torch.capture import CaptureError
from properties.oracle.parties.lazy import filled, has_lazy_layers
from properties.targets.build import build_net, strangers_code
from properties.targets.inputs import capture_quietly, first_accepted, rejection, spec_of
from properties.targets.libraries import torchvision_note
from properties.targets.modes.devices import note_on_moves
from properties.targets.target import builder, parse

__all__ = ["Described", "Net", "build", "captured"]

Net = str | Callable[[], nn.Module] | nn.Module


@dataclass(frozen=True)
class Described:
    """A net, its operators in eval mode, and what is known about it besides."""

    net: nn.Module
    graph: OpGraph
    name: str
    source: str | None
    notes: tuple[str, ...]


def build(net: Net, *, real: bool = False, asked: set[str] | None = None) -> tuple[nn.Module, str]:
    """The net and how messages call it.

    Args:
        net: a target, a function that builds the net, or the net.
        real: build with real tensors.
        asked: as in ``strangers_code``.

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
        return build_net(net, name, real=real, asked=asked), name
    with strangers_code(asked):
        make = builder(net)
    return build_net(make, net, real=real, asked=asked), net


def captured(net: Net, shape: Shape | None) -> Described:
    """The net's operators at ``shape``, or at a size that it is made for.

    Raises:
        TargetError: if the net does not accept ``shape``.
        CandidateError: if it cannot be built, or accepts none of the sizes tried.
    """
    asked: set[str] = set()
    built, name = build(net, asked=asked)
    spec = spec_of(net)
    if has_lazy_layers(built):
        if shape is None:
            raise CandidateError(
                f"{name} has layers that take their sizes from the first input; give it with --input N,C,H,W"
            )
        with strangers_code(asked):
            built = filled(copy.deepcopy(built), shape)
    with strangers_code(asked):
        if shape is None:
            graph = first_accepted(built, name, spec)
        else:
            try:
                graph = capture_quietly(built, shape)
            except CaptureError as error:
                raise rejection(built, name, spec, shape, error) from error
    note = torchvision_note() if isinstance(net, str) and parse(net).place in ("torchvision", "timm") else None
    notes = (note,) if note else ()
    return Described(built, graph, name, spec.source if spec else None, (*notes, *note_on_moves(name, asked)))
