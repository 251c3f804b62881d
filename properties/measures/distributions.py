"""Whether the values of a fresh tensor can have come from a named distribution.

Each statistic may lie six of its standard errors from its expectation: a right tensor is rejected once in 10^9 checks,
a wrong standard deviation is seen from about ``6 / sqrt(2 n)`` relative difference on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod, sqrt

import torch
from torch import Tensor

from properties.graph.ir import Shape

__all__ = ["Distribution", "distribution_of", "mismatch"]

_SIGMAS = 6.0
_SAMPLE = 1 << 14  # values looked at; more would only cost time
_FEWEST = 256  # below this the statistics are not yet normal, and only bounds are looked at


@dataclass(frozen=True)
class Distribution:
    """A symmetric distribution around 0, or a constant.

    Args:
        std: standard deviation.
        within: probability that a value lies within one standard deviation, which tells normal from uniform.
        kurtosis: fourth standardised moment, which decides how well the standard deviation is known.
        bound: no absolute value is larger.
        constant: the one value of all, or None.
    """

    std: float = 0.0
    within: float = 0.6827
    kurtosis: float = 3.0
    bound: float = float("inf")
    constant: float | None = None


def distribution_of(name: str, weight: Shape) -> Distribution:
    """The distribution that a name of ``arches._spec.Init`` stands for.

    Args:
        name: ``"zeros"``, ``"ones"``, ``"default"``, ``"kaiming_normal_fan_out"``, ``"normal(0.01)"``,
            ``"truncated_normal(0.01)"``.
        weight: shape of the layer's weight, ``(out, in / groups, *kernel)``.

    Raises:
        ValueError: if the name is none of these.
    """
    if name in ("zeros", "ones"):
        return Distribution(constant=float(name == "ones"))
    if name == "default":
        bound = 1 / sqrt(prod(weight[1:]))
        return Distribution(bound / sqrt(3), within=1 / sqrt(3), kurtosis=1.8, bound=bound)
    if name == "kaiming_normal_fan_out":
        return Distribution(sqrt(2 / (weight[0] * prod(weight[2:]))))
    if found := re.fullmatch(r"(truncated_)?normal\((.+)\)", name):
        return Distribution(float(found[2]), bound=2.0 if found[1] else float("inf"))
    raise ValueError(f"a distribution must be one that Init names, got {name!r}")


def mismatch(values: Tensor, expected: Distribution) -> tuple[str, str] | None:
    """What was found and what should have been, or None if the values fit."""
    flat = values.detach().flatten()
    flat = flat[:: max(1, len(flat) // _SAMPLE)].double()
    if expected.constant is not None:
        wrong = flat[flat != expected.constant]
        return (f"the value {float(wrong[0]):.4g}", f"{expected.constant:.0f} everywhere") if len(wrong) else None
    n = len(flat)
    far = float(flat.abs().max())
    if far > expected.bound * (1 + 1e-6):
        return f"the value {far:.4g}", f"within {expected.bound:.4g}"
    if n < _FEWEST:
        return None
    statistics = (
        ("mean", float(flat.mean()), 0.0, expected.std / sqrt(n)),
        ("standard deviation", float(flat.square().mean().sqrt()), expected.std, _std_error(expected, n)),
        ("share within one standard deviation", _share(flat, expected.std), expected.within, _share_error(expected, n)),
    )
    for name, found, right, error in statistics:
        if abs(found - right) > _SIGMAS * error:
            return f"{name} {found:.4g}", f"{right:.4g} to within {_SIGMAS * error:.2g}"
    return None


def _share(values: Tensor, std: float) -> float:
    return float((values.abs() < std).to(torch.float64).mean())


def _std_error(expected: Distribution, n: int) -> float:
    return expected.std * sqrt((expected.kurtosis - 1) / (4 * n))


def _share_error(expected: Distribution, n: int) -> float:
    return sqrt(expected.within * (1 - expected.within) / n)
