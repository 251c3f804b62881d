"""What the tests of the nets share: references by name, nets without memory or with random tensors, their figures."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import arches
from properties.subject import Subject
from properties.targets.libraries import import_torchvision

SPECS = {spec.name: spec for spec in arches.SPECS}


@cache
def subject_of(name: str) -> Subject:
    """A reference net, which all tests of a process share: built and captured once, when that is asked for."""
    return Subject.of(SPECS[name])


def on_meta(build: Callable[..., nn.Module], **keywords: Any) -> nn.Module:
    """The net without memory, in eval mode."""
    with torch.device("meta"):
        return build(**keywords).eval()


def torchvision_builder(name: str) -> Callable[..., nn.Module]:
    """torchvision's builder of a net, spared the warning about its default initialisation."""
    build = getattr(import_torchvision().models, name)
    if name == "googlenet":
        return lambda **keywords: build(**{"init_weights": False, **keywords})
    return build


def randomise(net: nn.Module, seed: int = 0) -> dict[str, Tensor]:
    """Random values for every tensor of a net on the meta device: weights that keep the signal's size, real statistics.

    A net has up to 1.4e8 weights, so they are read from a short random pool again and again.
    """
    generator = torch.Generator().manual_seed(seed)
    pool = torch.randn(1_000_003, generator=generator)
    state = {}
    for offset, (name, tensor) in enumerate(net.state_dict().items()):
        if tensor.dtype == torch.int64:  # num_batches_tracked
            state[name] = torch.tensor(offset + 1)
            continue
        values = pool[offset * 997 :].repeat(1 + tensor.numel() // (len(pool) - offset * 997))[: tensor.numel()]
        values = values.reshape(tensor.shape)
        if name.endswith("running_var"):
            values = 0.5 + values.abs()
        elif tensor.dim() > 1:
            values = values * (2 / tensor[0].numel()) ** 0.5
        else:
            values = 1 + 0.1 * values if name.endswith("weight") else 0.1 * values
        state[name] = values.contiguous()
    return state


def macs(net: nn.Module, input_shape: tuple[int, int, int]) -> int:
    """Multiply-adds of one image; torch's counter returns twice that."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.empty(1, *input_shape, device="meta"))
    return counter.get_total_flops() // 2


def sizes(net: nn.Module, modules: list[str], x: Tensor) -> list[tuple[int, ...]]:
    """What the modules return for ``x``, without the batch axis, in the order of ``modules``."""
    seen: dict[str, tuple[int, ...]] = {}

    def watch(name: str) -> Callable[..., None]:
        def record(module: nn.Module, inputs: Any, output: Tensor) -> None:
            seen[name] = tuple(output.shape[1:])

        return record

    hooks = [net.get_submodule(name).register_forward_hook(watch(name)) for name in modules]
    with torch.no_grad():
        net(x)
    for hook in hooks:
        hook.remove()
    return [seen[name] for name in modules]
