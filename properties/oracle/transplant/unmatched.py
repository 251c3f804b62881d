"""Tensors of layers that have no counterpart: which could stand for which, so that numbers may tell whether they do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from properties.graph.ir import OpGraph

__all__ = ["leftover"]


def leftover(graphs: Sequence[tuple[OpGraph, OpGraph]], known: Mapping[str, str]) -> dict[str, str]:
    """The candidate's key to the reference's, for tensors that are read and have no counterpart, as many in both.

    A layer written in another way than any rule knows reads a weight of its own; drawn apart from the reference's, it
    would make a difference where there is none. What is paired wrongly here differs as it did before.

    Args:
        graphs: the reference's and the candidate's, for each capture.
        known: the candidate's key to the reference's, where the counterpart is known already.
    """
    ours = _by_make([reference for reference, _ in graphs], known.values())
    theirs = _by_make([candidate for _, candidate in graphs], known.keys())
    even = [make for make in ours if len(ours[make]) == len(theirs.get(make, ()))]
    return {b: a for make in even for a, b in zip(ours[make], theirs[make], strict=True)}


def _by_make(graphs: Sequence[OpGraph], settled: Collection[str]) -> dict[tuple[str, int], list[str]]:
    """Keys in data-flow order by kind and number of scalars: a weight may be stored with other axes."""
    found: dict[tuple[str, int], dict[str, None]] = {}
    for op in (op for graph in graphs for op in graph.ops):
        for _, param in sorted(op.params.items(), key=lambda item: (item[0] == "bias", item[0])):  # a bias comes last
            if param.key not in settled and param.made is None:
                found.setdefault((param.kind, param.size), {})[param.key] = None
    return {make: list(keys) for make, keys in found.items()}
