"""Moves of tensors to a device that this machine lacks, heard and not made; and which devices these are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

__all__ = ["ACCELERATORS", "Staying", "heard_by", "is_lacking", "lacking_dtype", "listens", "was_asked_for"]

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


class Staying(TorchFunctionMode):
    """Sees each call of a function of torch's that could name a device.

    What is made on such a device is made where a ``with torch.device(...)`` says that was entered before this mode.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in _MOVES:
            return _MOVES[func](*args, **kwargs)
        if is_lacking(kwargs.get("device")):
            kwargs = {name: value for name, value in kwargs.items() if name != "device"}
        return func(*args, **kwargs)


def _to(tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """``Tensor.to``, of which type and layout remain."""
    if not is_lacking(args[0] if args else kwargs.get("device")):
        return tensor.to(*args, **kwargs)
    given: dict[str, Any] = dict(zip(("device", "dtype", "non_blocking", "copy"), args, strict=False)) | kwargs
    dtype, copy, layout = given.get("dtype"), given.get("copy", False), given.get("memory_format")
    if dtype is None and not copy and layout is None:
        return tensor
    rest = {} if layout is None else {"memory_format": layout}
    return tensor.to(tensor.dtype if dtype is None else dtype, copy=copy, **rest)


def _moved(kind: str, move: Callable[..., Tensor], tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """``Tensor.cuda`` and its like."""
    return tensor if is_lacking(kind) else move(tensor, *args, **kwargs)


def _type(tensor: Tensor, *args: Any, **kwargs: Any) -> Any:
    """``Tensor.type``, given ``torch.cuda.FloatTensor`` or its name."""
    wanted = args[0] if args else kwargs.get("dtype")
    dtype = lacking_dtype(wanted)
    return tensor.type(*args, **kwargs) if dtype is None else tensor.to(dtype)


def _numbered(*args: Any, **kwargs: Any) -> torch.device:
    """``torch.device(0)``: the first of the devices that this machine lacks."""
    first = args[0] if args else None
    return (
        torch.device("cuda", first) if isinstance(first, int) and is_lacking(first) else torch.device(*args, **kwargs)
    )


_MOVES: dict[Any, Callable[..., Any]] = {
    Tensor.to: _to,
    Tensor.type: _type,
    torch.device: _numbered,
    **{getattr(Tensor, kind): partial(_moved, kind, getattr(Tensor, kind)) for kind in ("cuda", "xpu")},
}
