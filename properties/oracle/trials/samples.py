"""Values of fresh tensors, and whether two sets of them can come from one distribution."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from properties.targets.build import build_net

__all__ = ["Sample", "apart", "sampled"]

_VALUES = 1 << 14  # of one tensor in one draw; more would only cost time
_FEWEST = 1000  # below this the standard deviation is not yet known well enough to be compared
_SIGMAS = 7.5  # of a difference of standard deviations: less than 10^-13 of all right pairs are beyond


@dataclass(frozen=True)
class Sample:
    """What one tensor held in several builds.

    Args:
        shape: its size.
        values: sorted; builds that held the same count once.
        constant: the one value that it always held, or None.
    """

    shape: tuple[int, ...]
    values: Tensor
    constant: float | None

    @property
    def std(self) -> float:
        """Standard deviation of the values."""
        return float(self.values.std(correction=0))

    @property
    def kurtosis(self) -> float:
        """Fourth standardised moment: 3 for a normal distribution, 1.8 for a uniform one."""
        centred = self.values - self.values.mean()
        return float(centred.pow(4).mean() / centred.square().mean().square())


def sampled(
    build: Callable[[], nn.Module], name: str, keys: Collection[str], *, seed: int, draws: int
) -> dict[str, Sample]:
    """Build a net several times for real and look at its tensors.

    Args:
        build: makes the net.
        name: how errors call it.
        keys: the tensors to look at; those that are no floating point numbers are left out.
        seed: of the first build; the others have the following ones.
        draws: how many builds.

    Raises:
        CandidateError: if it cannot be built.
    """
    seen: dict[str, list[Tensor]] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    for number in range(draws):
        net = build_net(_seeded(build, seed + number), name, real=True)
        for key, tensor in _tensors(net, keys):
            shapes[key] = tuple(tensor.shape)
            seen.setdefault(key, []).append(_some(tensor.detach()))
    varies = any(not torch.equal(first, other) for first, *rest in seen.values() for other in rest)
    return {key: _sample(shapes[key], values, varies) for key, values in seen.items()}


def _seeded(build: Callable[[], nn.Module], seed: int) -> Callable[[], nn.Module]:
    """The build after torch's generator was seeded; ``build_net`` brings its state back."""

    def seeded() -> nn.Module:
        torch.manual_seed(seed)
        return build()

    return seeded


def _tensors(net: nn.Module, keys: Collection[str]) -> Iterator[tuple[str, Tensor]]:
    owned = {**dict(net.named_parameters(remove_duplicate=False)), **dict(net.named_buffers(remove_duplicate=False))}
    return ((key, owned[key]) for key in keys if key in owned and owned[key].is_floating_point())


def _some(tensor: Tensor) -> Tensor:
    """At most ``_VALUES`` values from all over a tensor, always the same places."""
    flat = tensor.flatten()
    if len(flat) > _VALUES:
        generator = torch.Generator().manual_seed(len(flat))
        flat = flat[torch.randint(len(flat), (_VALUES,), generator=generator).unique()]
    return flat.double()


def _sample(shape: tuple[int, ...], draws: list[Tensor], varies: bool) -> Sample:
    distinct: list[Tensor] = []
    for values in draws:
        if not any(torch.equal(values, other) for other in distinct):
            distinct.append(values)
    values = torch.cat(distinct)
    values = values[values.isfinite()].sort().values
    is_one = len(values) > 0 and float(values[0]) == float(values[-1])
    known = is_one and (varies or math.prod(shape) > 1)  # a single number is a constant only if others are drawn
    return Sample(shape, values, float(values[0]) if known else None)


def apart(one: Sample, other: Sample, chance: float) -> bool:
    """Whether two samples cannot come from one distribution.

    Constants are compared exactly. Drawn values differ by the two-sample Kolmogorov-Smirnov distance, with the bound
    ``e exp(-2 d^2 n m / (n + m))`` that holds for every distribution and every size (Wei & Dudley 2012,
    https://arxiv.org/abs/1107.5356), where repeated values count once; or by their standard deviations.

    Args:
        one: a sample.
        other: another.
        chance: how often samples of one distribution may be told apart.
    """
    if one.constant is not None and other.constant is not None:
        return not math.isclose(one.constant, other.constant, rel_tol=1e-6)
    if not len(one.values) or not len(other.values):
        return False
    if (one.constant is None) != (other.constant is None):
        return min(len(one.values), len(other.values)) > 1
    n, m = len(one.values.unique()), len(other.values.unique())
    limit = math.sqrt(math.log(math.e / chance) * (n + m) / (2 * n * m))
    return _distance(one.values, other.values) > limit or (min(n, m) >= _FEWEST and _spread_apart(one, other, n, m))


def _distance(one: Tensor, other: Tensor) -> float:
    """The largest difference of the two empirical distribution functions."""
    places = torch.cat([one, other])
    below = [torch.searchsorted(values, places, right=True).double() / len(values) for values in (one, other)]
    return float((below[0] - below[1]).abs().max())


def _spread_apart(one: Sample, other: Sample, n: int, m: int) -> bool:
    error = math.sqrt((one.kurtosis - 1) / (4 * n) + (other.kurtosis - 1) / (4 * m))
    return abs(math.log(one.std / other.std)) > _SIGMAS * error
