"""One step of gradient descent, and what is left of it after another forward pass."""

from __future__ import annotations

import torch

from properties.runs.borrowed import borrowed
from properties.runs.process import seed_everything
from properties.runs.train_run import loss_of, train_image
from properties.subject import Subject

__all__ = ["unmoved_by_a_step"]

_RATE = 0.1
_VISIBLE = 10.0  # units in the last place by which a step must move a weight to count


def unmoved_by_a_step(subject: Subject) -> list[str]:
    """Parameters with a gradient that are, after a step and a forward pass, what they were before, bit for bit."""
    net, image = subject.net, train_image(subject)
    with borrowed(net, weights=True), torch.enable_grad():
        net.train()
        seed_everything(21)
        loss = loss_of(net(image.clone()))
        if loss is None:
            return []
        loss.backward()
        trained = {key: p for key, p in net.named_parameters() if p.grad is not None and p.requires_grad}
        before = {key: parameter.detach().clone() for key, parameter in trained.items()}
        torch.optim.SGD(trained.values(), lr=_RATE).step()
        with torch.no_grad():
            net(image.clone())
        return [key for key, p in trained.items() if torch.equal(p, before[key]) and _shows(before[key], p.grad)]


def _shows(value: torch.Tensor, gradient: torch.Tensor | None) -> bool:
    """Whether a step changes some element by more than rounding swallows."""
    if gradient is None or gradient.is_sparse:
        return False
    least = _VISIBLE * torch.finfo(value.dtype).eps * value.abs() + torch.finfo(value.dtype).tiny
    return bool(((_RATE * gradient).abs() > least).any())
