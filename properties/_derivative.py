"""A net's derivative along a direction, by autograd and by the difference quotient."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from properties._borrowed import borrowed
from properties._copies import copied
from properties._process import seed_everything
from properties._subject import Subject
from properties._train_run import loss_of, train_image

__all__ = ["derivatives"]


def derivatives(subject: Subject, step: float, seed: int) -> tuple[float, float]:
    """Difference quotient and gradient of a drawn combination of the outputs, in float64 and train mode.

    Args:
        subject: its net is copied.
        step: distance of the two points from the middle, for parameters and pixels of size 1.
        seed: of the direction.
    """
    net = copied(subject).double()
    image = train_image(subject).double()
    with borrowed(net), torch.enable_grad():
        net.train()
        buffers = {key: buffer.clone() for key, buffer in net.named_buffers()}
        leaf = image.clone().requires_grad_()
        loss = _loss(net, leaf, buffers)
        loss.backward()
        generator = torch.Generator().manual_seed(seed)
        moved = [(t, _direction(t, generator), t.grad) for t in (leaf, *net.parameters()) if t.grad is not None]
        gradient = sum(float((direction * grad).sum()) for _, direction, grad in moved)
        ends = []
        for distance in (step, -2 * step):
            with torch.no_grad():
                for tensor, direction, _ in moved:
                    tensor.add_(direction, alpha=distance)
            ends.append(float(_loss(net, leaf, buffers).detach()))
    return (ends[0] - ends[1]) / (2 * step), gradient


def _loss(net: nn.Module, leaf: Tensor, buffers: dict[str, Tensor]) -> Tensor:
    """Of a forward pass with always the same random numbers and running statistics."""
    with torch.no_grad():
        for key, buffer in net.named_buffers():
            buffer.copy_(buffers[key])
    seed_everything(31)
    loss = loss_of(net(leaf.clone()))
    return leaf.sum() * 0 if loss is None else loss


def _direction(tensor: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(tensor.shape, generator=generator).to(tensor)
