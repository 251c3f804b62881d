"""Tensors of layers that have no counterpart: which could stand for which, so that numbers may tell whether they do."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from properties.graph.align import Correspondence
from properties.graph.ir import OpGraph, Param

__all__ = ["leftover"]


def leftover(
    graphs: Sequence[tuple[OpGraph, OpGraph]], found: Sequence[Correspondence], known: Collection[str]
) -> dict[str, str]:
    """The candidate's key to the reference's, for tensors that unpaired operators read, as many on both sides.

    A layer written in another way than any rule knows reads a weight of its own; drawn apart from the reference's, it
    would make a difference where there is none. What is paired wrongly here differs as it did before.

    Args:
        graphs: the reference's and the candidate's, for each capture.
        found: the correspondence of each.
        known: the candidate's tensors whose counterpart is known already.
    """
    ours: dict[str, Param] = {}
    theirs: dict[str, Param] = {}
    taken: set[str] = set()
    for (reference, candidate), pairs in zip(graphs, found, strict=True):
        taken |= {param.key for a in pairs.pairs for param in reference.ops[a].params.values()}
        ours |= _read(reference, pairs.pairs.keys())
        theirs |= _read(candidate, pairs.pairs.values())
    left = [_by_make(ours, taken), _by_make(theirs, known)]
    even = [make for make in left[0] if len(left[0][make]) == len(left[1].get(make, ()))]
    return {b: a for make in even for a, b in zip(left[0][make], left[1][make], strict=True)}


def _read(graph: OpGraph, paired: Collection[int]) -> dict[str, Param]:
    """The tensors that operators without a partner read, in data-flow order."""
    alone = [op for position, op in enumerate(graph.ops) if position not in paired]
    return {param.key: param for op in alone for _, param in sorted(op.params.items()) if param.made is None}


def _by_make(params: dict[str, Param], settled: Collection[str]) -> dict[tuple[str, int], list[str]]:
    """Keys by kind and number of scalars: one weight may be stored with other axes than the other."""
    found: dict[tuple[str, int], list[str]] = {}
    for key, param in params.items():
        if key not in settled:
            found.setdefault((param.kind, param.size), []).append(key)
    return found
