"""Which images tell two nets apart: small ones first, of every remainder that a stride can leave. Loads no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from properties.graph.ir import OpGraph, Shape
from properties.graph.kinds import STRIDED
from properties.graph.sizes.plan import IllegalInput, SizePlan, UnpredictableSize, compile_sizes
from properties.oracle.trials.trial import Draw

__all__ = ["Images", "images"]

Accepts = Callable[[Shape, str], bool]

_LARGEST = 1024  # side up to which the smallest legal one is looked for
_FEWEST = 8  # numbers over which a norm takes its statistics in train mode, so that rounding stays rounding
_MOST_SIZES = 4
_MOST_REMAINDERS = 8  # of one stride
_REGIMES = ("large", "sparse", "constant", "impulse")
_FARTHEST = 96  # how far above the smallest side sizes are looked for


@dataclass(frozen=True)
class Images:
    """Draws for a comparison, cheapest first.

    Args:
        eval: for eval mode.
        train: for train mode; more than one image each.
        borders: mode and size at the edge of what the net accepts: just below, just enough, one more, one image.
        unmet: strided operators of which no size leaves a certain remainder, in words.
    """

    eval: tuple[Draw, ...]
    train: tuple[Draw, ...]
    borders: tuple[tuple[str, Shape], ...]
    unmet: tuple[str, ...] = ()

    @property
    def quick(self) -> Draw:
        """One draw for both modes: small, but not so small that statistics are lost."""
        return self.train[0]


def images(
    graph: OpGraph, *, train: OpGraph | None = None, seed: int = 0, accepts: Accepts = lambda size, mode: True
) -> Images:
    """Choose draws for a net.

    Args:
        graph: its eval mode at any size that it accepts.
        train: its train mode, where that may accept other sizes.
        seed: of the draws.
        accepts: whether the net accepts a size, batch axis included, in a mode; asked where no closed form tells.
    """
    captured = next(op.shape for op in graph.ops if op.kind == "input")
    sizes = _Sizes(graph, train or graph, captured, accepts)
    chosen, unmet = sizes.covering()
    if not sizes.axes or not chosen:
        chosen = [captured[2:]]
    numbers = iter(range(seed, seed + 1000))
    evals = [Draw((1 + place % 2, *captured[1:2], *size), seed=next(numbers)) for place, size in enumerate(chosen)]
    middle = sorted(chosen, key=sum)[len(chosen) // 2]
    evals += [Draw((2, *captured[1:2], *middle), regime, next(numbers)) for regime in _REGIMES]
    if captured[2:] not in chosen:
        evals.append(Draw((1, *captured[1:]), seed=next(numbers)))
    trains = [
        Draw((2 + place, *captured[1:2], *size), seed=next(numbers)) for place, size in enumerate(sizes.roomy(chosen))
    ]
    return Images(tuple(evals), tuple(trains), tuple(sizes.borders()), tuple(unmet))


class _Sizes:
    """Sizes of a net's input, without batch and channels, by its closed form or by asking it."""

    def __init__(self, graph: OpGraph, train: OpGraph, captured: Shape, accepts: Accepts) -> None:
        self.graph = graph
        self.captured = captured
        self.axes = len(captured) - 2
        self.asked = accepts
        self.plan = _plan(graph)
        self.plans = {"eval": self.plan, "train": self.plan if train is graph else _plan(train)}
        self.strided = [
            (position, op, axis)
            for position, op in enumerate(graph.ops)
            if op.kind in STRIDED and len(op.attributes["stride"]) == self.axes
            for axis in range(self.axes)
            if op.attributes["stride"][axis] > 1
        ]

    def legal(self, n: int, size: Shape, mode: str = "eval") -> bool:
        """Whether ``n`` images of this size are accepted."""
        plan = self.plans[mode]
        if plan is not None:
            try:
                plan(n, *size)
            except IllegalInput:
                return False
            except (UnpredictableSize, ZeroDivisionError):
                pass
            else:
                return True
        return self.asked((n, *self.captured[1:2], *size), mode)

    def smallest(self, mode: str = "eval") -> int | None:
        """The smallest side that is accepted on all axes, if the captured one is not the only one."""
        if not self.axes:
            return None
        if self._has_form():
            found = (side for side in range(1, _LARGEST) if self.legal(2, (side,) * self.axes, mode))
            return next(found, None)
        sides = sorted({max(1, side // part) for side in self.captured[2:] for part in (8, 4, 2)})
        return next((side for side in sides if self.legal(1, (side,) * self.axes)), None)

    def _has_form(self) -> bool:
        if self.plan is None:
            return False
        try:
            self.plan(1, *[side + 1 for side in self.captured[2:]])
        except IllegalInput:
            return True
        except UnpredictableSize:
            return False
        return True

    def covering(self) -> tuple[list[Shape], list[str]]:
        """Few sizes, small and not square, that leave every remainder at every strided operator; and what they miss."""
        least = self.smallest()
        if least is None:
            return ([self.captured[2:]] if self.axes else []), []
        offered = list(self._offered(least))
        left = {
            (position, axis, rest)
            for position, op, axis in self.strided
            for rest in range(min(op.attributes["stride"][axis], _MOST_REMAINDERS))
        }
        met = {size: self._remainders(size) for size in offered}
        possible = set[tuple[int, int, int]]().union(*met.values()) if met else set()
        chosen: list[Shape] = []
        missing = left & possible
        while offered and len(chosen) < _MOST_SIZES and (missing or not chosen):
            best = max(offered, key=lambda size: (len(met[size] & missing), -sum(size)))
            chosen.append(best)
            missing -= met[best]
            offered.remove(best)
        if len(chosen) == 1 and self.axes > 1 and chosen[0][::-1] in met:
            chosen.append(chosen[0][::-1])
        unmet = sorted(missing)
        return chosen, [self._said(each) for each in unmet]

    def _offered(self, least: int) -> Iterator[Shape]:
        """Legal sizes near the smallest, of two different sides where there are two."""
        span = range(least, least + _FARTHEST)
        strides = [op.attributes["stride"][axis] for _, op, axis in self.strided]
        if not self._has_form() or self.axes != 2 or not strides:
            for far in (0, 1, 5, 16, 32):
                size = tuple(least + far + axis * (1 + far % 2) for axis in range(self.axes))
                if self.legal(1, size):
                    yield size
            return
        for first in span:
            for second in {first + 1, first + 3, 2 * least + _FARTHEST - 1 - first, span[(7 * first) % len(span)]}:
                if second != first and self.legal(1, (first, second)):
                    yield first, second

    def _remainders(self, size: Shape) -> frozenset[tuple[int, int, int]]:
        if self.plan is None or not self.strided:
            return frozenset()
        try:
            shapes = self.plan(1, *size)
        except (IllegalInput, UnpredictableSize):
            return frozenset()
        found = set()
        for position, op, axis in self.strided:
            extent = shapes[op.inputs[0]][2 + axis]
            found.add((position, axis, extent % op.attributes["stride"][axis]))
        return frozenset(found)

    def _said(self, which: tuple[int, int, int]) -> str:
        position, axis, rest = which
        op = self.graph.ops[position]
        stride = op.attributes["stride"][axis]
        return f"{self.graph.label(position)}: no size that leaves {rest} of {stride} on axis {2 + axis}"

    def roomy(self, chosen: Sequence[Shape]) -> list[Shape]:
        """Sizes at which a batch norm in train mode meets enough numbers in each channel, in two images."""
        if not self.axes:
            return [()]
        found: list[Shape] = []
        for size in sorted(chosen, key=sum)[:2]:
            grown = next((larger for larger in self._growing(size) if self._fewest(larger) * 2 >= _FEWEST), size)
            if grown not in found and self.legal(2, grown, "train"):
                found.append(grown)
        return found or [self.captured[2:]]

    def _growing(self, size: Shape) -> Iterator[Shape]:
        for far in range(0, 2 * max(self.captured[2:]) + 64, 2):
            larger = tuple(side + far for side in size)
            if self.legal(2, larger, "train"):
                yield larger

    def _fewest(self, size: Shape) -> int:
        """How many positions the smallest map has on which a norm takes statistics."""
        plan = self.plans["train"]
        if plan is None:
            return _FEWEST
        try:
            shapes = plan(2, *size)
        except (IllegalInput, UnpredictableSize):
            return _FEWEST
        maps = [shapes[place][2:] for place, op in plan.graph.of_kind("batch_norm") if len(op.shape) > 2]
        return min((_product(shape) for shape in maps), default=_FEWEST)

    def borders(self) -> Iterator[tuple[str, Shape]]:
        """Where acceptance ends: around the smallest side, in both modes, and single images in train mode."""
        batch = self.captured[1:2]
        least = self.smallest()
        if least is None:
            yield from (("eval", (1, *self.captured[1:])), ("train", (1, *self.captured[1:])))
            return
        trained = self.smallest("train") or least
        for mode, edge in (("eval", least), ("train", trained)):
            for side in (edge - 1, edge, edge + 1):
                if side > 0:
                    yield mode, (2, *batch, *[side] * self.axes)
        for side in (trained, trained + 1, 2 * trained + 1):
            yield "train", (1, *batch, *[side] * self.axes)


def _plan(graph: OpGraph) -> SizePlan | None:
    try:
        return compile_sizes(graph)
    except UnpredictableSize:
        return None


def _product(shape: Shape) -> int:
    found = 1
    for side in shape:
        found *= side
    return found
