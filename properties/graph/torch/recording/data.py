"""What a net must not notice of being recorded: its tensors say that they are on its own device, and data is not lost.

Python lists that become a tensor beside another one go to that one's device, which is the meta device here, where they
would be lost without a trace. They are given memory on the CPU instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

__all__ = ["as_if_real"]

_DEVICE = Tensor.device.__get__
_IS_ON = {getattr(Tensor, f"is_{kind}").__get__: kind for kind in ("meta", "cpu", "cuda")}

_MADE_OF_DATA = (torch.tensor, torch.as_tensor, torch.asarray)


def as_if_real(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], device: torch.device) -> Any:
    """The result of the call.

    Args:
        func: a function of torch's, as ``TorchFunctionMode`` has it.
        args: its arguments.
        kwargs: likewise.
        device: where the net believes to be.
    """
    if func == _DEVICE:
        return device if args[0].is_meta else args[0].device
    if func in _IS_ON:
        return (device if args[0].is_meta else args[0].device).type == _IS_ON[func]
    if func in _MADE_OF_DATA:
        _touch(kwargs.get("device"))
        known = not isinstance(args[0] if args else None, Tensor)
        return func(*args, **({**kwargs, "device": "cpu"} if known and "device" in kwargs else kwargs))
    if func is Tensor.new_tensor and not any(isinstance(value, Tensor) for value in args[1:]):
        _touch(kwargs.get("device"))
        return torch.tensor(*args[1:], **{"dtype": args[0].dtype, **kwargs, "device": "cpu"})
    if func in (Tensor.__getitem__, Tensor.__setitem__):
        return func(args[0], _index(args[1]), *args[2:], **kwargs)
    return func(*args, **kwargs)


def _touch(device: Any) -> None:
    """Ask for a device on which nothing will be made: one that this machine lacks is noticed all the same."""
    if device is not None and torch.device(device).type not in ("cpu", "meta"):
        torch.empty(0, device=device)


def _index(index: Any) -> Any:
    """An index with tensors for the lists in it."""
    if isinstance(index, tuple):
        return tuple([torch.tensor(item) if _is_table(item) else item for item in index])
    if isinstance(index, list) and all(isinstance(item, int) for item in index):
        return torch.tensor(index) if index else index
    return index


def _is_table(item: Any) -> bool:
    """Whether these are numbers that pick, in lists of whatever depth."""
    if isinstance(item, list):
        return len(item) > 0 and all(isinstance(inner, int) or _is_table(inner) for inner in item)
    return type(item).__module__ == "numpy" and getattr(item, "ndim", 0) > 0
