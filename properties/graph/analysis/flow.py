"""What an operator depends on, and what a gradient reaches, by the graph."""

from __future__ import annotations

from collections.abc import Collection

from properties.graph.ir import OpGraph
from properties.graph.kinds import GRADIENT_CUTS

__all__ = ["ancestors", "connected"]

_STATISTICS = {"running_mean", "running_var"}


def ancestors(graph: OpGraph, *, without: Collection[str] = ()) -> list[int]:
    """For each operator the set of those it depends on, itself included, as the bits of one integer.

    Args:
        graph: the graph.
        without: kinds of operators that are in no set.
    """
    found: list[int] = []
    for position, op in enumerate(graph.ops):
        bits = 0 if op.kind in without else 1 << position
        for source in op.inputs:
            bits |= found[source]
        found.append(bits)
    return found


def connected(graph: OpGraph) -> tuple[frozenset[str], bool]:
    """The trainable parameters that a gradient of a returned tensor reaches, and whether it reaches the input.

    Args:
        graph: of a net in train mode.
    """
    output = graph.output
    paths = output.attributes["paths"]
    waiting = [place for place, path in zip(output.inputs, paths, strict=True) if not path.startswith("changes ")]
    seen: set[int] = set()
    found: set[str] = set()
    while waiting:
        position = waiting.pop()
        op = graph.ops[position]
        if position in seen or op.kind in GRADIENT_CUTS or not op.dtype.startswith(("float", "bfloat", "complex")):
            continue
        seen.add(position)
        found |= {
            p.key for role, p in op.params.items() if p.trainable and p.kind == "parameter" and role not in _STATISTICS
        }
        waiting += op.inputs
    return frozenset(found), any(graph.ops[position].kind == "input" for position in seen)
