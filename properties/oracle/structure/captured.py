"""Both nets' graphs in one mode at one size, and the proof that several such captures have one normal form."""

from __future__ import annotations

from dataclasses import dataclass

from properties.graph.alignment.align import Correspondence
from properties.graph.ir import OpGraph, Shape
from properties.graph.rules.canonical import Canonical

__all__ = ["Agreement", "Captured"]


@dataclass(frozen=True)
class Captured:
    """Both nets' graphs in one mode at one size.

    Args:
        mode: ``"eval"`` or ``"train"``.
        size: of the reference's input, batch axis included.
        reference: its graph as captured.
        candidate: likewise.
    """

    mode: str
    size: Shape
    reference: OpGraph
    candidate: OpGraph

    def __str__(self) -> str:
        return f"{self.mode} at {self.size}"


@dataclass(frozen=True)
class Agreement:
    """A proof that both nets have one normal form in several captures, with one correspondence of tensors for all.

    Args:
        normal: reference's and candidate's normal form of each capture.
        joint: all captures of the reference, and of the candidate, as one graph.
        found: the isomorphism of those two.
    """

    normal: tuple[tuple[Canonical, Canonical], ...]
    joint: tuple[OpGraph, OpGraph]
    found: Correspondence

    @property
    def rules(self) -> tuple[str, ...]:
        """Names of the rules that it rests on."""
        return tuple(dict.fromkeys(rule for pair in self.normal for one in pair for rule in one.rules))

    @property
    def conditions(self) -> tuple[str, ...]:
        """What it holds under, in words: what one net's form rests on and the other's does not; else all of it."""
        found = dict.fromkeys(said for pair in self.normal for one in pair for said in one.conditions)
        apart = {said for ours, theirs in self.normal for said in {*ours.conditions} ^ {*theirs.conditions}}
        return tuple(said for said in found if said in apart) or tuple(found)
