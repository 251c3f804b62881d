"""A difference, shrunk to the smallest image that still shows it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from properties.oracle.evidence.compare import probe
from properties.oracle.evidence.differences import Difference
from properties.oracle.parties.party import Party
from properties.oracle.transplant.transplant import Transplant
from properties.oracle.trials.trial import INPUT_AFTERWARDS, VALUE, Draw

__all__ = ["Counterexample", "smallest"]

_SHOWN = 1e-6  # a smaller relative difference is not worth a smaller image


@dataclass(frozen=True)
class Counterexample:
    """The smallest image that was found.

    Args:
        difference: what differs on it.
        trials: how many were run to find it.
    """

    difference: Difference
    trials: int

    def __str__(self) -> str:
        """``a (1, 3, 33, 33) image, seed 0, in eval mode: the output differs by 0.31 (relative 2e-01)``."""
        found, draw = self.difference, self.difference.draw
        article = "an" if draw.shape[0] in (8, 11, 18) else "a"
        kind = "batch" if draw.shape[0] > 1 else "image" if len(draw.shape) == 4 else "input"
        drawn = "" if draw.regime == "normal" else f" ({draw.regime})"
        after = " after another one," if found.channel == "state" else ""
        dropped = " with everything dropped that dropout can drop" if found.channel == "dropout" else ""
        where = f"{article} {draw.shape} {kind}{drawn}, seed {draw.seed},{after} in {found.mode} mode{dropped}"
        return f"{where}: {_what(found)}"


def _what(found: Difference) -> str:
    if found.tensor in ("raised", "outputs") or found.absolute == float("inf") or found.tensor.startswith(VALUE):
        return found.said or f"{found.tensor} cannot be compared"
    name = found.tensor if found.slot != 0 else "the output"
    if found.slot:
        name = f"output {found.slot + 1}"
    elif found.slot is None:
        name = f"the {found.tensor}"
    if found.tensor == INPUT_AFTERWARDS:
        return "only one of the nets writes to its input"
    return f"{name} differs by {found.absolute:.2g} (relative {found.relative:.0e})"


def smallest(
    reference: Party,
    candidate: Party,
    transplant: Transplant,
    difference: Difference,
    *,
    trials: int = 40,
    seconds: float = 10.0,
    dtype: str | None = None,
) -> Counterexample:
    """Shrink a difference: plain numbers, the first seed, fewest images, smallest sides.

    Args:
        reference: one party.
        candidate: the other.
        transplant: the weights of both.
        difference: what was found.
        trials: at most so many images are tried.
        seconds: and for so long; the answer may depend on it where a net is slow.
        dtype: in which both nets computed; None if that is to be seen at every size anew.
    """
    began = time.monotonic()
    best, tried = difference, {difference.draw}
    number = 0
    improving = True
    while improving:
        improving = False
        for draw in _simpler(best.draw):
            if draw in tried:
                continue
            if number >= trials or time.monotonic() - began > seconds:
                return Counterexample(best, number)
            tried.add(draw)
            number += 1
            found = _alike(reference, candidate, transplant, difference, draw, dtype)
            if found is not None:
                best, improving = found, True
                break
    return Counterexample(best, number)


def _alike(
    reference: Party,
    candidate: Party,
    transplant: Transplant,
    difference: Difference,
    draw: Draw,
    dtype: str | None,
) -> Difference | None:
    """The same kind of difference on another draw."""
    found = probe(reference, candidate, transplant, difference.channel, draw, mode=difference.mode, dtype=dtype)
    same = [each for each in found if _what_differs(each) == _what_differs(difference)]
    return next((each for each in same if each.relative > min(_SHOWN, difference.relative)), None)


def _what_differs(difference: Difference) -> tuple[str, str, str]:
    return difference.channel, difference.tensor, difference.raises


def _simpler(draw: Draw) -> Iterator[Draw]:
    """What to try next, the largest steps first."""
    if draw.regime != "normal":
        yield replace(draw, regime="normal")
    if draw.seed:
        yield replace(draw, seed=0)
    n, *rest = draw.shape
    for fewer in range(1, min(n, 4)):
        yield replace(draw, shape=(fewer, *rest))
    channels, sides = rest[:1], rest[1:]
    if len(set(sides)) > 1:
        yield replace(draw, shape=(n, *channels, *[min(sides)] * len(sides)))
    for part in (8, 4, 2):
        if all(side >= 2 * part for side in sides) and sides:
            yield replace(draw, shape=(n, *channels, *[side // part for side in sides]))
    for far in (16, 4, 1):
        if all(side > far for side in sides) and sides:
            yield replace(draw, shape=(n, *channels, *[side - far for side in sides]))
    for axis, side in enumerate(sides):
        if side > 1:
            yield replace(draw, shape=(n, *channels, *sides[:axis], side - 1, *sides[axis + 1 :]))
