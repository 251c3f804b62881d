"""The way of an image through a net as one picture: how its size shrinks and its channels grow, stage by stage.

Each stage is a row. The block in the middle is as wide as the result's sides, the bar beside it as long as its channels
are many. What happens inside, with the size formula filled in, shows when the pointer rests on a row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import prod

from properties.describe import Description
from properties.describe.drawing.stages import Stage, stages
from properties.describe.layers import batch_free
from properties.describe.lines import short
from properties.graph.ir import Shape
from properties.render.html.markup import Markup, element, joined, visible
from properties.render.html.page import asset

__all__ = ["draw"]

_WIDTH, _MARGIN, _HEADING, _HEADS, _ROW, _BLOCK = 1080, 16, 66, 30, 46, 28
_MIDDLE, _WIDEST = 432, 250  # of the blocks
_BARS, _LONGEST = 580, 165  # left end of the bars, and the length of the longest
_SIZE, _PARAMS, _MACS = 850, 960, 1064  # right ends of the columns of numbers
_NAME, _WORDS = 34, 44  # characters of a name and of what stands below it
_TOLD = 14  # operators of a row that its tooltip lists


def draw(description: Description, depth: int | None = None, *, linked: bool = False) -> Markup:
    """The picture, as an SVG document.

    Args:
        description: the net.
        depth: as for ``stages``.
        linked: whether it is part of a page that has a heading, and each row a link to ``#stage-1``, ``#stage-2``, ...
    """
    rows = stages(description, depth)
    canvas = _Canvas(description.input_shape, rows, _HEADS if linked else _HEADING + _HEADS)
    height = canvas.top(len(rows) + 1) + _MARGIN
    parts = [
        element("style", Markup(asset("flow.css"))),
        element("title", f"The way of an image through {description.target}"),
        element("rect", width=_WIDTH, height=height, class_="ground"),
        *([] if linked else _heading(description)),
        *canvas.heads(),
        *(
            way
            for number, row in enumerate(rows, start=1)
            for source in row.sources
            for way in canvas.way(source, number)
        ),
        *canvas.row(0, "input", "", ()),
    ]
    for number, row in enumerate(rows, start=1):
        y = canvas.middle(number) + 4
        drawn = [
            *canvas.row(number, row.name, row.words, row.folded[0].inputs),
            _text(_PARAMS, y, f"{row.params:,}" if row.params else "", anchor="end"),
            _text(_MACS, y, short(row.macs) if row.macs else "", anchor="end"),
            element("rect", x=0, y=canvas.top(number), width=_WIDTH, height=_ROW, class_="over"),
            element("title", _told(row)),
        ]
        parts.append(element("a", *drawn, href=f"#stage-{number}") if linked else element("g", *drawn))
    return element(
        "svg",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        width=_WIDTH,
        height=height,
        viewBox=f"0 0 {_WIDTH} {height}",
        class_="flow",
        role=None if linked else "img",
    )


class _Canvas:
    """The scales of one picture."""

    def __init__(self, entering: Shape, rows: Sequence[Stage], above: int) -> None:
        self.shapes = [entering, *(row.output for row in rows)]
        self.above = above
        self.widest = max(map(_side, self.shapes))
        shown = [shape for shape in self.shapes if len(shape) > 2] + self.shapes[-1:]
        self.most = max(map(_channels, shown))  # a flattened image has far more features than any channels

    def top(self, number: int) -> int:
        return self.above + _ROW * number

    def middle(self, number: int) -> int:
        return self.top(number) + _ROW // 2

    def width(self, number: int) -> float:
        return max(_WIDEST * _side(self.shapes[number]) / self.widest, 2.0)

    def heads(self) -> list[Markup]:
        """What the columns are."""
        heads = (
            (_MARGIN, "stage", "start"),
            (_MIDDLE, "sides", "middle"),
            (_BARS, "channels", "start"),
            (_SIZE, "result", "end"),
            (_PARAMS, "parameters", "end"),
            (_MACS, "macs", "end"),
        )
        y = self.above - 2
        rule = element("line", x1=_MARGIN, y1=y, x2=_WIDTH - _MARGIN, y2=y, class_="rule")
        return [*(_text(x, y - 8, head, anchor=anchor, kind="soft") for x, head, anchor in heads), rule]

    def row(self, number: int, name: str, words: str, inputs: Sequence[Shape]) -> list[Markup]:
        """Name, block, bar and size."""
        y, width, shape = self.middle(number), self.width(number), self.shapes[number]
        resized = bool(inputs) and all(_side(shape) != _side(entering) for entering in inputs)
        block = element(
            "rect",
            x=f"{_MIDDLE - width / 2:.1f}",
            y=y - _BLOCK // 2,
            width=f"{width:.1f}",
            height=_BLOCK,
            rx=2,
            class_="resized" if resized else "same",
        )
        return [
            _text(_MARGIN, y + (-3 if words else 4), _end(name, _NAME), kind="name"),
            _text(_MARGIN, y + 13, _start(words, _WORDS), kind="soft"),
            block,
            *self.bar(y, _channels(shape)),
            _text(_SIZE, y + 4, batch_free(shape), anchor="end"),
        ]

    def bar(self, y: int, channels: int) -> list[Markup]:
        """As long as there are channels; broken where there are more than there is room for."""
        length = min(max(_LONGEST * channels / self.most, 1.5), _LONGEST + 12)
        found = [element("rect", x=_BARS, y=y - 5, width=f"{length:.1f}", height=10, rx=1, class_="bar")]
        if channels > self.most:
            x = _BARS + _LONGEST - 8
            points = f"{x},{y + 7} {x + 5},{y - 7} {x + 9},{y - 7} {x + 4},{y + 7}"
            found.append(element("polygon", points=points, class_="ground"))
        return found

    def way(self, source: int, number: int) -> list[Markup]:
        """What joins a block with one that it is made of."""
        above, below = self.width(source) / 2, self.width(number) / 2
        y, end = self.middle(source) + _BLOCK // 2, self.middle(number) - _BLOCK // 2
        start = end - (_ROW - _BLOCK)  # past what stands between it goes straight
        corners = ((-above, y), (above, y), (above, start), (below, end), (-below, end), (-above, start))
        points = " ".join(f"{_MIDDLE + x:.1f},{height}" for x, height in corners)
        return [element("polygon", points=points, class_="way")]


def _heading(description: Description) -> list[Markup]:
    totals = description.totals
    under = f"{batch_free(description.input_shape)} to {', '.join(map(batch_free, description.outputs))}"
    under += f" · {totals.params:,} parameters · {short(totals.macs)} multiply-adds"
    return [
        _text(_MARGIN, 32, _start(description.target, 90), kind="title"),
        _text(_MARGIN, 54, _start(under, 150), kind="soft"),
    ]


def _told(row: Stage) -> Markup:
    """The size formulas inside, an operator a line."""
    said = [
        f"{layer.name}: {layer.kind} {layer.settings}".strip() + f"   {'; '.join(layer.formula)}"
        for layer in row.layers
        if layer.formula
    ]
    more = [f"... {len(said) - _TOLD} more"] if len(said) > _TOLD else []
    return joined([*said[:_TOLD], *more] or [f"{row.words}: the size stays"], Markup("\n"))


def _channels(shape: Shape) -> int:
    """Features of each position: the second axis of images, the last one of tokens and vectors."""
    return shape[1] if len(shape) > 3 else shape[-1]


def _side(shape: Shape) -> float:
    """Positions along one side, as if all sides were equal; tokens are as many as a square image's positions."""
    sides = shape[2:] if len(shape) > 3 else shape[1:-1]
    return math.pow(prod(sides), 1 / max(len(sides), 2))


def _end(text: str, most: int) -> str:
    """The end of a name says more than its beginning."""
    shown = visible(text)
    return shown if len(shown) <= most else f"…{shown[1 - most :]}"


def _start(text: str, most: int) -> str:
    shown = visible(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _text(x: int, y: int, text: str, *, anchor: str = "start", kind: str | None = None) -> Markup:
    return element("text", text, x=x, y=y, text_anchor=anchor, class_=kind)
