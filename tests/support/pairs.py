"""Small nets to be held against each other: a function over named modules, its normal form, and its numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from properties.graph.alignment.align import isomorphism
from properties.graph.rules.canonical import Canonical, canonicalise
from properties.graph.torch.capture import capture

SHAPE = (2, 8, 12, 12)
Forward = Callable[[Any, Tensor], Any]


class Net(nn.Module):
    """A forward pass over modules, parameters and buffers given by name."""

    def __init__(self, run: Forward, **members: nn.Module | nn.Parameter | nn.Buffer) -> None:
        super().__init__()
        self.run = run
        for name, member in members.items():
            setattr(self, name, member)

    def forward(self, x: Tensor) -> Any:
        """Whatever the function makes of ``x``."""
        return self.run(self, x)


def conv(channels: int = 8, out: int = 8, size: int = 3, **settings: Any) -> nn.Conv2d:
    """A 3x3 convolution of eight channels that keeps the image's size."""
    return nn.Conv2d(channels, out, size, **{"padding": size // 2, **settings})


def normal_form(net: nn.Module, mode: str = "eval", shape: tuple[int, ...] = SHAPE) -> Canonical:
    """The net's graph in normal form, with the rules that it took."""
    return canonicalise(capture(net, input_shape=shape, mode=mode))


def are_same(one: nn.Module, other: nn.Module, mode: str = "eval", shape: tuple[int, ...] = SHAPE) -> bool:
    """Whether two nets have one normal form."""
    return isomorphism(normal_form(one, mode, shape).graph, normal_form(other, mode, shape).graph) is not None


def differing_modes(one: nn.Module, other: nn.Module, shape: tuple[int, ...] = SHAPE) -> str:
    """``""``, ``"eval"``, ``"train"`` or ``"both"``: where two nets have different normal forms."""
    modes = [mode for mode in ("eval", "train") if not are_same(one, other, mode, shape)]
    return "both" if len(modes) == 2 else "".join(modes)


def numbers(net: nn.Module, *, train: bool = False, shape: tuple[int, ...] = SHAPE, seed: int = 0) -> list[Tensor]:
    """The output for a random image in float64, then the gradients of the input and of every parameter."""
    net = net.double().train(train)
    torch.manual_seed(seed)
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.5)
    x = torch.randn(shape, dtype=torch.float64).requires_grad_()
    y = net(x)
    weights = torch.linspace(-1, 1, y.numel(), dtype=torch.float64).reshape(y.shape)
    wanted = [x, *(parameter for parameter in net.parameters() if parameter.requires_grad)]
    gradients: Any = (None,) * len(wanted)
    if y.requires_grad:
        gradients = torch.autograd.grad((y * weights).sum(), wanted, allow_unused=True)
    return [y.detach(), *(g if g is not None else torch.zeros_like(w) for g, w in zip(gradients, wanted, strict=True))]


def agree(one: list[Tensor], other: list[Tensor]) -> bool:
    """Whether two lists of tensors are equal but for rounding; torch's hardsigmoid rounds its 1/6 to float32."""
    sizes = [t.shape for t in one] == [t.shape for t in other]
    return sizes and all(torch.allclose(a, b, rtol=1e-6, atol=1e-5) for a, b in zip(one, other, strict=True))
