"""The two sides of a rule at numbers that ordinary images never hold: ties, zeros of either sign, infinities, NaN."""

from __future__ import annotations

import torch
from support.interpreter import run
from support.steps import Step
from torch import Tensor

from properties.graph.ir import OpGraph
from properties.graph.kinds import LINEAR_MAPS

__all__ = ["REGIMES", "departures", "read_by"]

REGIMES: dict[str, tuple[float, ...]] = {
    "ties": (-6.0, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 3.0, 6.0),
    "infinite": (float("inf"), -float("inf")),
    "no number": (float("nan"),),
    "tiny": (5e-324, -5e-324, 1e-310, -1e-310, 1e-200),
    "large": (-800.0, 800.0, -120.0, 120.0, 30.0, -30.0),
    "huge": (1e308, -1e308, 1e200, -1e200),
}
_OFTEN = {"ties": 1.0, "large": 0.5}  # how many of the numbers are of the regime; few where one spoils all of a sum


def departures(step: Step, tensors: dict[str, Tensor], seed: int) -> list[str]:
    """Regimes in which the sides of a rule are two numbers, or have two gradients; none for a rule that is exact.

    What linear layers make is drawn, not computed, so that a rule meets these numbers where it applies. Sums in another
    order may overflow apart from each other: rules that are exact but for rounding are not tried with huge numbers.

    Args:
        step: what a rule did.
        tensors: what the net stores, by key, in float64.
        seed: of the numbers.
    """
    cut = _cut(step)
    sums = step.rule.evidence == "rounded"
    found = []
    for regime in REGIMES:
        if regime == "huge" and sums:
            continue
        given = {position: _drawn(step.before.ops[position].shape, regime, seed + position) for position in cut}
        sides = [_computed(graph, tensors, given) for graph in (step.before, step.after)]
        for what, one, other in zip(("outputs", *("gradients" for _ in cut)), *sides, strict=True):
            if not _same(one, other):
                found.append(f"{regime}: {what}")
    return sorted(set(found))


def _cut(step: Step) -> list[int]:
    """Operators of both sides that stand for any number: the image, and what layers make that the rule left alone."""
    shared: list[int] = []
    for position, (one, other) in enumerate(zip(step.before.ops, step.after.ops, strict=False)):
        if one == other and {*one.inputs} <= {*shared}:
            shared.append(position)
    layers = [{at for at in read_by(graph) if graph.ops[at].kind in LINEAR_MAPS} for graph in (step.before, step.after)]
    cut = layers[0] if layers[0] == layers[1] and layers[0] <= {*shared} else set()
    return [position for position in shared if position in cut or step.before.ops[position].kind == "input"]


def read_by(graph: OpGraph) -> set[int]:
    """What the result depends on."""
    found: set[int] = set()
    waiting = [*graph.output.inputs]
    while waiting:
        position = waiting.pop()
        if position not in found:
            found.add(position)
            waiting += graph.ops[position].inputs
    return found


def _drawn(shape: tuple[int, ...], regime: str, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.randn(shape, generator=generator, dtype=torch.float64)
    special = torch.tensor(REGIMES[regime], dtype=torch.float64)
    chosen = special[torch.randint(len(special), shape, generator=generator)]
    often = torch.rand(shape, generator=generator) < _OFTEN.get(regime, 0.05)
    return torch.where(often, chosen, numbers).requires_grad_()


def _computed(graph: OpGraph, tensors: dict[str, Tensor], given: dict[int, Tensor]) -> list[Tensor]:
    """The result, and the gradient of each number that was drawn."""
    image = next(tensor for tensor in given.values())
    value = run(graph, tensors, image, given)
    wanted = list(given.values())
    gradients: tuple[Tensor | None, ...] = (None,) * len(wanted)
    if value.requires_grad:
        weights = torch.linspace(-1, 1, value.numel(), dtype=torch.float64).reshape(value.shape)
        gradients = torch.autograd.grad(value, wanted, weights, allow_unused=True)
    pairs = zip(gradients, wanted, strict=True)
    return [value.detach(), *(torch.zeros_like(own) if grad is None else grad for grad, own in pairs)]


def _same(one: Tensor, other: Tensor) -> bool:
    """Infinite and no number in the same places, and but for rounding equal elsewhere."""
    finite = one.isfinite() & other.isfinite()
    rest = torch.equal(one[~finite].nan_to_num(0.5), other[~finite].nan_to_num(0.5))
    largest = one[finite].abs().max() if finite.any() else torch.zeros(())
    return rest and bool(((one - other)[finite].abs() <= 1e-9 * largest + 1e-300).all())
