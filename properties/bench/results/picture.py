"""Saved runs as one picture in SVG that needs nothing beside it: speed under the roofline, and the ratio run by run.

Each case is a line of the picture. On the left its images per second, on a logarithmic axis, with the roofline as a
bar to its right; on the right its time over torchvision's in every run, with the interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10

from properties.bench.results.saved import Row, Run, latest

__all__ = ["draw"]

_LABEL, _SPEED, _RATIO, _GAP, _MARGIN = 420, 420, 280, 40, 20  # widths
_TOP, _LINE, _BOTTOM = 104, 26, 46  # heights
_OURS, _THEIRS, _ROOF, _INK, _FAINT = "#1f5fa8", "#d1762a", "#333333", "#222222", "#dddddd"
_REACH = 0.10  # how far from 1 the ratio's axis goes
_TARGET = 0.05  # what "as fast as torchvision's" allows


def draw(runs: Sequence[Run]) -> str:
    """The picture of some runs of one device.

    Args:
        runs: oldest first, at least one.
    """
    found = latest(runs)
    width = _MARGIN + _LABEL + _SPEED + _GAP + _RATIO + _MARGIN
    bottom = _TOP + _LINE * len(found)
    axis = _Logarithmic([speed for arms in found.values() for row in arms.values() for speed in _speeds(row)])
    parts = [*_heading(runs), *axis.grid(bottom), *_ratio_grid(runs, bottom)]
    for number, (case, arms) in enumerate(found.items()):
        middle = _TOP + _LINE * number + _LINE / 2
        parts += [_text(_MARGIN, middle + 4, _label(case, arms)), *_speed(arms, axis, middle)]
        parts += _history(case, runs, middle)
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{bottom + _BOTTOM}"'
        f' viewBox="0 0 {width} {bottom + _BOTTOM}" font-family="sans-serif" font-size="12">\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'
    )


def _speeds(row: Row) -> list[float]:
    roof = [] if row.floor_seconds is None else [row.batch / row.floor_seconds]
    return [row.images_per_second, *roof]


def _label(case: str, arms: dict[str, Row]) -> str:
    batch = next(iter(arms.values())).batch
    return case if f"-b{batch}-" in case else f"{case} (b{batch} fit)"


class _Logarithmic:
    """The axis of images per second: whole decades around all that is shown."""

    left = _MARGIN + _LABEL

    def __init__(self, values: Sequence[float]) -> None:
        self.low = floor(log10(min(values)))
        self.high = max(ceil(log10(max(values))), self.low + 1)

    def __call__(self, value: float) -> float:
        return self.left + _SPEED * (log10(value) - self.low) / (self.high - self.low)

    def grid(self, bottom: float) -> list[str]:
        """A line and a number for each decade."""
        found = []
        for decade in range(self.low, self.high + 1):
            x = self(10.0**decade)
            found += [_line(x, _TOP, x, bottom), _text(x, bottom + 18, f"{10.0**decade:,g}", anchor="middle")]
        return [*found, _text(self.left + _SPEED / 2, bottom + 36, "images per second", anchor="middle")]


def _heading(runs: Sequence[Run]) -> list[str]:
    newest = runs[-1]
    title = f"Forward passes on {newest.device.get('name')}"
    under = f"torch {newest.device.get('torch')}; newest run {newest.label}, {len(runs)} in all"
    x, y = _Logarithmic.left, 72
    return [
        f'<text x="{_MARGIN}" y="28" font-size="17" fill="{_INK}">{escape(title)}</text>',
        _text(_MARGIN, 48, under),
        _dot(x + 6, y, _OURS),
        _text(x + 16, y + 4, "archproof"),
        _dot(x + 96, y, _THEIRS),
        _text(x + 106, y + 4, "torchvision"),
        _line(x + 196, y - 8, x + 196, y + 8, _ROOF, 3),
        _text(x + 206, y + 4, "roofline of the measured ceilings"),
    ]


def _speed(arms: dict[str, Row], axis: _Logarithmic, middle: float) -> list[str]:
    roofs = [row.batch / row.floor_seconds for row in arms.values() if row.floor_seconds is not None]
    found = [_line(axis.left, middle, axis.left + _SPEED, middle)]
    found += [_line(axis(roof), middle - 9, axis(roof), middle + 9, _ROOF, 3) for roof in roofs[:1]]
    for arm, colour, above in (("torchvision", _THEIRS, 4), ("archproof", _OURS, -4)):  # side by side where they meet
        if arm in arms:
            x = axis(arms[arm].images_per_second)
            found.append(_dot(x, middle + above, colour))
    return found


def _ratio_x(number: int, count: int) -> float:
    left = _Logarithmic.left + _SPEED + _GAP
    return left + _RATIO * (number + 0.5) / count


def _ratio_grid(runs: Sequence[Run], bottom: float) -> list[str]:
    left = _Logarithmic.left + _SPEED + _GAP
    ends = {0, len(runs) - 1}
    found = [_text(_ratio_x(n, len(runs)), bottom + 18, runs[n].when[:10], anchor="middle") for n in sorted(ends)]
    legend = f"each strip from {1 - _REACH:.1f} to {1 + _REACH:.1f}; shaded: within {_TARGET:.0%}"
    return [
        *found,
        _text(left, 60, "time over torchvision's, run by run"),
        _text(left, 76, legend),
        _text(left, 92, "above the line is slower; hollow: farther off"),
    ]


def _history(case: str, runs: Sequence[Run], middle: float) -> list[str]:
    """A strip in which every run has a place: its ratio, with its interval as a whisker."""
    ratios = [next((row.ratio for row in run.rows if row.case == case and row.ratio), None) for run in runs]
    if not any(ratios):
        return []
    left, scale = _Logarithmic.left + _SPEED + _GAP, (_LINE / 2 - 2) / _REACH

    def y(ratio: float) -> float:
        return middle - scale * min(max(ratio - 1, -_REACH), _REACH)

    height = 2 * scale * _TARGET
    shade = f'<rect x="{left}" y="{y(1 + _TARGET):.1f}" width="{_RATIO}" height="{height:.1f}" fill="#eef3e8"/>'
    found = [shade, _line(left, middle, left + _RATIO, middle)]
    for number, ratio in enumerate(ratios):
        if ratio is not None:
            x, (low, between, high) = _ratio_x(number, len(runs)), ratio
            beyond = abs(between - 1) > _REACH  # its dot stands on the edge, and is hollow
            found += [_line(x, y(low), x, y(high), _OURS), _dot(x, y(between), _OURS, hollow=beyond)]
    return found


def _text(x: float, y: float, text: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_INK}">{escape(text)}</text>'


def _line(x: float, y: float, to_x: float, to_y: float, colour: str = _FAINT, width: float = 1) -> str:
    ends = f'x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"/>'


def _dot(x: float, y: float, colour: str, *, hollow: bool = False) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{"white" if hollow else colour}" stroke="{colour}"/>'
