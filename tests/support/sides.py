"""The two sides of a rewrite rule in numbers, held as strictly as the rule's evidence says."""

from __future__ import annotations

import torch
from support.interpreter import run
from support.steps import Step
from torch import Tensor, nn

from properties.graph.rules.conditional import one_mode

__all__ = ["faults", "filled"]

# torch's hardsigmoid and hardswish have a sixth in float32 in their gradients: they are 3e-8 apart from a formula's.
_RELATIVE = {"outputs": 1e-10, "gradients": 1e-6}


def filled(net: nn.Module, seed: int) -> dict[str, Tensor]:
    """Random tensors in float64 for all that a net stores; those of its parameters ask for a gradient."""
    generator = torch.Generator().manual_seed(seed)
    trained = {key for key, _ in net.named_parameters(remove_duplicate=False)}
    found: dict[str, Tensor] = {}
    for key, tensor in net.state_dict().items():
        if tensor.is_floating_point():
            numbers = torch.randn(tensor.shape, generator=generator, dtype=torch.float64) / 2
            tensor = numbers.abs() + 0.1 if key.endswith("running_var") else numbers
        found[key] = tensor.requires_grad_(key in trained)
    return found


def faults(step: Step, tensors: dict[str, Tensor], image: Tensor) -> list[str]:
    """What keeps the two sides from being equal in the way that the rule's evidence says; nothing if they are.

    All rules are held in float64, outputs and gradients of input and parameters, but for the one that is about what
    only a backward pass sees. Evidence that is "exact" or "solved" is held bit for bit, in float32 too.

    Args:
        step: what a rule did.
        tensors: what the net stores, by key, in float64.
        image: its input, in float64.

    Raises:
        NotImplementedError: if the interpreter does not know an operator of either side.
    """
    exact = step.rule.evidence in ("exact", "solved")
    found = [_not_equal(step, tensors, image, dtype) for dtype in (torch.float32, torch.float64) if exact]
    image = image.clone().requires_grad_()
    one, other = (run(graph, tensors, image) for graph in (step.before, step.after))
    found.append(_apart("outputs", [one.detach()], [other.detach()]))
    if step.rule is not one_mode.gradient_only:
        found.append(_apart("gradients", _gradients(one, tensors, image), _gradients(other, tensors, image)))
    return [fault for fault in found if fault]


def _not_equal(step: Step, tensors: dict[str, Tensor], image: Tensor, dtype: torch.dtype) -> str:
    with torch.no_grad():
        own = {key: tensor.to(dtype) if tensor.is_floating_point() else tensor for key, tensor in tensors.items()}
        one, other = (run(graph, own, image.to(dtype)) for graph in (step.before, step.after))
    if torch.equal(one.nan_to_num(), other.nan_to_num()) and torch.equal(one.isnan(), other.isnan()):
        return ""
    return f"{int((one != other).sum())} of {one.numel()} numbers differ in {dtype}"


def _gradients(value: Tensor, tensors: dict[str, Tensor], image: Tensor) -> list[Tensor]:
    wanted = [image, *(tensor for tensor in tensors.values() if tensor.requires_grad)]
    if not value.requires_grad:
        return [torch.zeros_like(tensor) for tensor in wanted]
    weights = torch.linspace(-1, 1, value.numel(), dtype=torch.float64).reshape(value.shape)
    found = torch.autograd.grad((value * weights).sum(), wanted, allow_unused=True)
    return [torch.zeros_like(tensor) if grad is None else grad for grad, tensor in zip(found, wanted, strict=True)]


def _apart(what: str, one: list[Tensor], other: list[Tensor]) -> str:
    """How far two lists of tensors are apart, if that is too far; infinities and NaN have to be in the same places."""
    for a, b in zip(one, other, strict=True):
        finite = a.isfinite() & b.isfinite()
        if not torch.equal(a[~finite].nan_to_num(0.5), b[~finite].nan_to_num(0.5)):
            return f"{what} are infinite, or no numbers, in other places"
        if torch.equal(a[finite], b[finite]):
            continue
        distance = (a - b)[finite].abs().max() / (1 + a[finite].abs().max())
        if not distance <= _RELATIVE[what]:
            return f"{what} are {distance:.1e} apart"
    return ""
