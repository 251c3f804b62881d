"""Positions of two graphs that are the same at first sight: values that stand once on each side, in one order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterator, Sequence

from properties.graph.alignment.signatures import Signatures
from properties.graph.ir import OpGraph
from properties.graph.kinds import WEIGHTED
from properties.graph.labels import weight_size

__all__ = ["alone_of_their_make", "in_one_row", "unique_pairs"]


def alone_of_their_make(ours: Signatures, theirs: Signatures) -> list[tuple[int, int]]:
    """Layers that are the only ones of their settings and sizes, as many as keep their order."""
    makes = [list(zip(one.label, one.coarse, strict=True)) for one in (ours, theirs)]
    return _longest_rising(list(unique_pairs(*makes)))


def in_one_row(reference: OpGraph, candidate: OpGraph) -> list[tuple[int, int]]:
    """Layers with weights of one size, as many as stand in one order in both nets: a longest common subsequence."""
    left, right = (_weights(graph) for graph in (reference, candidate))
    best = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            same = left[i][1] == right[j][1]
            best[i][j] = 1 + best[i + 1][j + 1] if same else max(best[i + 1][j], best[i][j + 1])
    found = []
    i = j = 0
    while i < len(left) and j < len(right):
        if left[i][1] == right[j][1]:
            found.append((left[i][0], right[j][0]))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


def _weights(graph: OpGraph) -> list[tuple[int, Hashable]]:
    """The layers with weights, each with what makes it comparable."""
    layers = [(position, op) for position, op in enumerate(graph.ops) if op.kind in WEIGHTED]
    return [(position, (op.kind, weight_size(op))) for position, op in layers]


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """A longest increasing subsequence: of pairs in order on the left, most that are in order on the right too."""
    ends: list[int] = []  # the smallest right side that a run of each length can end with
    last: list[int] = []  # and which pair that is
    before: list[int] = []
    for number, (_, b) in enumerate(pairs):
        length = bisect_left(ends, b)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [b]
        last[length : length + 1] = [number]
    found = []
    at = last[-1] if last else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]


def unique_pairs(left: Sequence[Hashable], right: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    """Positions of the values that stand exactly once on each side."""
    once: list[dict[Hashable, int]] = []
    for values in (left, right):
        seen: dict[Hashable, int] = {}
        for position, value in enumerate(values):
            seen[value] = -1 if value in seen else position
        once.append(seen)
    for value, a in once[0].items():
        b = once[1].get(value, -1)
        if a >= 0 and b >= 0:
            yield a, b
