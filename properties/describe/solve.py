"""``--solve kernel=5,in=32,out=32``: the size formula of a convolution or pool, solved for what is missing."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from properties.formulas import Window, conv_formula, solve

__all__ = ["Question", "Solution", "parse_question"]

_NAMES = {
    "kernel": "kernel_size",
    "stride": "stride",
    "padding": "padding",
    "dilation": "dilation",
    "in": "in_size",
    "out": "out_size",
}
_ASKED = ("kernel", "stride", "padding", "dilation", "in", "out")
_ANSWERS: tuple[str, ...] = ("kernel", "padding", "in", "out")  # what the others are there for
_SHOWN = 12


@dataclass(frozen=True)
class Solution:
    """One way to fill in what was missing.

    Args:
        window: every number.
        asked: the names that were not given, in words of the command line.
    """

    window: Window
    asked: tuple[str, ...]

    def __str__(self) -> str:
        """``padding 2 (stride 1, dilation 1): floor((32 - 5 + 2*2)/1) + 1 = 32``."""
        w = self.window
        sought = {name: getattr(w, _NAMES[name]) for name in self.asked}
        first = [name for name in _ANSWERS if name in sought] or list(sought)
        answer = ", ".join(f"{name} {sought[name]}" for name in first)
        rest = ", ".join(
            f"{name} {getattr(w, name)}" for name in ("stride", "padding", "dilation") if name not in first
        )
        formula = conv_formula(w.in_size, w.kernel_size, stride=w.stride, padding=w.padding, dilation=w.dilation)
        return f"{answer} ({rest}): {formula}" if rest else f"{answer}: {formula}"

    def to_dict(self) -> dict[str, Any]:
        """The numbers by the names of the command line, and the formula."""
        numbers = asdict(self.window)
        return {**{name: numbers[field] for name, field in _NAMES.items()}, "text": str(self)}


@dataclass(frozen=True)
class Question:
    """What is known of a size formula.

    Args:
        given: what was typed; what is not in it is sought or has its default.
    """

    given: Mapping[str, int | None]

    @property
    def known(self) -> dict[str, int | None]:
        """Every name's number, None where it is sought: without both sizes, stride is 1 and padding 0 unless given."""
        one_size = "in" not in self.given or "out" not in self.given
        defaults = {"dilation": 1, **({"stride": 1, "padding": 0} if one_size else {})}
        return {name: self.given.get(name, None if name in self.given else defaults.get(name)) for name in _NAMES}

    def solve(self) -> tuple[Solution, ...]:
        """Every solution, the most usual first.

        Raises:
            ValueError: if too little is known or a number is out of range.
        """
        known = self.known
        if known["in"] is None and known["out"] is None:
            raise ValueError("at least one of in and out is needed")
        if known["kernel"] is None and (known["in"] is None or known["out"] is None):
            raise ValueError("kernel is needed unless both in and out are given")
        found = solve(
            kernel_size=known["kernel"],
            stride=known["stride"],
            padding=known["padding"],
            dilation=known["dilation"],
            in_size=known["in"],
            out_size=known["out"],
        )
        asked = tuple(name for name in _ASKED if known[name] is None)
        return tuple(Solution(window, asked or ("out",)) for window in found)

    def text(self, solutions: tuple[Solution, ...]) -> str:
        """The solutions, one a line, or that there is none."""
        known = ", ".join(f"{name} {number}" for name, number in self.known.items() if number is not None)
        if not solutions:
            sought = " or ".join(name for name, number in self.known.items() if number is None)
            return f"no solution: no {sought} fits {known}" if sought else f"no: {known} does not fit the formula"
        lines = [str(solution) for solution in solutions[:_SHOWN]]
        if len(solutions) > _SHOWN:
            more = "give kernel, stride or padding to narrow them down"
            lines.append(f"... and {len(solutions) - _SHOWN} more; {more}")
        return "\n".join(lines)

    def to_dict(self, solutions: tuple[Solution, ...]) -> dict[str, Any]:
        """``{"given": {name: number}, "solutions": [{kernel, stride, padding, dilation, in, out, text}]}``."""
        return {"given": dict(self.given), "solutions": [solution.to_dict() for solution in solutions]}


def parse_question(text: str) -> Question:
    """``kernel=5,in=32,out=32`` taken apart; ``dilation=?`` asks for what has a default otherwise.

    Raises:
        ValueError: if it is not a list of ``name=number``, or a name is unknown or given twice.
    """
    given: dict[str, int | None] = {}
    for part in text.split(","):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if not equals or not (number.isdecimal() or number == "?"):
            raise ValueError(f"{part.strip()!r} is not NAME=NUMBER, as in kernel=5,in=32,out=32")
        if name not in _NAMES:
            near = difflib.get_close_matches(name, [*_NAMES, *_NAMES.values()], n=1)
            hint = f"did you mean {near[0].removesuffix('_size')}?" if near else f"there are {', '.join(_NAMES)}"
            raise ValueError(f"there is no {name!r} in the size formula; {hint}")
        if name in given:
            raise ValueError(f"{name} is given twice")
        given[name] = None if number == "?" else int(number)
    return Question(given)
