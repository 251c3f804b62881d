"""Run a trial on a net: fill a real copy of it, run it, and keep what it returned, its gradients and buffers."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn

from properties.errors import last_line
from properties.graph.torch.outputs import flatten_output, values_beside
from properties.oracle.trials.filling import image
from properties.oracle.trials.layer_runs import by_themselves, recorded
from properties.oracle.trials.random_operators import Controlled
from properties.oracle.trials.replica import Replica
from properties.oracle.trials.sketch import is_large, sketched
from properties.oracle.trials.trial import (
    DREW_AT_RANDOM,
    FORWARD_AGAIN,
    INPUT_AFTERWARDS,
    RELOADED,
    RELOADING_RAISED,
    VALUE,
    Draw,
    Observation,
    Trial,
)
from properties.runs.reloading import reloaded
from properties.runs.values import encoded
from properties.targets.build import strangers_code

__all__ = ["observe", "run", "seeded", "trial_conditions"]

_EARLIER = 7919  # added to the seed of the input that a net is given before the observed one


def observe(replica: Replica, trial: Trial) -> Observation:
    """Run a trial on a replica. What the net raises while it runs stands in the observation.

    Raises:
        CandidateError: if the net raises while it is built.
    """
    with replica.holding(trial) as net:
        found = run(net, trial)
    if (found.raised is not None or _is_unreal(found)) and replica.insist():  # it may hold tensors without memory
        with replica.holding(trial) as net:
            found = run(net, trial)
    return found


def _is_unreal(found: Observation) -> bool:
    return any(tensor.is_meta for tensor in found.tensors.values())


def run(net: nn.Module, trial: Trial) -> Observation:
    """Run a trial on a net that holds its content already."""
    try:
        with trial_conditions(net, trial) as controlled:
            return Observation(_tensors(net, trial, controlled))
    except SystemExit as error:
        return Observation(raised=f"SystemExit: it called sys.exit({error.code!r})")
    except Exception as error:
        return Observation(raised=last_line(error))


@contextmanager
def trial_conditions(net: nn.Module, trial: Trial) -> Iterator[Controlled]:
    """Around a trial's runs: its mode, type, seed and dropout."""
    before = torch.get_default_dtype()
    try:
        with (
            strangers_code(if_known=True),
            seeded(trial.random),
            Controlled(trial.dropout, trial.watched) as controlled,
        ):
            torch.set_default_dtype(getattr(torch, trial.dtype))
            with torch.inference_mode(False), torch.set_grad_enabled(trial.gradients):
                net.train(trial.mode == "train")
                yield controlled
    finally:
        torch.set_default_dtype(before)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The random states of torch, Python and numpy set, and afterwards as they were."""
    before = random.getstate()
    numpy = sys.modules.get("numpy")
    numpys = numpy.random.get_state() if numpy is not None else None
    try:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            random.seed(seed)
            if numpy is not None:
                numpy.random.seed(seed % 2**32)
            yield
    finally:
        random.setstate(before)
        if numpy is not None and numpys is not None:
            numpy.random.set_state(numpys)


def _tensors(net: nn.Module, trial: Trial, controlled: Controlled) -> dict[str, Tensor]:
    dtype = getattr(torch, trial.dtype)
    changed = _reloaded(net) if trial.reloads else {}
    for number in range(trial.forwards):
        draw = trial.draw
        earlier = Draw(draw.shape, draw.regime, draw.seed + _EARLIER * (number + 1))
        with torch.no_grad():
            net(image(earlier, dtype))
    if trial.alone:
        return by_themselves(net, trial)
    controlled.met.clear()
    x = image(trial.draw, dtype).requires_grad_(trial.gradients)
    for parameter in net.parameters():
        parameter.grad = None
    given = x.clone()  # some nets write to their input
    buffers = _buffers(net) if trial.gradients else {}
    before = _random_states()
    with recorded(net, trial.layers) as layers:
        returned = net(given)
    outputs = [tensor for _, tensor in flatten_output(returned)]
    found = {f"output[{slot}]": tensor.detach().clone() for slot, tensor in _numbered(outputs, trial)} | changed
    found |= {f"{VALUE}{path}": encoded(value) for path, value in values_beside(returned)}
    if _random_states() != before:
        found[DREW_AT_RANDOM] = torch.tensor(1)
    if not torch.equal(given, x):
        found[INPUT_AFTERWARDS] = given.detach()
    moved = _buffers(net)
    found |= {f"buffer {key}": buffer for key, buffer in moved.items()}
    if trial.gradients:
        found |= _gradients(net, trial, x, outputs)
        found |= _in_backward(buffers, moved, _buffers(net))
    found |= layers()
    found |= {f"met by {kind}": torch.tensor(rows) for kind, rows in controlled.met.items()}
    return found


def _reloaded(net: nn.Module) -> dict[str, Tensor]:
    try:
        return {f"{RELOADED}{key}": tensor for key, tensor in reloaded(net).items()}
    except Exception as error:  # whatever a stranger's hooks raise
        return {RELOADING_RAISED: encoded(last_line(error))}


def _buffers(net: nn.Module) -> dict[str, Tensor]:
    return {key: buffer.detach().clone() for key, buffer in net.named_buffers()}


def _in_backward(before: dict[str, Tensor], moved: dict[str, Tensor], after: dict[str, Tensor]) -> dict[str, Tensor]:
    """The buffers that the backward pass changed; one mark for all if it ran forward again (checkpointing)."""
    changed = {key: value for key, value in after.items() if key in moved and not torch.equal(value, moved[key])}
    if not changed:
        return {}
    if all(key in before and _is_repeated(before[key], moved[key], value) for key, value in changed.items()):
        return {FORWARD_AGAIN: torch.tensor(len(changed))}
    return {f"buffer {key} after backward": value for key, value in changed.items()}


def _is_repeated(before: Tensor, moved: Tensor, after: Tensor) -> bool:
    """Whether a buffer made one step twice: towards the same value by the same share, or a count by the same number."""
    first, second = (moved - before).double().flatten(), (after - moved).double().flatten()
    if not before.is_floating_point():
        return torch.equal(first, second)
    share = (first @ second / (first @ first)).item() if first.any() else 0.0
    return 0.0 < share < 1.0 and torch.allclose(second, share * first, rtol=0.0, atol=1e-6 * first.abs().max().item())


def _random_states() -> tuple[object, ...]:
    numpy = sys.modules.get("numpy")
    theirs = () if numpy is None else (numpy.random.get_state()[1].tobytes(), numpy.random.get_state()[2])
    return (torch.get_rng_state().numpy().tobytes(), random.getstate(), *theirs)


def _numbered(outputs: list[Tensor], trial: Trial) -> list[tuple[int, Tensor]]:
    slots = trial.slots if len(trial.slots) == len(outputs) else range(len(outputs))
    return list(zip(slots, outputs, strict=True))


def _gradients(net: nn.Module, trial: Trial, x: Tensor, outputs: list[Tensor]) -> dict[str, Tensor]:
    """Of a drawn combination of all outputs, the same for both nets slot by slot."""
    combined: list[Tensor] = []
    for slot, output in _numbered(outputs, trial):
        if output.requires_grad and output.is_floating_point():
            weights = image(Draw(tuple(output.shape), seed=trial.draw.seed + 31 * (slot + 1)), output.dtype)
            combined.append((output * weights).sum())
    with _taken(net, trial) as found:
        if combined:
            torch.stack(combined).sum().backward()
    if x.grad is not None:
        found["gradient of input"] = x.grad
    for key, parameter in net.named_parameters():
        if parameter.grad is not None:
            found[f"gradient of {key}"] = parameter.grad
            parameter.grad = None
    return found


@contextmanager
def _taken(net: nn.Module, trial: Trial) -> Iterator[dict[str, Tensor]]:
    """The sketches of large gradients, each taken as soon as it is computed, so that they are never held together."""
    found: dict[str, Tensor] = {}

    def take(name: str, parameter: Tensor) -> None:
        if parameter.grad is not None:
            sums = sketched(parameter.grad)
            found[name] = found[name] + sums if name in found else sums  # again where activations are recomputed
            parameter.grad = None

    handles = [
        parameter.register_post_accumulate_grad_hook(partial(take, f"gradient of {key}"))
        for key, parameter in net.named_parameters()
        if parameter.requires_grad and key not in trial.whole and is_large(parameter)
    ]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
