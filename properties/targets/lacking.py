"""Which devices this machine lacks, and who hears that a stranger's code asked for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch

__all__ = ["ACCELERATORS", "heard_by", "is_lacking", "lacking_dtype", "listens", "was_asked_for"]

ACCELERATORS = ("cuda", "mps", "xpu", "hpu", "npu", "mtia")
"""Kinds of devices beside the CPU that a net may stand on."""

_listening: list[set[str]] = []
_ever: set[str] = set()


@contextmanager
def heard_by(asked: set[str]) -> Iterator[None]:
    """Within it every kind of device that is asked for, and that this machine lacks, goes into the set."""
    _listening.append(asked)
    try:
        yield
    finally:
        del _listening[next(at for at, each in enumerate(_listening) if each is asked)]


def listens() -> bool:
    """Whether a stranger's code runs now."""
    return bool(_listening)


def was_asked_for() -> bool:
    """Whether any code of this process has asked for such a device."""
    return bool(_ever)


def is_lacking(device: object) -> bool:
    """Whether this is a device that the machine lacks, which somebody asks for now."""
    kind = _kind(device)
    if kind not in ACCELERATORS or _is_there(kind):
        return False
    for asked in (*_listening, _ever):
        asked.add(kind)
    return True


def lacking_dtype(wanted: object) -> torch.dtype | None:
    """What the numbers are in a type of tensors of a device that this machine lacks; None for all else."""
    if isinstance(wanted, type):
        wanted = f"{wanted.__module__}.{wanted.__name__}"
    torchs, _, name = wanted.partition(".") if isinstance(wanted, str) else ("", "", "")
    kind, _, name = name.partition(".")
    found = getattr(getattr(torch, kind, None), name, None) if torchs == "torch" and name else None
    return found.dtype if found is not None and hasattr(found, "dtype") and is_lacking(kind) else None


def _kind(device: object) -> str:
    if isinstance(device, torch.device):
        return device.type
    if isinstance(device, str):
        return device.partition(":")[0]
    return "cuda" if isinstance(device, int) and not isinstance(device, bool) and not _has_any() else ""


@cache
def _is_there(kind: str) -> bool:
    module = getattr(torch, kind, None)
    return module is not None and bool(module.is_available())


@cache
def _has_any() -> bool:
    """Whether there is a device that a mere number means."""
    return any(map(_is_there, ACCELERATORS))
