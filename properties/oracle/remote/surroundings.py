"""What code changes outside itself while it is imported and run: torch's settings and torch's own functions."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
import torch.export
from torch import nn

__all__ = ["Surroundings"]

_NAMESPACES = (torch, torch.Tensor, nn.functional, nn.init, nn.Module, nn.Sequential, torch.autograd, torch.export)
_TOOLS = (torch.export,)  # what a check itself works with, and no net computes with


class Surroundings:
    """Sees what has changed since it was made, and who changed it.

    Tools of the check that were replaced are put back; everything else stays, because the code runs with it elsewhere
    too.
    """

    def __init__(self) -> None:
        self._settings = _settings()
        self._functions = [dict(vars(namespace)) for namespace in _NAMESPACES]
        self._found: dict[str, str] = {}  # what was done, when

    def look(self, when: str) -> None:
        """Remember what has changed by now.

        Args:
            when: what was being done, ``"importing"``.
        """
        for name, value in _settings().items():
            if value != self._settings[name]:
                self._found.setdefault(f"sets {name} to {value}", when)
                self._settings[name] = value
        for name in self._replaced():
            self._found.setdefault(f"replaces {name}", when)

    def notes(self, name: str) -> tuple[str, ...]:
        """One line for each change.

        Args:
            name: whose code it is.
        """
        return tuple(f"{when} {name} {did}" for did, when in self._found.items())

    def _replaced(self) -> Iterator[str]:
        for namespace, before in zip(_NAMESPACES, self._functions, strict=True):
            now: Mapping[str, Any] = vars(namespace)
            for key, value in before.items():
                if not callable(value) or now.get(key, value) is value or _is_torchs_own(now[key]):
                    continue
                yield f"{_name(namespace)}.{key}"
                if namespace in _TOOLS:
                    setattr(namespace, key, value)
                else:
                    before[key] = now[key]


def _is_torchs_own(function: Any) -> bool:
    """Whether torch replaces the function itself, as its compiler does when it is first loaded."""
    if isinstance(function, type):
        return function.__module__.partition(".")[0] == "torch"
    code = getattr(function, "__code__", None)
    return code is not None and Path(torch.__file__).parent in Path(code.co_filename).parents


def _name(namespace: Any) -> str:
    return f"{namespace.__module__}.{namespace.__name__}" if isinstance(namespace, type) else str(namespace.__name__)


def _settings() -> dict[str, Any]:
    return {
        "torch's default dtype": torch.get_default_dtype(),
        "torch's default device": torch.get_default_device(),
        "gradients": "on" if torch.is_grad_enabled() else "off",
        "inference mode": "on" if torch.is_inference_mode_enabled() else "off",
        "automatic casts": "on" if torch.is_autocast_enabled("cpu") else "off",
        "torch's threads": torch.get_num_threads(),
        "torch's deterministic algorithms": "on" if torch.are_deterministic_algorithms_enabled() else "off",
        "the current folder": os.getcwd(),
        "the recursion limit": sys.getrecursionlimit(),
    }
