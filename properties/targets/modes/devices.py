"""Moves to a device that this machine lacks go nowhere: scripts and notebooks say ``.cuda()`` without asking.

Each tensor stays where it is, and what is made on such a device is made where it would be without it. A machine that
has the device does as it is told. ``torch.cuda.is_available()`` keeps its answer: code that asks takes the path for
machines without.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial, wraps
from types import FrameType, SimpleNamespace
from typing import Any

import torch

from properties.targets.modes.moves import (
    ACCELERATORS,
    Staying,
    heard_by,
    is_lacking,
    lacking_dtype,
    listens,
    was_asked_for,
)

__all__ = ["note_on_moves", "staying"]

_ABOUT = {
    "set_device": None,
    "synchronize": None,
    "init": None,
    "ipc_collect": None,
    "reset_peak_memory_stats": None,
    "current_device": 0,
    "get_device_name": "a device that this machine lacks",
    "get_device_capability": (0, 0),
    "mem_get_info": (0, 0),
    "get_device_properties": SimpleNamespace(name="", major=0, minor=0, total_memory=0, multi_processor_count=0),
}
"""Functions of ``torch.cuda`` and its like that raise without the device, and what they answer instead."""


@contextlib.contextmanager
def staying(asked: set[str], *, if_known: bool = False) -> Iterator[None]:
    """Around a stranger's code: moves to a device that this machine lacks leave everything where it is.

    Args:
        asked: gets the kinds of such devices that the code asks for.
        if_known: do so only where code of this process has asked for one already. Everything that torch does takes
            longer here, and some of it another path, such as the fast one of attention.
    """
    if if_known and not was_asked_for():
        yield
        return
    with contextlib.ExitStack() as stack:
        if not listens():
            stack.enter_context(_replaced())
        stack.enter_context(Staying())
        stack.enter_context(heard_by(asked))
        yield


def note_on_moves(name: str, asked: set[str]) -> tuple[str, ...]:
    """One line, if a net asked for devices that this machine lacks; else none."""
    if not asked:
        return ()
    return (f"{name} asks for a {' or '.join(sorted(asked))} device, which this machine lacks: it stays on the CPU",)


class _AnyGenerator(type(torch.Generator)):  # type: ignore[misc]
    """What makes every generator an instance of the class that stands in for its own."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, torch._C.Generator)


class _Generator(torch.Generator, metaclass=_AnyGenerator):
    """``torch.Generator``, on the CPU where it should be on a device that this machine lacks."""

    def __new__(cls, device: Any = "cpu") -> Any:
        return torch._C.Generator("cpu" if is_lacking(device) else device)


def _set_default_device(original: Callable[..., None], device: Any) -> None:
    if not is_lacking(device):
        original(device)


def _set_default_tensor_type(original: Callable[..., None], kind: Any) -> None:
    dtype = lacking_dtype(kind)
    if dtype is None:
        original(kind)
    else:
        torch.set_default_dtype(dtype)


def _answered(kind: str, answer: Any, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return answer if is_lacking(kind) else original(*args, **kwargs)


@contextlib.contextmanager
def _replaced() -> Iterator[None]:
    """Functions that a mode does not see are replaced, and put back."""
    places: list[tuple[Any, str, Callable[..., Any]]] = [
        (torch, "set_default_device", _set_default_device),
        (torch, "set_default_tensor_type", _set_default_tensor_type),
        (torch.cuda.device, "__enter__", partial(_answered, "cuda", None)),
        (torch.cuda.device, "__exit__", partial(_answered, "cuda", None)),
        *((getattr(torch, kind), name, partial(_answered, kind, answer)) for kind, name, answer in _functions()),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in places]
    generator = torch.Generator
    for (module, name, instead), (_, _, original) in zip(places, before, strict=True):
        setattr(module, name, _before(original, instead))
    torch.Generator = _Generator  # type: ignore[misc]
    try:
        yield
    finally:
        torch.Generator = generator  # type: ignore[misc]
        for module, name, original in before:
            setattr(module, name, original)


def _is_torchs_own(caller: FrameType) -> bool:
    return str(caller.f_globals.get("__name__", "")).partition(".")[0] == "torch"


def _before(original: Callable[..., Any], instead: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def called(*args: Any, **kwargs: Any) -> Any:
        if _is_torchs_own(sys._getframe(1)):  # it asks for reasons of its own, and knows the error
            return original(*args, **kwargs)
        return instead(original, *args, **kwargs)

    return called


@cache
def _functions() -> tuple[tuple[str, str, Any], ...]:
    kinds = [kind for kind in ACCELERATORS if hasattr(torch, kind)]
    return tuple(
        (kind, name, answer) for kind in kinds for name, answer in _ABOUT.items() if hasattr(getattr(torch, kind), name)
    )


def _restored(storage: Any, location: str) -> Any:
    """What ``torch.load`` read of a tensor that was saved on a device, or is wanted on one."""
    return storage if listens() and is_lacking(location) else None


torch.serialization.register_package(0, lambda storage: None, _restored)
