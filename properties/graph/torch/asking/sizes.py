"""A mode under which every size that a tensor tells is a number that remembers, and tensors taken apart are noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from properties.graph.torch.asking.listener import Listener
from properties.graph.torch.asking.numbers import remembering
from properties.graph.torch.asking.queries import OF_TENSORS, answered

__all__ = ["SizesThatRemember"]

_PARTING = ("split", "unsafe_split", "chunk", "unsafe_chunk", "tensor_split", "unbind")


class SizesThatRemember(TorchFunctionMode):
    """See above.

    Args:
        listener: is told what becomes of the sizes.
    """

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self.listener = listener

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func in OF_TENSORS:
            return answered(self.listener, OF_TENSORS[func], result)
        handle = _HANDLES.get(func)
        if handle is None:
            return result
        if handle is _parts:
            return _parts(self.listener, args, result, (kwargs or {}).get("dim"))
        return handle(self.listener, args, result)


def _size(listener: Listener, args: Any, result: Any) -> Any:
    if isinstance(result, torch.Size):
        return torch.Size([remembering(side, listener) for side in result])
    return remembering(result, listener) if type(result) is int else result


def _strides(listener: Listener, args: Any, result: Any) -> Any:
    if type(result) is tuple:
        return tuple([remembering(each, listener) for each in result])
    return remembering(result, listener) if type(result) is int else result


def _length(listener: Listener, args: Any, result: Any) -> Any:
    listener.note("number", result, result, 0, (result,))  # Python makes a plain int of what len() is given
    return result


def _parts(listener: Listener, args: Any, result: Any, dim: Any = None) -> Any:
    if isinstance(result, list | tuple) and result:
        is_unbound = result[0].dim() < args[0].dim()
        given = args[1 if is_unbound else 2 :][:1]
        axis = dim if isinstance(dim, int) else given[0] if given else 0
        numbers = tuple(each for each in args[1:2] if type(each) is int)  # parts, or the size of one
        listener.note("parts", len(result), 1, len(result), (args[0].size(axis),), numbers)
    return result


_HANDLES: dict[Any, Callable[..., Any]] = {
    Tensor.shape.__get__: _size,  # type: ignore[attr-defined]
    Tensor.size: _size,
    Tensor.numel: _size,
    Tensor.nelement: _size,
    torch.numel: _size,
    Tensor.stride: _strides,
    Tensor.__len__: _length,
    **{getattr(home, name): _parts for home in (torch, Tensor) for name in _PARTING if hasattr(home, name)},
}
