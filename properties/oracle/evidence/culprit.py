"""Where two nets part whose graphs agree and whose numbers do not: hooks, kept state, replaced ``forward`` methods.

First every pair of layers is run by itself, on one input for both: a layer that fails so is to blame whatever came
before it. Where none fails, the first layer after which the running nets differ is named, and in the backward pass the
last one whose gradient differs, which is the first that the gradient passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from properties.graph.ir import OpGraph
from properties.oracle.evidence.compare import SETTINGS, observe_both
from properties.oracle.evidence.differences import own_change
from properties.oracle.parties.party import Party
from properties.oracle.transplant.transplant import Transplant
from properties.oracle.trials.trial import Draw

__all__ = ["Culprit", "layer_pairs", "locate"]


@dataclass(frozen=True)
class Culprit:
    """The first layer that goes wrong.

    Args:
        reference: its path in the reference.
        candidate: its path in the candidate.
        how: ``"alone"`` (it computes something else by itself), ``"within"`` (the nets differ from there on) or
            ``"backward"`` (the gradients do).
        relative: by how much, to the largest number there.
    """

    reference: str
    candidate: str
    how: str
    relative: float


def layer_pairs(reference: OpGraph, candidate: OpGraph, pairs: Mapping[int, int]) -> dict[str, str]:
    """Paths of layers that correspond, in the order in which the reference runs them.

    Args:
        reference: one graph.
        candidate: the other.
        pairs: which operators correspond.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for a, b in sorted(pairs.items()):
        ours, theirs = reference.ops[a].where, candidate.ops[b].where
        leaves = ours and theirs and ours not in reference.parents and theirs not in candidate.parents
        if leaves and ours not in found and theirs not in taken:
            found[ours] = theirs
            taken.add(theirs)
    return found


def locate(
    reference: Party,
    candidate: Party,
    transplant: Transplant,
    pairs: Mapping[str, str],
    draw: Draw,
    *,
    channel: str = "eval",
) -> Culprit | None:
    """The first layer that goes wrong, or None if all of them agree.

    Args:
        reference: one party.
        candidate: the other.
        transplant: the weights of both.
        pairs: the reference's paths to the candidate's, in the order in which they run.
        draw: an image on which the nets differ.
        channel: in which they differ, one of ``compare.CHANNELS`` but the domain.
    """
    return _Search(reference, candidate, transplant, pairs, draw, dict(SETTINGS[channel])).run()


class _Search:
    """One search, from the surest answer to the weakest."""

    def __init__(
        self,
        reference: Party,
        candidate: Party,
        transplant: Transplant,
        pairs: Mapping[str, str],
        draw: Draw,
        settings: dict[str, Any],
    ) -> None:
        self.parties = (reference, candidate)
        self.transplant = transplant
        self.pairs = pairs
        self.draw = draw
        self.settings = {**settings, "watched": False}

    def run(self) -> Culprit | None:
        ours, theirs = self.transplant.trials(self.draw, **self.settings)
        both = replace(ours, layers=tuple(self.pairs)), replace(theirs, layers=tuple(self.pairs.values()))
        seen = observe_both(*self.parties, both)
        tensors = seen[0].tensors, seen[1].tensors
        return (
            self._alone(tensors[0])
            or self._first(tensors, "layer ", "within", list(self.pairs))
            or self._first(tensors, "gradient at ", "backward", list(self.pairs)[::-1])
        )

    def _alone(self, seen: Mapping[str, Any]) -> Culprit | None:
        """Each pair by itself, on one input for both."""
        inputs = {
            path: Draw(tuple(seen[f"input size of {path}"].tolist()), seed=place)
            for place, path in enumerate(self.pairs)
            if f"input size of {path}" in seen
        }
        settings = {**self.settings, "gradients": False}
        ours, theirs = self.transplant.trials(self.draw, **settings)
        alone = {self.pairs[path]: draw for path, draw in inputs.items()}
        found = observe_both(*self.parties, (replace(ours, alone=inputs), replace(theirs, alone=alone)))
        return self._first((found[0].tensors, found[1].tensors), "alone ", "alone", list(inputs))

    def _first(
        self, tensors: tuple[Mapping[str, Any], Mapping[str, Any]], prefix: str, how: str, paths: Sequence[str]
    ) -> Culprit | None:
        limit = self.transplant.tolerance * (100 if how == "backward" else 1)
        for path in paths:
            one, other = tensors[0].get(f"{prefix}{path}"), tensors[1].get(f"{prefix}{self.pairs[path]}")
            if one is None or other is None:
                continue
            relative = own_change(one, other)
            if relative > limit:
                return Culprit(path, self.pairs[path], how, relative)
        return None
