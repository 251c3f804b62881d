"""How far two nets are apart after each layer, on one input and the same weights."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from properties.graph.ir import OpGraph
from properties.graph.recipe import Recipe
from properties.graph.rules.canonical import canonicalise
from properties.oracle.evidence.compare import observe_both
from properties.oracle.evidence.culprit import layer_pairs
from properties.oracle.evidence.differences import own_change
from properties.oracle.explain.comparison import Comparison
from properties.oracle.structure.structure import Structure
from properties.oracle.transplant.transplant import transplant
from properties.oracle.trials.images import images
from properties.oracle.trials.trial import Draw
from properties.oracle.verdict.judgement import Judgement
from properties.report.side_by_side import Cell, Line, SideBySide
from properties.report.words import by

__all__ = ["Divergence", "divergence", "with_divergence"]

_LARGEST = 2**30  # bytes of all results of a run: each party keeps them until they are compared


@dataclass(frozen=True)
class Divergence:
    """What came of one run of both nets.

    Args:
        mode: in which they ran.
        said: the input, in words.
        tolerance: what rounding alone can make of a difference.
        apart: by the reference's path, the largest difference of the first result of a layer, relative to the largest
            number there; infinite where two results cannot be compared.
        partners: the candidate's path of each.
    """

    mode: str
    said: str
    tolerance: float
    apart: Mapping[str, float]
    partners: Mapping[str, str]

    @property
    def parts(self) -> bool:
        """Whether the nets are further apart anywhere than rounding explains."""
        return any(relative > self.tolerance for relative in self.apart.values())


def divergence(
    structure: Structure, comparisons: list[Comparison], found: Judgement, *, seed: int
) -> Divergence | None:
    """Run both nets until they part: small images first, in eval mode, then at the second size and in train mode.

    Args:
        structure: the two nets.
        comparisons: their graphs in both modes, as they are shown.
        found: the judgement, which knows the tensors that correspond where that was proved.
        seed: of weights and images.

    Returns:
        the first run in which they part, else the first run; None if nothing could be run.
    """
    exact = found.verdict in ("identical", "equivalent")
    moved = transplant(
        [(one.reference, one.candidate) for one in structure.comparisons],
        (structure.reference.params, structure.candidate.params),
        found=[one.found for one in structure.comparisons],
        keys=found.key_map if exact else None,
        recipes={key: Recipe.from_dict(data) for key, data in found.weight_map.items()} if exact else None,
        seed=seed,
    )
    first = None
    for mode, draw in _draws(structure, seed, alike=exact):
        comparison = next(one for one in comparisons if one.mode == mode)
        pairs = layer_pairs(comparison.reference, comparison.candidate, comparison.pairs)
        trials = moved.trials(draw, mode=mode, dropout=0)
        both = replace(trials[0], layers=tuple(pairs)), replace(trials[1], layers=tuple(pairs.values()))
        ours, theirs = observe_both(structure.reference, structure.candidate, both)
        if ours.raised is None and theirs.raised is None:
            apart = _lasting(
                comparison.reference, _apart(pairs, ours.tensors, theirs.tensors), moved.tolerance, alike=exact
            )
            run = Divergence(mode, _said(mode, draw), moved.tolerance, apart, pairs)
            if run.parts:
                return run
            first = first or run
    return first


def _draws(structure: Structure, seed: int, *, alike: bool) -> Iterator[tuple[str, Draw]]:
    graph = canonicalise(structure.first()[0].reference).graph
    small = images(graph, seed=seed, accepts=lambda size, mode: structure.reference.accepts(size, mode) is True).quick
    draws = [("eval", small)]
    if not alike:
        draws += [("eval", Draw((1, *structure.second_size()), seed=seed)), ("train", small)]
    yield from ((mode, draw) for mode, draw in draws if _bytes(graph, draw) <= _LARGEST)


def _bytes(graph: OpGraph, draw: Draw) -> float:
    """About as much as all results take, in float64."""
    given = sum(prod(op.shape) for _, op in graph.of_kind("input"))
    return 8.0 * sum(prod(op.shape) for op in graph.ops) * prod(draw.shape) / max(given, 1)


def _apart(pairs: Mapping[str, str], ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, float]:
    both = {path: (ours.get(f"layer {path}"), theirs.get(f"layer {other}")) for path, other in pairs.items()}
    return {
        path: own_change(one, other) for path, (one, other) in both.items() if one is not None and other is not None
    }


def _lasting(graph: OpGraph, apart: Mapping[str, float], limit: float, *, alike: bool) -> dict[str, float]:
    """Without the layers whose difference is made good: the nets have the same two steps in another order there.

    Args:
        graph: the reference's.
        apart: by its paths.
        limit: what rounding alone can make.
        alike: whether the nets are proved to be one, so that every difference is made good.
    """
    at: dict[str, int] = {}
    for position, op in enumerate(graph.ops):
        if op.where in apart and at.get(op.where, position - 1) == position - 1:
            at[op.where] = position
    made_good: set[int] = set()  # what agreeing results are made of
    waiting = [position for path, position in at.items() if apart[path] <= limit]
    while waiting:
        position = waiting.pop()
        if position not in made_good:
            made_good.add(position)
            waiting += graph.ops[position].inputs
    return {
        path: relative
        for path, relative in apart.items()
        if relative <= limit or not (alike or at.get(path) in made_good)
    }


def _said(mode: str, draw: Draw) -> str:
    images_of = "1 image of" if draw.shape[0] == 1 else f"{draw.shape[0]} images of"
    size = by(draw.shape[1:])
    return f"{images_of} {size}, seed {draw.seed}, in {mode} mode"


# ------------------------------------------------------------------------------------------------------------ lines
def with_divergence(shown: SideBySide, run: Divergence) -> SideBySide:
    """The two nets with the differences of their results: each at the last operator of a layer's first run."""
    lines = list(shown.lines)
    for at, (path, partner) in _ends(lines).items():
        relative = run.apart.get(path)
        if relative is not None and run.partners.get(path) == partner and math.isfinite(relative):
            lines[at] = replace(lines[at], apart=relative)
    return replace(shown, lines=tuple(lines), computed=run.said, tolerance=run.tolerance)


def _ends(lines: list[Line]) -> dict[int, tuple[str, str]]:
    """The line at which each layer's first run ends, with both its paths."""
    found: dict[str, tuple[int, str]] = {}
    for at, line in enumerate(lines):
        if line.reference is None or line.candidate is None:
            continue
        path, partner = line.reference.where, line.candidate.where
        if path not in found or (found[path][0] == at - 1 and _where(lines[at - 1].reference) == path):
            found[path] = (at, partner)
    return {at: (path, partner) for path, (at, partner) in found.items()}


def _where(cell: Cell | None) -> str | None:
    return None if cell is None else cell.where
