"""Two callables that take turns, A B B A, so that what drifts meets both alike; and the same with one against itself.

The ratio is the median over rounds, with a bootstrap interval. The round of A against A says what the machine's noise
alone can do to such a ratio; a difference counts only where it is larger than that.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from properties.bench.measure.timer import Timer, block_seconds

__all__ = ["Interval", "Pairing", "interval", "paired", "spread"]

GATE = 0.03  # a ratio nearer to 1 than this is no difference, however quiet the machine
NOISY = 0.05  # a gate wider than this lets a real slowdown pass
FEWEST, MOST = 10, 40  # rounds
_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Interval:
    """A median and the bounds of its 95 % bootstrap interval."""

    median: float
    low: float
    high: float

    @property
    def reach(self) -> float:
        """How far the interval reaches from 1, on its longer side."""
        return max(self.high - 1, 1 - self.low)


def interval(values: Sequence[float], *, confidence: float = 0.95, seed: int = 0) -> Interval:
    """The median of some values and its percentile bootstrap interval, the same for the same seed.

    Raises:
        ValueError: if there are none.
    """
    if not values:
        raise ValueError("values must not be empty")
    draw = random.Random(seed)
    medians = sorted(median(draw.choices(values, k=len(values))) for _ in range(_RESAMPLES))
    cut = round((1 - confidence) / 2 * _RESAMPLES)
    return Interval(median(values), medians[cut], medians[_RESAMPLES - 1 - cut])


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """The 20 % quantile, the median and the 80 % quantile."""
    if len(values) < 2:
        return (values[0],) * 3
    fifths = quantiles(values, n=5, method="inclusive")
    return fifths[0], median(values), fifths[3]


@dataclass(frozen=True, slots=True)
class Pairing:
    """What became of two arms.

    Args:
        ratio: time of the first over time of the second, with its interval.
        noise: the same of the first over itself.
        first: seconds for each call of the first arm, one figure for each block.
        second: seconds for each call of the second arm.
    """

    ratio: Interval
    noise: Interval
    first: tuple[float, ...]
    second: tuple[float, ...]

    @property
    def gate(self) -> float:
        """How far the ratio must lie from 1 to be a difference: 3 %, or twice the noise where that is more."""
        return max(GATE, 2 * self.noise.reach)

    @property
    def is_slower(self) -> bool:
        """Whether the first arm is slower: its ratio beyond the gate, its whole interval above 1."""
        return self.ratio.median > 1 + self.gate and self.ratio.low > 1

    @property
    def is_faster(self) -> bool:
        """Whether the first arm is faster, by the same rule."""
        return self.ratio.median < 1 - self.gate and self.ratio.high < 1

    @property
    def is_noisy(self) -> bool:
        """Whether a difference of 5 % would go unseen on a machine as restless as this one was."""
        return self.gate > NOISY

    @property
    def verdict(self) -> str:
        """``"slower"``, ``"faster"``, ``"same"``, or ``"noisy"`` where nothing was seen but 5 % could not have been."""
        if self.is_slower or self.is_faster:
            return "slower" if self.is_slower else "faster"
        return "noisy" if self.is_noisy else "same"

    def __str__(self) -> str:
        bounds = f"{self.ratio.low:.3f} to {self.ratio.high:.3f}"
        return f"{self.ratio.median:.3f} ({bounds}; noise {self.noise.reach:.1%}, gate {self.gate:.1%})"


def paired(
    first: Callable[[], object],
    second: Callable[[], object],
    timer: Timer,
    *,
    calls: int = 1,
    seconds: float = 2.0,
    fewest: int = FEWEST,
    most: int = MOST,
) -> Pairing:
    """Let two warm callables take turns.

    A round is A B B A and then A A A A. The first round says how many fit into the time that is given.

    Args:
        first: the arm A.
        second: the arm B.
        timer: a clock of the device they run on.
        calls: for each block.
        seconds: to spend, about; ``fewest`` and ``most`` rounds are kept all the same.
        fewest: rounds.
        most: rounds.
    """
    ratios: list[float] = []
    against_itself: list[float] = []
    ours: list[float] = []
    theirs: list[float] = []

    def measure(run: Callable[[], object]) -> float:
        return block_seconds(run, timer, calls) / calls

    rounds = most
    while len(ratios) < rounds:
        began = timer()
        a, b, c, d = measure(first), measure(second), measure(second), measure(first)
        ratios.append((a + d) / (b + c))
        ours += (a, d)
        theirs += (b, c)
        a, b, c, d = measure(first), measure(first), measure(first), measure(first)
        against_itself.append((a + d) / (b + c))
        if len(ratios) == 1:
            rounds = min(most, max(fewest, int(seconds / max(timer() - began, 1e-9))))
    return Pairing(interval(ratios), interval(against_itself), tuple(ours), tuple(theirs))
