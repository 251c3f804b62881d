"""One training step's forward and backward pass, run once for a net, that many properties look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from properties.errors import last_line
from properties.graph.torch.outputs import flatten_output
from properties.runs.borrowed import borrowed
from properties.runs.eval_run import eval_run, statistics
from properties.runs.process import Shared, seed_everything
from properties.subject import Subject

__all__ = ["NormCall", "TrainRun", "loss_of", "run_once", "train_image", "train_run"]

_BatchNorm = nn.modules.batchnorm._BatchNorm


@dataclass(frozen=True)
class NormCall:
    """A batch norm, called in train mode.

    Args:
        path: its dotted name.
        moves: whether it is to update its statistics.
        momentum: the weight of the new value; None for the mean over all batches so far.
        mean: of its input, for each channel.
        var: likewise, the unbiased one, divided by the number of values less 1.
    """

    path: str
    moves: bool
    momentum: float | None
    mean: Tensor
    var: Tensor


@dataclass(frozen=True)
class TrainRun:
    """What was seen.

    Args:
        raised: the last line of what it raised, or None.
        reached: parameters that got a gradient.
        image_reached: whether the image got one.
        calls: of every batch norm, in order.
        before: running statistics before the forward pass.
        after: the same after it.
        shared: what the forward pass changed of what it shares with the process; drawn numbers are no change.
        reseeded: whether the random state after the forward pass no longer depends on the one before.
        image_changed: whether the forward pass wrote to its input.
    """

    raised: str | None = None
    reached: frozenset[str] = frozenset()
    image_reached: bool = False
    calls: tuple[NormCall, ...] = ()
    before: dict[str, Tensor] = field(default_factory=dict)
    after: dict[str, Tensor] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    reseeded: bool = False
    image_changed: bool = False


_RUNS: WeakKeyDictionary[Subject, TrainRun] = WeakKeyDictionary()


def train_run(subject: Subject) -> TrainRun:
    """The run of this subject's net."""
    if subject not in _RUNS:
        eval_run(subject)  # first, because a net may not find the way back from train mode
        _RUNS[subject] = run_once(subject, seed=11)
    return _RUNS[subject]


def train_image(subject: Subject, n: int = 2, seed: int = 5) -> Tensor:
    """Images of a small size that train mode accepts."""
    spec, size = subject.spec, subject.input_shape[1:]
    if spec is not None:
        side = max(spec.smallest_eval, spec.smallest_train)
        size = (side, min(side + 3, spec.largest or side + 3))
    return subject.randn(n, size, seed=seed)


def loss_of(output: Any) -> Tensor | None:
    """A fixed random linear combination of all returned tensors that require a gradient; None if none does."""
    tensors = [tensor for _, tensor in flatten_output(output) if tensor.requires_grad]
    generator = torch.Generator().manual_seed(7)
    loss = None
    for tensor in tensors:
        weights = torch.randn(tensor.shape, generator=generator).to(device=tensor.device, dtype=tensor.dtype)
        term = (tensor * weights).sum()
        loss = term if loss is None else loss + term.to(loss.dtype)
    return loss


def run_once(subject: Subject, *, seed: int) -> TrainRun:
    """One forward and one backward pass in train mode, with random numbers from this seed."""
    net, image = subject.net, train_image(subject).requires_grad_()
    with borrowed(net), torch.enable_grad():
        net.train()
        before = {key: value.clone() for key, value in statistics(net).items()}
        given = image.clone()  # no leaf: a net that writes to its input may run too
        shared = Shared()
        seed_everything(seed)
        try:
            with _norm_calls(net) as calls:
                output = net(given)
            changed, end = shared.changed(random_numbers=False), torch.get_rng_state()
            after = {key: value.detach().clone() for key, value in statistics(net).items()}
            written = not torch.equal(given, image)
            loss = loss_of(output)
            if loss is not None:
                loss.backward()
        except Exception as error:  # whatever its code raises
            return TrainRun(last_line(error))
        reached = frozenset(key for key, parameter in net.named_parameters() if parameter.grad is not None)
        shared.restore()
        reseeded = not torch.equal(end, _state_of(seed)) and torch.equal(end, _end_of_another(net, image, seed + 1))
    image_reached = image.grad is not None
    return TrainRun(None, reached, image_reached, tuple(calls), before, after, changed, reseeded, written)


def _state_of(seed: int) -> Tensor:
    return torch.Generator().manual_seed(seed).get_state()


@torch.no_grad()
def _end_of_another(net: nn.Module, image: Tensor, seed: int) -> Tensor:
    seed_everything(seed)
    net(image.detach().clone())
    return torch.get_rng_state()


@contextmanager
def _norm_calls(net: nn.Module) -> Iterator[list[NormCall]]:
    """The calls of batch norms inside; recomputing in the backward pass comes after it."""
    calls: list[NormCall] = []
    handles = [
        module.register_forward_pre_hook(_recorder(path, calls))
        for path, module in net.named_modules()
        if isinstance(module, _BatchNorm) and module.running_mean is not None
    ]
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()


def _recorder(path: str, calls: list[NormCall]):  # type: ignore[no-untyped-def]
    def record(module: Any, arguments: tuple[Tensor, ...]) -> None:
        values = arguments[0].detach().double().transpose(0, 1).flatten(1)
        var, mean = torch.var_mean(values, dim=1, correction=1)
        calls.append(NormCall(path, module.training, module.momentum, mean, var))

    return record
