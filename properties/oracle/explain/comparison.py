"""Two normal forms in one mode, with the correspondence and the edits that were found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from properties.graph.alignment.align import Correspondence, align
from properties.graph.alignment.edits import Edit, edits_between
from properties.graph.ir import OpGraph

__all__ = ["Comparison"]


@dataclass(frozen=True)
class Comparison:
    """Two graphs of one mode, how they correspond, and the edits between them."""

    mode: str
    reference: OpGraph
    candidate: OpGraph
    found: Correspondence
    edits: Sequence[Edit]

    @classmethod
    def of(cls, mode: str, reference: OpGraph, candidate: OpGraph) -> Comparison:
        """Align two graphs in normal form, once."""
        found = align(reference, candidate)
        return cls(mode, reference, candidate, found, edits_between(reference, candidate, found))

    @property
    def pairs(self) -> Mapping[int, int]:
        """Which operator of the candidate stands for which of the reference."""
        return self.found.pairs
