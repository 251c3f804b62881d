"""What a net shares with everything else in its process: torch's settings, random numbers, warnings, functions."""

from __future__ import annotations

import random
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

__all__ = ["Shared", "process_kept", "seed_everything"]


@dataclass(frozen=True)
class _Setting:
    name: str
    read: Callable[[], Any]
    write: Callable[[Any], Any]


def _attribute(name: str, holder: Any, attribute: str) -> _Setting:
    return _Setting(name, lambda: getattr(holder, attribute), lambda value: setattr(holder, attribute, value))


_SETTINGS = (
    _Setting("the default dtype", torch.get_default_dtype, torch.set_default_dtype),
    _Setting("the default device", torch.get_default_device, torch.set_default_device),
    _Setting("whether gradients are recorded", torch.is_grad_enabled, torch._C._set_grad_enabled),
    _Setting("the number of threads", torch.get_num_threads, torch.set_num_threads),
    _Setting("whether anomalies are detected", torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
    _Setting(
        "whether algorithms are deterministic",
        lambda: (torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()),
        lambda value: torch.use_deterministic_algorithms(value[0], warn_only=value[1]),
    ),
    _Setting(
        "whether autocast is on",
        lambda: torch.is_autocast_enabled("cpu"),
        lambda value: torch.set_autocast_enabled("cpu", value),
    ),
    _attribute("torch.backends.cudnn.enabled", torch.backends.cudnn, "enabled"),
    _attribute("torch.backends.cudnn.benchmark", torch.backends.cudnn, "benchmark"),
    _attribute("torch.backends.cudnn.deterministic", torch.backends.cudnn, "deterministic"),
    _Setting("the recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
    _attribute("sys.stdout", sys, "stdout"),
    _attribute("sys.stderr", sys, "stderr"),
)
_NAMESPACES: tuple[Any, ...] = (torch, nn, nn.functional, torch.Tensor, nn.Module)


class Shared:
    """A snapshot of what nets share."""

    def __init__(self) -> None:
        self.settings = [setting.read() for setting in _SETTINGS]
        self.filters = list(warnings.filters)
        self.random = torch.get_rng_state()
        self.others = _other_generators()
        self.names = [_functions(space) for space in _NAMESPACES]

    def changed(self, *, random_numbers: bool) -> tuple[str, ...]:
        """Names of what is no longer as it was.

        Args:
            random_numbers: whether a number that was drawn counts as a change.
        """
        found = [s.name for s, before in zip(_SETTINGS, self.settings, strict=True) if s.read() != before]
        if list(warnings.filters) != self.filters:
            found.append("the warnings filters")
        if random_numbers and not torch.equal(torch.get_rng_state(), self.random):
            found.append("torch's random state")
        if random_numbers and repr(_other_generators()) != repr(self.others):
            found.append("the random state of Python or NumPy")
        return (*found, *(f"{space.__name__}.{name}" for space, name, _ in self._replaced()))

    def restore(self) -> None:
        """Put everything back but the warnings filters, which ``process_kept`` sees to."""
        for setting, before in zip(_SETTINGS, self.settings, strict=True):
            if setting.read() != before:
                setting.write(before)
        for space, name, before in self._replaced():
            setattr(space, name, before)
        torch.set_rng_state(self.random)
        random.setstate(self.others[0])
        if len(self.others) > 1:
            sys.modules["numpy"].random.set_state(self.others[1])

    def _replaced(self) -> list[tuple[Any, str, Any]]:
        return [
            (space, name, before)
            for space, names in zip(_NAMESPACES, self.names, strict=True)
            for name, before in names.items()
            if vars(space).get(name) is not before
        ]


def _functions(space: Any) -> dict[str, Any]:
    """Whatever can be called; torch's own classes, of which one follows the default dtype, are left out."""
    return {name: f for name, f in vars(space).items() if callable(f) and not (space is torch and isinstance(f, type))}


def _other_generators() -> tuple[Any, ...]:
    numpy = sys.modules.get("numpy")
    return (random.getstate(),) if numpy is None else (random.getstate(), numpy.random.get_state())


def seed_everything(seed: int) -> None:
    """Seed torch's, Python's and NumPy's generators."""
    torch.manual_seed(seed)
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)


@contextmanager
def process_kept() -> Iterator[None]:
    """Whatever is changed inside, settings, random numbers, filters and functions are afterwards as they were."""
    before = Shared()
    with warnings.catch_warnings():
        try:
            yield
        finally:
            before.restore()
