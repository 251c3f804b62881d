"""Moves of tensors to a device that this machine lacks, heard and not made."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from properties.targets.lacking import is_lacking, lacking_dtype

__all__ = ["Staying"]


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
