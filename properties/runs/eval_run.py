"""A few forward passes in eval mode, run once for a net, that many properties look at."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from properties.errors import last_line
from properties.runs.borrowed import borrowed
from properties.runs.forward import outputs
from properties.runs.process import Shared, seed_everything
from properties.runs.tolerance import all_finite, same_bits
from properties.subject import Subject

__all__ = ["Answer", "EvalRun", "answer", "eval_run", "exact_run", "repeats", "runs", "statistics"]


@dataclass(frozen=True)
class Answer:
    """What a call came to: tensors, or the last line of what it raised."""

    tensors: list[Tensor] = field(default_factory=list)
    raised: str | None = None


@dataclass(frozen=True)
class EvalRun:
    """What was seen.

    Args:
        lively: whether constant weights were given values that differ.
        first: of two images.
        swapped: of the same two in the other order.
        alone: of the second one alone.
        again: of the two images as at first, after everything else.
        returned: of the second one alone, after ``train()`` and ``eval()``, without a forward pass in train mode.
        image_changed: whether a forward pass wrote to its input.
        shared: what every forward pass changed of what it shares with the process.
        statistics: running statistics that moved.
        modes: what ``train()`` and ``eval()`` do that they should not, a phrase for each.
    """

    lively: bool
    first: Answer
    swapped: Answer
    alone: Answer
    again: Answer
    returned: Answer
    image_changed: bool
    shared: tuple[str, ...]
    statistics: tuple[str, ...]
    modes: tuple[str, ...]

    @property
    def repeatable(self) -> bool:
        """Whether the same images gave the same bits."""
        return not (self.first.raised or self.again.raised) and same_bits(self.first.tensors, self.again.tensors)


_RUNS: WeakKeyDictionary[Subject, EvalRun] = WeakKeyDictionary()
_EXACT_RUNS: WeakKeyDictionary[Subject, EvalRun] = WeakKeyDictionary()


def eval_run(subject: Subject) -> EvalRun:
    """The run of this subject's net, with lively weights unless they make it raise or overflow."""
    if subject not in _RUNS:
        image = subject.randn(2, subject.small, seed=3)
        run = _run(subject.net, image, lively=True)
        lively = run.first.raised is None and all_finite(run.first.tensors)
        _RUNS[subject] = run if lively else _run(subject.net, image, lively=False)
    return _RUNS[subject]


def exact_run(subject: Subject) -> EvalRun | None:
    """The same in float64, where rounding is no excuse; None if the net cannot be copied or does not run so."""
    if subject not in _EXACT_RUNS:
        try:
            net = copy.deepcopy(subject.net).double()
        except Exception:  # whatever its code raises
            return None
        image = subject.randn(2, subject.small, seed=3).double()
        _EXACT_RUNS[subject] = _run(net, image, lively=eval_run(subject).lively)
    run = _EXACT_RUNS[subject]
    return None if run.first.raised else run


def runs(subject: Subject) -> bool:
    """Whether the net can be run in eval mode where the subject is."""
    return subject.device != "meta" and eval_run(subject).first.raised is None


def repeats(subject: Subject) -> bool:
    """Whether it runs, and gives the same bits for the same images."""
    return runs(subject) and eval_run(subject).repeatable


def statistics(net: nn.Module) -> dict[str, Tensor]:
    """The running statistics and batch counters of every norm that keeps them, by their dotted names."""
    found: dict[str, Tensor] = {}
    for path, module in net.named_modules():
        if isinstance(module, nn.modules.batchnorm._NormBase):
            found |= {f"{path}.{name}".lstrip("."): b for name, b in module.named_buffers(recurse=False)}
    return found


def answer(net: nn.Module, image: Tensor) -> Answer:
    """What the net returns, detached from what it may still write to, or what it raises."""
    try:
        return Answer([tensor.detach().clone() for tensor in outputs(net, image)])
    except Exception as error:  # whatever its code raises
        return Answer(raised=last_line(error))


def _run(net: nn.Module, image: Tensor, *, lively: bool) -> EvalRun:
    with borrowed(net, lively=lively):
        net.eval()
        before = {key: value.clone() for key, value in statistics(net).items()}
        given = image.clone()
        seed_everything(1)
        shared = Shared()
        first = answer(net, given)
        changed = set(shared.changed(random_numbers=True))
        shared.restore()
        moved = tuple(key for key, value in statistics(net).items() if not torch.equal(value, before[key]))
        seed_everything(2)
        swapped = answer(net, image.flip(0))
        shared.restore()
        alone = answer(net, image[1:].clone())
        shared.restore()
        seed_everything(3)
        shared = Shared()
        again = answer(net, image.clone())
        changed &= set(shared.changed(random_numbers=True))  # what the first call alone did, an import, is no habit
        shared.restore()
        modes = _mode_mistakes(net)
        seed_everything(4)
        returned = answer(net, image[1:].clone())
    written = not torch.equal(given, image)
    return EvalRun(lively, first, swapped, alone, again, returned, written, tuple(sorted(changed)), moved, modes)


def _mode_mistakes(net: nn.Module) -> tuple[str, ...]:
    """What is wrong after ``eval()``, ``train()``, ``eval()``; a layer that its net keeps in eval mode is not."""
    found = []
    rounds = []
    for _ in range(2):
        if net.eval() is not net:
            found.append("eval() does not return the net")
        found += [f"after eval() {path or 'the net'} is in train mode" for path, m in net.named_modules() if m.training]
        if net.train() is not net:
            found.append("train() does not return the net")
        if not net.training:
            found.append("after train() the net is in eval mode")
        rounds.append([module.training for module in net.modules()])
    if rounds[0] != rounds[1]:
        found.append("train() after eval() sets other modes than before")
    net.eval()
    return tuple(dict.fromkeys(found))
