"""What single layers of a net compute: while the net runs, or each by itself on an input of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from properties.graph.torch.outputs import flatten_output
from properties.oracle.trials.filling import image
from properties.oracle.trials.trial import Trial

__all__ = ["by_themselves", "recorded"]


@contextmanager
def recorded(net: nn.Module, paths: tuple[str, ...]) -> Iterator[Callable[[], dict[str, Tensor]]]:
    """While it is entered, remember what the first run of each module returns; the gradients come with a backward pass.

    Yields:
        a function for what was seen: ``layer PATH``, its size as ``input size of PATH``, ``gradient at PATH``.
    """
    seen: dict[str, Tensor] = {}
    modules = dict(net.named_modules())

    def watch(path: str) -> Callable[..., None]:
        def see(module: nn.Module, arguments: tuple[Any, ...], output: Any) -> None:
            results = [tensor for _, tensor in flatten_output(output)] if f"layer {path}" not in seen else []
            if results:
                seen[f"layer {path}"] = results[0].detach().clone()
                if len(arguments) == 1 and isinstance(arguments[0], Tensor):
                    seen[f"input size of {path}"] = torch.tensor(arguments[0].shape)
                if results[0].requires_grad:
                    results[0].register_hook(lambda gradient: seen.setdefault(f"gradient at {path}", gradient.clone()))

        return see

    hooks = [modules[path].register_forward_hook(watch(path)) for path in paths if path in modules]
    try:
        yield lambda: seen
    finally:
        for hook in hooks:
            hook.remove()


def by_themselves(net: nn.Module, trial: Trial) -> dict[str, Tensor]:
    """Run modules of a net one by one: ``alone PATH``; those that do not take their input are left out."""
    modules = dict(net.named_modules())
    dtype = getattr(torch, trial.dtype)
    found: dict[str, Tensor] = {}
    for path, draw in trial.alone.items():
        try:
            results = [tensor for _, tensor in flatten_output(modules[path](image(draw, dtype)))]
        except Exception:  # a layer that only works within its net says nothing by itself
            continue
        if results:
            found[f"alone {path}"] = results[0].detach().clone()
    return found
