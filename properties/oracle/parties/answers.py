"""How a net's questions about its input were answered so far, and which input would answer one of them otherwise.

Loads no torch.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence

from properties.graph.ir import Shape
from properties.graph.question import Asked, Question

__all__ = ["Answers"]

_Key = tuple[str, str, int, str]

_EQUALITY = ("==", "!=", "truth")
_LONGEST_SIDE = 4096
_MOST_IMAGES = 4096
_FEWEST_PIXELS = 8  # a constant below it is a number of axes or parts, and no size of an image


class Answers:
    """The questions of one net in one mode.

    Args:
        home: the input at which it is compared first, batch axis included.
    """

    def __init__(self, home: Shape) -> None:
        self.home = home
        self._samples: dict[_Key, dict[Shape, Question]] = {}
        self._asked: dict[Shape, Asked] = {}
        self._spent: Counter[str] = Counter()  # inputs tried, by the line for the sake of which they were
        self._last: dict[Shape, str] = {}

    def add(self, size: Shape, asked: Asked) -> None:
        """Take in what was asked at a size."""
        self._asked[size] = asked
        if size in self._last:
            self._spent[self._last.pop(size)] += 1
        for question in asked.questions:
            self._samples.setdefault(question.key, {})[size] = question

    def open(self) -> list[Question]:
        """Those that depend on the input and had one answer only, as they were asked first."""
        return [
            next(iter(samples.values()))
            for key, samples in self._samples.items()
            if self._depends(key) and len({each.answer for each in samples.values()}) == 1 and key[3] != "number"
        ]

    def _depends(self, key: _Key) -> bool:
        """Whether what a question is about moves with the input; one that was asked once may."""
        samples = self._samples[key]
        return len(samples) == 1 or len({each.sizes for each in samples.values()}) > 1

    def new_at(self, size: Shape, known: Iterable[Shape]) -> set[tuple[_Key, int]]:
        """The answers that were given at a size and at none of some others."""
        before = {(q.key, q.answer) for other in known if other in self._asked for q in self._asked[other].questions}
        found = {(q.key, q.answer) for q in self._asked[size].questions if self._depends(q.key)}
        return found - before

    def calls_otherwise(self, size: Shape, known: Sequence[Shape]) -> bool:
        """Whether other operators ran there than at each of some other sizes."""
        calls = self._asked[size].calls
        return bool(calls) and all(self._asked[other].calls != calls for other in known if other in self._asked)

    def proposals(self, tried: Container[Shape], most: int) -> Iterator[tuple[int, Shape]]:
        """Inputs that may answer a question otherwise, each with how many were tried for the sake of its line before.

        Args:
            tried: those that were.
            most: how many are tried for one line; the same one asks in many layers.
        """
        for question in (*self.open(), *self._out_of_sight()):
            spent = self._spent[question.where]
            size = next((size for size in self._for(question) if size not in tried), None) if spent < most else None
            if size is not None:
                self._last[size] = question.where
                yield spent, size

    def _out_of_sight(self) -> list[Question]:
        """Uses after which a number cannot be followed, the first in each line."""
        found = {key[0]: next(iter(self._samples[key].values())) for key in self._samples if key[3] == "number"}
        return [question for question in found.values() if self._depends(question.key)]

    def _for(self, question: Question) -> Iterator[Shape]:
        samples = self._samples[question.key]
        size, first = next(iter(samples.items()))
        if question.operator == "number":
            return _from_constants(size, first)
        inputs = [*_from_constants(size, first), *_by_secant(samples)]
        near = list(_stepping(size, (1, 5, 33, -1, -5)))
        far = list(_scaling(size, (2.0, 0.5, 4.0, 0.25, 8.0)))
        is_equal = first.operator in _EQUALITY and first.gap == 0
        return iter([*near, *inputs, *far] if is_equal else [*inputs, *far, *near])


def _directions(size: Shape) -> list[tuple[int, ...]]:
    """Axes that are moved together: the batch, all sides of an image, each side."""
    sides = tuple(range(2, len(size)))
    return [(0,), *([sides] if len(sides) > 1 else []), *[(side,) for side in sides]]


def _moved(size: Shape, axes: tuple[int, ...], to: float) -> Iterator[Shape]:
    """The size with some axes at a number, just below and just above, the others as they are."""
    most = _MOST_IMAGES if axes == (0,) else _LONGEST_SIDE
    if not math.isfinite(to):
        return
    for side in dict.fromkeys((math.ceil(to), math.floor(to), math.floor(to) + 1, math.ceil(to) - 1)):
        if 1 <= side <= most and (side != size[axes[0]]):
            yield tuple(side if axis in axes else extent for axis, extent in enumerate(size))


def _from_constants(size: Shape, question: Question) -> Iterator[Shape]:
    """Inputs at which a size that the question is about is one of its constants."""
    constants = [each for each in question.constants if math.isfinite(each) and each > 0]
    for axes in _directions(size):
        at = size[axes[0]]
        for leaf in question.sizes:
            is_one_of_them = leaf in (size[0], *size[2:])  # and none of a map that is smaller
            for constant in constants if leaf > 0 and (leaf == at or not is_one_of_them) else ():
                if question.operator == "number" and constant < _FEWEST_PIXELS and axes != (0,):
                    continue
                for near in (constant,) if leaf == at else (constant, constant - 1, constant + 1):
                    yield from _moved(size, axes, near * at / leaf)


def _by_secant(samples: dict[Shape, Question]) -> Iterator[Shape]:
    """Where the two sides would meet, if they went on as between two inputs that differ along one direction."""
    (size, question), *others = samples.items()
    for axes in _directions(size):
        for other, again in others:
            moved = [axis for axis, (a, b) in enumerate(zip(size, other, strict=True)) if a != b]
            if tuple(moved) != axes or again.gap == question.gap:
                continue
            step = (other[axes[0]] - size[axes[0]]) / (again.gap - question.gap)
            beyond = question.gap + (1 if question.gap > 0 else -1)  # a map has one size for many images
            for gap in (beyond, question.gap):
                yield from _moved(size, axes, size[axes[0]] - gap * step)


def _stepping(size: Shape, steps: Sequence[int]) -> Iterator[Shape]:
    for step in steps:
        for axes in _directions(size):
            if min(size[axis] + step for axis in axes) > 0:
                yield tuple(extent + step if axis in axes else extent for axis, extent in enumerate(size))


def _scaling(size: Shape, factors: Sequence[float]) -> Iterator[Shape]:
    for factor in factors:
        for axes in _directions(size):
            found = tuple(
                max(1, round(extent * factor)) if axis in axes else extent for axis, extent in enumerate(size)
            )
            if found != size and max(found[2:], default=0) <= _LONGEST_SIDE:
                yield found
