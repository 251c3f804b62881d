"""The same weights for both nets: which content every tensor of two nets gets, with a ledger that leaves none out.

A tensor of the candidate gets what the reference's corresponding tensor gets, moved as it is, reshaped, or mapped by a
recipe. What has no counterpart is drawn by itself, and a buffer that the net computes with but does not learn keeps
what the net was built with. Loads no torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any
from zlib import crc32

from properties.graph.alignment.align import Correspondence
from properties.graph.ir import OpGraph, Param
from properties.graph.recipe import Recipe
from properties.graph.returned import in_order_of, returned
from properties.oracle.transplant.counters import COUNTER, counters
from properties.oracle.transplant.laws import laws
from properties.oracle.transplant.unmatched import leftover
from properties.oracle.trials.trial import Draw, Filling, Trial

__all__ = ["Moved", "Transplant", "moves", "transplant"]

_COUNT = 3.0  # what every batch counter holds
_INEXACT = {"hardsigmoid": 1e-5, "hardswish": 1e-5, "cast": 1e-5}
_EXACT = 1e-9


@dataclass(frozen=True)
class Moved:
    """One line of the ledger.

    Args:
        how: ``"moved"``, ``"reshaped"``, ``"mapped"`` (by a recipe), ``"drawn apart"`` (no counterpart), ``"unread"``
            (no operator reads it, and it has no counterpart either) or ``"kept"`` (as it was built).
        reference: the tensor's key there, or None.
        candidate: likewise.
    """

    how: str
    reference: str | None
    candidate: str | None


@dataclass(frozen=True)
class Transplant:
    """Content for both nets.

    Args:
        fillings: every content there is, by name.
        reference: for each of its keys that gets one, the content's name.
        candidate: likewise, or a recipe as plain data.
        ledger: what becomes of every tensor of both.
        keys: the candidate's key to the reference's, where both hold the same numbers in the same order.
        recipes: the candidate's key to how it is made of the reference's tensors, for the others that are mapped.
        slots: by mode, under which of the reference's slots each of the candidate's outputs counts.
        tolerance: largest relative difference that rounding alone can make.
        counters: the candidate's batch counters that decide nothing, because every norm has a momentum.
    """

    fillings: Mapping[str, Filling]
    reference: Mapping[str, Any]
    candidate: Mapping[str, Any]
    ledger: tuple[Moved, ...]
    keys: Mapping[str, str]
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    slots: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    tolerance: float = _EXACT
    counters: frozenset[str] = frozenset()

    @property
    def is_complete(self) -> bool:
        """Whether every tensor that either net learns or counts with has its counterpart."""
        return all(line.how != "drawn apart" for line in self.ledger)

    def trials(self, draw: Draw, **settings: Any) -> tuple[Trial, Trial]:
        """The same trial for the reference and for the candidate. ``settings`` are those of ``Trial``."""
        slots = self.slots.get(settings.get("mode", "eval"), ())
        mapped = tuple(dict.fromkeys(key for recipe in self.recipes.values() for key in recipe.keys))
        ours = Trial(self.fillings, self.reference, draw, whole=mapped, **settings)
        return ours, replace(ours, sources=self.candidate, slots=slots, whole=tuple(self.recipes))


def moves(graphs: Sequence[tuple[OpGraph, OpGraph]], found: Sequence[Correspondence]) -> dict[str, str]:
    """The candidate's key to the reference's, for tensors in one role of paired operators that hold as many scalars.

    Args:
        graphs: the reference's and the candidate's, for each capture.
        found: the correspondence of each.
    """
    known: dict[str, str] = {}
    for (reference, candidate), pairs in zip(graphs, found, strict=True):
        for a, b in pairs.pairs.items():
            left, right = reference.ops[a].params, candidate.ops[b].params
            for role in sorted(left.keys() & right.keys()):
                if _alike(left[role], right[role]):
                    known.setdefault(right[role].key, left[role].key)
    return known


def _alike(one: Param, other: Param) -> bool:
    """Whether one's numbers in their order can stand for the other's: of one size but for axes of length 1."""
    ours, theirs = ([n for n in param.shape if n != 1] for param in (one, other))
    return ours == theirs and one.made is None and other.made is None


def transplant(
    graphs: Sequence[tuple[OpGraph, OpGraph]],
    params: tuple[Sequence[Param], Sequence[Param]],
    *,
    found: Sequence[Correspondence] = (),
    keys: Mapping[str, str] | None = None,
    recipes: Mapping[str, Recipe] | None = None,
    seed: int = 0,
) -> Transplant:
    """Decide what every tensor of two nets gets.

    Args:
        graphs: the reference's and the candidate's, for each capture; the eval mode first.
        params: every registered tensor of the reference, and of the candidate.
        found: the correspondence of each capture; needed where ``keys`` is not given.
        keys: the reference's key to the candidate's, where one correspondence was proved for all captures.
        recipes: how to make the candidate's tensors where a weight map was proved; they go before ``keys``.
        seed: of all content.
    """
    drawn = laws([ours for ours, _ in graphs], seed)
    apart = laws([theirs for _, theirs in graphs], seed + 500_009)
    if keys is None:
        known = moves(graphs, found)
        known |= leftover(graphs, known)
    else:
        known = {other: key for key, other in keys.items()}
    ours, theirs = ({param.key: param for param in side} for side in params)
    counted = counters(known.items(), theirs, ours)
    known |= counted
    norms = [op for pair in graphs for graph in pair for op in graph.ops if op.kind == "batch_norm"]
    cumulative = any(op.attributes["training"] and op.attributes["momentum"] is None for op in norms)
    maker = _Maker(drawn, apart, known, dict(recipes or {}), seed)
    for param in params[0]:
        maker.take(param)
    for param in params[1]:
        maker.give(param, ours)
    maker.settle(params[0])
    kinds = {op.kind for pair in graphs for graph in pair for op in graph.ops}
    return Transplant(
        maker.fillings,
        maker.reference,
        maker.candidate,
        tuple(maker.ledger),
        maker.keys,
        maker.mapped,
        {pair[0].mode: slots for pair in graphs if (slots := _slots(*pair)) is not None},
        max([_EXACT, *(limit for kind, limit in _INEXACT.items() if kind in kinds)]),
        frozenset() if cumulative else frozenset(counted),
    )


class _Maker:
    """Fillings, sources and ledger while they are written."""

    def __init__(
        self,
        drawn: Mapping[str, Filling],
        apart: Mapping[str, Filling],
        known: Mapping[str, str],
        recipes: Mapping[str, Recipe],
        seed: int,
    ) -> None:
        self.drawn, self.apart, self.known, self.recipes, self.seed = drawn, apart, known, recipes, seed
        self.fillings: dict[str, Filling] = {}
        self.reference: dict[str, Any] = {}
        self.candidate: dict[str, Any] = {}
        self.ledger: list[Moved] = []
        self.keys: dict[str, str] = {}
        self.mapped: dict[str, Recipe] = {}

    def take(self, param: Param) -> None:
        """A tensor of the reference, and what it gets."""
        filling = self._filling(param, self.drawn)
        if filling is not None:
            self.fillings[param.key] = filling
            self.reference[param.key] = param.key

    def give(self, param: Param, reference: Mapping[str, Param]) -> None:
        """A tensor of the candidate, and what it gets."""
        key, recipe = self.known.get(param.key), self.recipes.get(param.key)
        if recipe is not None and not recipe.is_stored and all(name in self.fillings for name in recipe.keys):
            self.candidate[param.key] = recipe.to_dict()
            self.mapped[param.key] = recipe
            self.ledger += [Moved("mapped", name, param.key) for name in recipe.keys]
            return
        key = recipe.key if recipe is not None and recipe.is_stored else key
        if key in self.fillings and prod(self.fillings[key].shape) == param.size:
            self.candidate[param.key] = self.keys[param.key] = key
            self.ledger.append(Moved("moved" if reference[key].shape == param.shape else "reshaped", key, param.key))
            return
        filling = self._filling(param, self.apart)
        if filling is None:
            partner = key if key in reference and key not in self.fillings else None
            if partner is not None:
                self.keys[param.key] = partner
            self.ledger.append(Moved("kept", partner, param.key))
            return
        name = f"{param.key} (candidate)"
        self.fillings[name] = filling
        self.candidate[param.key] = name
        self.ledger.append(Moved(self._alone(param, self.apart), None, param.key))

    def settle(self, reference: Sequence[Param]) -> None:
        """Whatever of the reference is in no line of the ledger yet."""
        named = {line.reference for line in self.ledger}
        for param in reference:
            if param.key not in named:
                how = self._alone(param, self.drawn) if param.key in self.fillings else "kept"
                self.ledger.append(Moved(how, param.key, None))

    @staticmethod
    def _alone(param: Param, read: Mapping[str, Filling]) -> str:
        return "drawn apart" if param.key in read else "unread"

    def _filling(self, param: Param, known: Mapping[str, Filling]) -> Filling | None:
        """What a tensor gets if nothing else decides; None for a buffer that keeps what it was built with."""
        if param.key in known:
            return known[param.key]
        if param.kind == "parameter":
            return Filling(param.shape, "uniform", -0.5, 0.5, self.seed + crc32(param.key.encode()))
        if param.key.endswith(COUNTER) and not param.shape:
            return Filling((), "uniform", _COUNT, _COUNT)
        return None


def _slots(reference: OpGraph, candidate: OpGraph) -> tuple[int, ...] | None:
    """The reference's slot of each of the candidate's outputs, where both return the same names in another order."""
    ours, theirs = returned(reference.output), returned(candidate.output)
    if ours == theirs or len(ours) != len(theirs):
        return None
    order = in_order_of(ours, theirs)
    slots = tuple(order.index(position) for position in range(len(order)))
    return None if slots == tuple(range(len(slots))) else slots
