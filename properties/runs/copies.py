"""Second nets: a copy with the same weights, and attempts that must not raise."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from properties.errors import last_line
from properties.property import Violation
from properties.runs.borrowed import borrowed
from properties.runs.eval_run import eval_run
from properties.runs.forward import outputs
from properties.runs.process import seed_everything
from properties.subject import Subject

__all__ = ["copied", "must_work", "ready", "rebuilt"]


@contextmanager
def ready(subject: Subject) -> Iterator[tuple[nn.Module, Tensor, list[Tensor]]]:
    """The net in eval mode without gradients, two images, and what it returns for them."""
    net, image = subject.net, subject.randn(2, subject.small, seed=3)
    with borrowed(net, lively=eval_run(subject).lively), torch.no_grad():
        net.eval()
        seed_everything(0)
        yield net, image, [tensor.clone() for tensor in outputs(net, image.clone())]


@contextmanager
def must_work(what: str, subject: Subject) -> Iterator[None]:
    """Whatever is raised inside is a violation: ``what raises TypeError: ..., but should be possible``.

    Raises:
        Violation: if anything is raised.
    """
    try:
        yield
    except Violation:
        raise
    except Exception as error:  # whatever the net's code raises
        raise Violation(f"{what} raises {last_line(error)}, but should be possible [{subject}]") from error


def copied(subject: Subject) -> nn.Module:
    """A net with the same weights that shares no memory: a deep copy, in the same modes, or a rebuilt one in eval mode.

    Raises:
        Violation: if neither is possible.
    """
    try:
        return copy.deepcopy(subject.net)
    except Exception as error:  # a limit that a property of its own states
        if not subject.rebuildable:
            raise Violation(f"deepcopy raises {last_line(error)}, but should be possible [{subject}]") from error
    with must_work("building it again and loading its state_dict", subject):
        return rebuilt(subject)


def rebuilt(subject: Subject) -> nn.Module:
    """A fresh net from the same builder, with other random weights replaced by this net's state_dict, in eval mode."""
    seed_everything(99)
    net = subject.build().to(device=subject.device, dtype=subject.dtype)
    net.load_state_dict(subject.net.state_dict(), strict=True)
    net.eval()
    return net
