"""Chains of reshapes and permutations, followed axis by axis: what a value was before it was moved about."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from properties.graph.ir import Op, Shape
from properties.graph.kinds import VIEWS
from properties.graph.rewriting.rule import Rewriting

__all__ = ["Factors", "Step", "last_two_turned", "origin_of"]

Step = tuple[str, Shape, Shape]  # its kind, its axes or its shape, and the shape of its result


def last_two_turned(rank: int) -> Shape:
    """The axes of a tensor, the last two in the other order: what transposes matrices."""
    return (*range(rank - 2), rank - 1, rank - 2)


def origin_of(position: int, graph: Rewriting) -> tuple[int, Factors] | None:
    """What a value was before it was moved about, and how; None where it was not, or not in a way that is followed."""
    chain: list[Op] = []
    while graph.ops[position].kind in VIEWS:
        chain.append(graph.ops[position])
        position = chain[-1].inputs[0]
    factors = Factors(graph.ops[position].shape)
    return (position, factors) if chain and all(map(factors.follow, reversed(chain))) else None


class Factors:
    """The axes of a tensor as products of factors that no view has taken apart, before the views and after them.

    An axis of size 1 has no factor, except for the first one: a batch of one image is looked after as any other is.
    """

    def __init__(self, shape: Shape) -> None:
        self.before = shape
        self.sizes = list(shape)
        self.home = [[axis] if size != 1 or axis == 0 else [] for axis, size in enumerate(shape)]
        self.now = [list(factors) for factors in self.home]

    def follow(self, view: Op) -> bool:
        """Whether one more view could be followed."""
        if view.kind != "permute":
            return self._regroup(view.shape)
        self.now = [self.now[dim] for dim in view.attributes["dims"]]
        return True

    def _regroup(self, shape: Shape) -> bool:
        """Whether the sizes can be made of factors, some of which may have to be cut in two."""
        waiting = [factor for axis in self.now for factor in axis]
        found: list[list[int]] = []
        for size in shape:
            found.append([])
            while waiting and self.sizes[waiting[0]] == 1:  # a batch of one
                found[-1].append(waiting.pop(0))
            while size != 1:
                if not waiting or size == 0 or self.sizes[waiting[0]] == 0:
                    return False
                first = waiting.pop(0)
                if size % self.sizes[first]:
                    if self.sizes[first] % size:
                        return False
                    waiting.insert(0, self._cut(first, size))
                found[-1].append(first)
                size //= self.sizes[first]
        if waiting and found:
            found[-1] += waiting
        self.now = found
        return True

    def _cut(self, factor: int, size: int) -> int:
        """Keep so much of a factor; the rest as a factor of its own."""
        self.sizes.append(self.sizes[factor] // size)
        self.sizes[factor] = size
        rest = len(self.sizes) - 1
        for axis in self.home:
            if factor in axis:
                axis.insert(axis.index(factor) + 1, rest)
        return rest

    def steps(self, after: Shape) -> list[Step]:
        """A reshape, a permutation and a reshape, each only where it is needed."""
        place = self._places()
        pieces = self._pieces([factor for factors in self.now for factor in factors])
        home = sorted(pieces, key=lambda piece: place[piece[0]])
        if home == pieces:
            return [] if self.before == after else [("reshape", after, after)]
        dims = self._axes()
        if dims is not None:
            return [("permute", dims, after)]
        cut, turned = self._lengths(home), self._lengths(pieces)
        dims = tuple(home.index(piece) for piece in pieces)
        first: list[Step] = [] if cut == self.before else [("reshape", cut, cut)]
        last: list[Step] = [] if turned == after else [("reshape", after, after)]
        return [*first, ("permute", dims, turned), *last]

    def leading(self) -> Shape:
        """The sizes of what the first axis was merged of."""
        return self._lengths(self._pieces(self.now[0]))

    def _places(self) -> dict[int, tuple[int, int]]:
        return {factor: (axis, at) for axis, factors in enumerate(self.home) for at, factor in enumerate(factors)}

    def _pieces(self, factors: Sequence[int]) -> list[list[int]]:
        """Factors that are neighbours on one axis, before and now, as one."""
        place = self._places()
        pieces: list[list[int]] = []
        for factor in factors:
            axis, at = place[factor]
            if pieces and place[pieces[-1][-1]] == (axis, at - 1):
                pieces[-1].append(factor)
            else:
                pieces.append([factor])
        return pieces

    def _lengths(self, pieces: Sequence[Sequence[int]]) -> Shape:
        return tuple(prod(self.sizes[factor] for factor in piece) for piece in pieces)

    def _axes(self) -> Shape | None:
        """Which axis each axis of the result was, where none was cut or merged; those of size 1 as they came."""
        if len(self.now) != len(self.home) or any(factors and factors not in self.home for factors in self.now):
            return None
        without = iter([axis for axis, factors in enumerate(self.home) if not factors])
        return tuple(self.home.index(factors) if factors else next(without) for factors in self.now)
