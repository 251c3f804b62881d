"""Using a net without leaving a trace: modes, buffers, gradients and the process are afterwards what they were."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from properties.runs.process import process_kept

__all__ = ["borrowed", "modes_kept"]

_NORMS = (nn.modules.batchnorm._NormBase,)


@contextmanager
def modes_kept(net: nn.Module) -> Iterator[None]:
    """Every module of the net is afterwards in the mode that it was in, whatever ``train()`` and ``eval()`` did."""
    modes = [(module, module.training) for module in net.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def borrowed(net: nn.Module, *, lively: bool = True, weights: bool = False) -> Iterator[nn.Module]:
    """The net, to run and to change; restored on leaving.

    Args:
        net: the net; what it keeps in attributes of its own that are no modules, parameters or buffers stays changed.
        lively: give every constant parameter and statistic (a norm's ones and zeros, a branch that starts at zero)
            values that differ, so that everything the net computes shows in its output.
        weights: restore every parameter, because a step changes them all.
    """
    parameters = dict(net.named_parameters())
    buffers = [(m, name, b, b.clone()) for m in net.modules() for name, b in m._buffers.items() if b is not None]
    gradients = {key: (parameter.grad, parameter.requires_grad) for key, parameter in parameters.items()}
    kept = {key: p.detach().clone() for key, p in parameters.items() if weights or (lively and _is_constant(p))}
    with process_kept(), modes_kept(net):
        warnings.filterwarnings("ignore", message=".*")  # what a net warns of is its user's business
        try:
            for parameter in parameters.values():
                parameter.grad = None
            if lively:
                _enliven(net)
            yield net
        finally:
            torch.set_grad_enabled(False)  # process_kept puts it back
            for module, name, buffer, value in buffers:
                module._buffers[name] = buffer.copy_(value)
            for key, value in kept.items():
                parameters[key].copy_(value)
            for key, (gradient, trained) in gradients.items():
                parameters[key].grad = gradient
                parameters[key].requires_grad_(trained)


def _is_constant(tensor: Tensor) -> bool:
    if not tensor.is_floating_point() or tensor.is_meta or tensor.numel() == 0:
        return False
    flat = tensor.detach().reshape(-1)
    return bool(flat[0] == flat[-1]) and bool((flat == flat[0]).all())


@torch.no_grad()
def _enliven(net: nn.Module) -> None:
    """Add noise between -1/2 and 1/2, less where many values are summed, to what holds one value throughout."""
    generator = torch.Generator().manual_seed(1)
    tensors: list[Tensor] = list(net.parameters())
    for module in net.modules():
        if isinstance(module, _NORMS) and module.running_mean is not None and module.running_var is not None:
            tensors += [module.running_mean, module.running_var]
    for tensor in tensors:
        if _is_constant(tensor):
            summed = tensor[0].numel() if tensor.dim() > 1 else 1
            noise = torch.rand(tensor.shape, generator=generator) - 0.5
            tensor.add_(noise.to(device=tensor.device, dtype=tensor.dtype) * (3 / (summed + 2)) ** 0.5)
