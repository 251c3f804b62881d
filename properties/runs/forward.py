"""Running nets for a check: outputs as lists, values moved from one net into another, layers seen by hooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from properties.graph.torch.outputs import flatten_output

__all__ = ["Hook", "agree", "filled", "hooked", "outputs"]

Hook = Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor | None]


def outputs(net: nn.Module, image: Tensor) -> list[Tensor]:
    """Every tensor that the net returns, without gradients, main output first."""
    with torch.no_grad():
        return [tensor for _, tensor in flatten_output(net(image))]


def agree(actual: list[Tensor], expected: list[Tensor]) -> bool:
    """Whether two nets returned the same, bit for bit."""
    return len(actual) == len(expected) and all(torch.equal(a, b) for a, b in zip(actual, expected, strict=True))


def filled(build: Callable[[], nn.Module], source: nn.Module) -> nn.Module:
    """A net that holds nothing of its own but another one's state_dict, tensor by tensor in order, in eval mode.

    Raises:
        RuntimeError: if the two have not as many tensors or a shape differs.
    """
    with torch.device("meta"):
        net = build().eval()
    keys, values = list(net.state_dict()), list(source.state_dict().values())
    if len(keys) != len(values):
        raise RuntimeError(f"one net has {len(keys)} tensors, the other {len(values)}")
    net.load_state_dict(dict(zip(keys, values, strict=True)), assign=True)
    return net


@contextmanager
def hooked(net: nn.Module, hooks: dict[str, Hook]) -> Iterator[None]:
    """Forward hooks on modules by their dotted path; gone afterwards."""
    handles = [net.get_submodule(path).register_forward_hook(hook) for path, hook in hooks.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
