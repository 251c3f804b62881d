"""The names of initialisers, told from the values of fresh tensors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod, sqrt

from properties.graph.ir import Shape
from properties.measures.distributions import Distribution, mismatch
from properties.oracle.trials.samples import Sample

__all__ = ["Start", "named", "plain"]

_WITHIN = 0.15  # of the kurtosis of a normal and a uniform distribution
_FEWEST = 256  # values, to tell the kind of distribution from


@dataclass(frozen=True)
class Start:
    """How a tensor is initialised.

    Args:
        name: ``"kaiming normal by fan-out"``, ``"1 everywhere"``, ``"normal"``.
        std: standard deviation, where the name does not give it.
    """

    name: str
    std: float | None = None


def named(samples: Sequence[tuple[Sample, Shape | None]]) -> list[Start]:
    """How each of several tensors is initialised; where several names fit, the one that fits most of them.

    Args:
        samples: each with the size of its layer's weight, or None where it has none.
    """
    fitting = [list(_fitting(sample, weight)) if sample.constant is None else [] for sample, weight in samples]
    common = Counter(name for names in fitting for name in names)
    return [
        Start(max(names, key=lambda name: common[name])) if names else plain(sample)
        for names, (sample, _) in zip(fitting, samples, strict=True)
    ]


def plain(sample: Sample) -> Start:
    """How it is initialised, in numbers: a constant, or the kind of distribution and its standard deviation."""
    if sample.constant is not None:
        return Start(f"{sample.constant:.4g} everywhere")
    if len(sample.values) >= _FEWEST:
        for name, kurtosis in (("normal", 3.0), ("uniform", 1.8)):
            if abs(sample.kurtosis - kurtosis) < _WITHIN and abs(float(sample.values.mean())) < 0.1 * sample.std:
                return Start(name, sample.std)
    return Start("drawn", sample.std)


def _fitting(sample: Sample, weight: Shape | None) -> Iterator[str]:
    """Names of the initialisers whose distribution the values can have come from."""
    if weight is None or len(weight) < 2:
        return
    if len(sample.shape) == 1:
        if mismatch(sample.values, _uniform(1 / sqrt(prod(weight[1:])))) is None:
            yield "torch's default, uniform within 1 / sqrt(fan-in)"
        return
    into, out = prod(weight[1:]), weight[0] * prod(weight[2:])
    for name, distribution in _FAMILIAR:
        if mismatch(sample.values, distribution(into, out)) is None:
            yield name


def _normal(variance: float) -> Distribution:
    return Distribution(sqrt(variance))


def _uniform(bound: float) -> Distribution:
    return Distribution(bound / sqrt(3), within=1 / sqrt(3), kurtosis=1.8, bound=bound)


# https://docs.pytorch.org/docs/stable/nn.init.html, each of fan-in and fan-out
_FAMILIAR: tuple[tuple[str, Callable[[int, int], Distribution]], ...] = (
    ("kaiming normal by fan-out", lambda into, out: _normal(2 / out)),
    ("kaiming normal by fan-in", lambda into, out: _normal(2 / into)),
    ("torch's default, kaiming uniform with a = sqrt(5)", lambda into, out: _uniform(sqrt(1 / into))),
    ("kaiming uniform by fan-in", lambda into, out: _uniform(sqrt(6 / into))),
    ("kaiming uniform by fan-out", lambda into, out: _uniform(sqrt(6 / out))),
    ("xavier uniform", lambda into, out: _uniform(sqrt(6 / (into + out)))),
    ("xavier normal", lambda into, out: _normal(2 / (into + out))),
    ("lecun normal", lambda into, out: _normal(1 / into)),
)
