"""A net's directional derivative, by autograd and by finite differences."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from properties.runs.borrowed import borrowed
from properties.runs.copies import copied
from properties.runs.process import seed_everything
from properties.runs.train_run import loss_of, train_image
from properties.subject import Subject

__all__ = ["Slopes", "slopes"]


@dataclass(frozen=True)
class Slopes:
    """Of a random linear combination of the outputs, along a random direction.

    Args:
        ahead: the forward difference quotient.
        behind: the backward one.
        gradient: autograd's directional derivative.
        rounding: what rounding may do to the quotients.
    """

    ahead: float
    behind: float
    gradient: float
    rounding: float

    @property
    def quotient(self) -> float:
        """The central difference quotient."""
        return (self.ahead + self.behind) / 2

    @property
    def known(self) -> bool:
        """Whether the two sides agree: there is neither a kink nor too sharp a bend, so that the quotient is good."""
        return abs(self.ahead - self.behind) <= 1e-3 * abs(self.quotient) + self.rounding

    @property
    def agree(self) -> bool:
        """Whether the gradient is as near to the quotient as its two sides let one expect."""
        slack = 10 * abs(self.ahead - self.behind) + 1e-4 * abs(self.quotient) + self.rounding
        return abs(self.quotient - self.gradient) <= slack


def slopes(subject: Subject, step: float) -> Slopes:
    """Difference quotients and gradient in float64 and train mode.

    Args:
        subject: its net is copied.
        step: distance of the two points from the middle, for parameters and pixels of size 1.
    """
    net = copied(subject).double()
    image = train_image(subject, n=4).double()
    with borrowed(net), torch.enable_grad():
        net.train()
        buffers = {key: buffer.clone() for key, buffer in net.named_buffers()}
        leaf = image.clone().requires_grad_()
        loss = _loss(net, leaf, buffers)
        loss.backward()
        generator = torch.Generator().manual_seed(0)
        moved = [(t, _direction(t, generator), t.grad) for t in (leaf, *net.parameters()) if t.grad is not None]
        gradient = sum(float((direction * grad).sum()) for _, direction, grad in moved)
        ends = [float(loss.detach())]
        for distance in (step, -2 * step):
            with torch.no_grad():
                for tensor, direction, _ in moved:
                    tensor.add_(direction, alpha=distance)
            ends.append(float(_loss(net, leaf, buffers).detach()))
    middle, ahead, behind = ends
    noise = 1e-13 * max(1.0, *map(abs, ends)) / step
    return Slopes((ahead - middle) / step, (middle - behind) / step, gradient, noise)


def _loss(net: nn.Module, leaf: Tensor, buffers: dict[str, Tensor]) -> Tensor:
    """The loss of a forward pass with always the same random numbers and buffers."""
    with torch.no_grad():
        for key, buffer in net.named_buffers():
            buffer.copy_(buffers[key])
    seed_everything(31)
    loss = loss_of(net(leaf.clone()))
    return leaf.sum() * 0 if loss is None else loss


def _direction(tensor: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(tensor.shape, generator=generator).to(tensor)
