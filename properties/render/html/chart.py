"""How far two nets are apart after each layer, as a picture; where nothing was computed, where they deviate."""

from __future__ import annotations

from math import log10

from properties.render.html.lines import amount, anchor, has_parted, resized
from properties.render.html.markup import Markup, element, visible
from properties.report.side_by_side import SideBySide

__all__ = ["chart"]

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 1000, 62, 14, 46, 84
_PLOT, _STRIP = 190, 26  # heights of the plot with numbers and without
_LOWEST = -17  # what is not apart at all stands here, below what rounding makes
_TICKS = (0, -4, -8, -12, -16)
_BESIDE = 15.0  # pixels that two labels need
_LONGEST = 18  # characters of a label


def chart(shown: SideBySide, marks: dict[int, int]) -> Markup:
    """The picture.

    Args:
        shown: both nets in one mode.
        marks: for deviations, the position of the first line that is part of each.
    """
    canvas = _Canvas(shown)
    parts = [*canvas.stages(), *canvas.scale(), *canvas.bars(), *canvas.limit(), *canvas.ticks(), *canvas.marks(marks)]
    label = "difference of the two nets after each layer" if canvas.measured else "where the two nets deviate"
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {_WIDTH} {canvas.bottom + _BOTTOM:g}",
        role="group",
        aria_label=label,
        class_="chart",
    )


class _Canvas:
    """The axes of one picture: a line of the nets is a place from left to right."""

    def __init__(self, shown: SideBySide) -> None:
        self.shown = shown
        self.measured = shown.computed is not None
        self.bottom = _TOP + (_PLOT if self.measured else _STRIP)
        self.step = (_WIDTH - _LEFT - _RIGHT) / max(len(shown.lines), 1)
        self.highest = max([0.0, *(log10(line.apart) for line in shown.lines if line.apart)])

    def x(self, position: float) -> float:
        return _LEFT + self.step * (position + 0.5)

    def y(self, relative: float) -> float:
        power = max(log10(relative), _LOWEST) if relative > 0 else _LOWEST
        return _TOP + (self.bottom - _TOP) * (self.highest - power) / (self.highest - _LOWEST)

    def stages(self) -> list[Markup]:
        """Where each of the net's own modules begins; the names of the longest, as many as there is room for."""
        starts: list[tuple[int, str]] = []
        for at, line in enumerate(self.shown.lines):
            cell = line.reference or line.candidate
            stage = "" if cell is None or cell.where.startswith("(") else cell.where.partition(".")[0]
            if stage and (not starts or starts[-1][1] != stage):
                starts.append((at, stage))
        ends = [*(at for at, _ in starts[1:]), len(self.shown.lines)]
        places: list[float] = []
        found = []
        for (at, stage), _ in sorted(zip(starts, ends, strict=True), key=lambda one: one[0][0] - one[1]):
            x = self.x(at - 0.5)
            found.append(_line(x, _TOP, x, self.bottom, "stage"))
            if all(abs(x - place) >= _BESIDE for place in places):
                places.append(x)
                found.append(_label(stage, x + 5, self.bottom + 14))
        return found

    def scale(self) -> list[Markup]:
        """The axis of the differences."""
        if not self.measured:
            return [_line(_LEFT, self.bottom, _WIDTH - _RIGHT, self.bottom, "axis")]
        found = []
        for power in _TICKS:
            y = self.y(10.0**power)
            found += [
                _line(_LEFT, y, _WIDTH - _RIGHT, y, "grid"),
                _text("1" if power == 0 else f"1e{power}", _LEFT - 8, y + 4, "end"),
            ]
        return found

    def limit(self) -> list[Markup]:
        """What rounding explains, drawn over the bars."""
        if not self.measured or not self.shown.tolerance:
            return []
        y = self.y(self.shown.tolerance)
        said = _text("rounding", _LEFT + 6, y - 5, "start")
        return [_line(_LEFT, y, _WIDTH - _RIGHT, y, "tolerance"), said]

    def bars(self) -> list[Markup]:
        """A bar for each layer; one of full height where the two results have two sizes."""
        found = []
        width = max(1.2, min(0.8 * self.step, 14.0))
        for at, line in enumerate(self.shown.lines):
            if not self.measured or line.reference is None or line.candidate is None:
                continue
            if line.apart is None and not resized(line):
                continue
            top = _TOP if line.apart is None else min(self.y(line.apart), self.bottom - 1.5)
            said = f"{line.reference.size} and {line.candidate.size}" if line.apart is None else amount(line.apart)
            kind = "bar size" if line.apart is None else "bar far" if has_parted(self.shown, line) else "bar"
            bar = element(
                "rect",
                element("title", f"{line.reference.where}: {said}"),
                x=f"{self.x(at) - width / 2:.1f}",
                y=f"{top:.1f}",
                width=f"{width:.1f}",
                height=f"{self.bottom - top:.1f}",
                class_=kind,
            )
            found.append(bar)
        return found

    def ticks(self) -> list[Markup]:
        """Below the axis, every line that differs."""
        positions = [at for at, line in enumerate(self.shown.lines) if line.differs or line.deviations]
        top = self.bottom + 1 if self.measured else _TOP
        return [_line(self.x(at), top, self.x(at), self.bottom + 7, "tick") for at in positions]

    def marks(self, marks: dict[int, int]) -> list[Markup]:
        """Above the plot, the number of each deviation at its first place, as a link to that line."""
        found, ends = [], [0.0, 0.0, 0.0]
        for number, at in sorted(marks.items(), key=lambda item: item[1]):
            x = self.x(at)
            level = next((one for one, end in enumerate(ends) if x - end >= 18), len(ends) - 1)
            ends[level] = x
            y = _TOP - 14 - 15 * level
            dot = element("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=8)
            text = _text(str(number), x, y + 3.6, "middle")
            stem = _line(x, y + 8, x, self.bottom, "stem")
            said = element("title", f"deviation {number}")
            found.append(element("a", said, stem, dot, text, href=f"#{anchor(self.shown, at)}", class_="mark"))
        return found


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return element("line", x1=f"{x1:.1f}", y1=f"{y1:.1f}", x2=f"{x2:.1f}", y2=f"{y2:.1f}", class_=kind)


def _text(text: str, x: float, y: float, where: str) -> Markup:
    return element("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=where)


def _label(text: str, x: float, y: float) -> Markup:
    shown = visible(text)
    shown = shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
    turned = f"rotate(-38 {x:.1f} {y:.1f})"
    return element("text", shown, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor="end", transform=turned, class_="stage")
