"""Norms that lack a weight or a bias which an operator after them applies, and the shapes that it may have."""

from __future__ import annotations

from collections.abc import Iterator

from properties.graph.ir import Op
from properties.graph.rewriting.rule import Rewriting

__all__ = ["bare_norms", "broadcasts", "width_of"]

_NORMS = ("layer_norm", "group_norm", "rms_norm")


def bare_norms(op: Op, graph: Rewriting) -> Iterator[tuple[Op, Op, str]]:
    """A norm that lacks what the operator adds to it, what that is, and its role."""
    role = "weight" if op.kind == "mul" else "bias"
    for slot in (0, 1) if len(op.inputs) == 2 and not op.attributes else ():
        norm = graph.source(op, slot)
        if norm.kind not in _NORMS or norm.shape != op.shape or "computed" in norm.attributes.values():
            continue
        if "bias" not in norm.params and role not in norm.params and (norm.kind, role) != ("rms_norm", "bias"):
            yield norm, graph.source(op, 1 - slot), role


def width_of(norm: Op) -> tuple[int, ...]:
    """The shape of a norm's own weight: the axes that it normalises over, or the channels of a group norm."""
    return norm.shape[-norm.attributes["axes"] :] if norm.kind != "group_norm" else norm.shape[1:2]


def broadcasts(norm: Op) -> tuple[tuple[int, ...], ...]:
    """Shapes in which a parameter is broadcast over the norm's result as its own weight would be."""
    width = width_of(norm)
    per_channel = width if norm.kind != "group_norm" else (*width, *(1 for _ in norm.shape[2:]))
    ones = len(norm.shape) - len(per_channel)
    return tuple(((1,) * count + per_channel) for count in range(ones + 1))
