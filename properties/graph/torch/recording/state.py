"""What a forward pass leaves in its modules is put back; meanwhile meta tensors stand in the place of real ones."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FunctionType, MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from properties.graph.question import Kept
from properties.graph.torch.recording.stand_ins import StandIns

__all__ = ["left_as_found", "put_stand_ins"]

_NOTHING: Mapping[str, float] = MappingProxyType({})
_CONTAINERS = (list, dict, OrderedDict, set, deque)


@contextmanager
def left_as_found(net: nn.Module, state: Mapping[str, float] = _NOTHING) -> Iterator[Callable[[], tuple[Kept, ...]]]:
    """Every attribute of every module afterwards is what it was, down to the items of its lists, dicts and sets.

    Yields what tells what has changed so far.

    Args:
        net: the net.
        state: numbers that its attributes hold meanwhile, by path and name.
    """
    attributes = [module.__dict__ for module in net.modules()]
    inner = [value for own in attributes for value in own.values() if type(value) in _CONTAINERS]
    before = [(container, container.copy()) for container in (*inner, *attributes)]
    for path, module in net.named_modules():
        for name in module.__dict__:
            if (key := f"{path}.{name}".lstrip(".")) in state:
                module.__dict__[name] = type(module.__dict__[name])(state[key])
    saved = {id(container): copied for container, copied in before}
    try:
        yield lambda: tuple(_changed(net, saved))
    finally:
        for container, saved in before:
            _put_back(container, saved)


def _changed(net: nn.Module, saved: Mapping[int, Any]) -> Iterator[Kept]:
    """The attributes that hold another number, another object or other items than they did."""
    for path, module in net.named_modules():
        before = saved.get(id(module.__dict__), {})
        for name, value in list(module.__dict__.items()):
            key = f"{path}.{name}".lstrip(".")
            if name.startswith(_STORES) or name == "training":
                continue
            if type(value) in _CONTAINERS and id(value) in saved:
                if not _is_same(value, saved[id(value)]):
                    yield Kept(key, None, is_store=True)
            elif name not in before or (value is not before[name] and not _is_equal(value, before[name])):
                number = float(value) if type(value) in (int, float) else None
                yield Kept(key, number, constants=_constants(module) if number is not None else ())


_STORES = (
    "_parameters",
    "_buffers",
    "_modules",
    "_forward",
    "_backward",
    "_state_dict",
    "_load_state_dict",
    "_non_pers",
)


def _is_equal(one: object, other: object) -> bool:
    return type(one) is type(other) and type(one) in (int, float, str, bool, tuple, torch.Size) and bool(one == other)


def _constants(module: nn.Module) -> tuple[float, ...]:
    """The numbers in the code and the attributes of a module."""
    found = {value for value in module.__dict__.values() if type(value) in (int, float)}
    waiting = [
        function.__code__
        for kind in type(module).__mro__
        if not kind.__module__.startswith("torch.")
        for function in vars(kind).values()
        if isinstance(function, FunctionType)
    ]
    while waiting:
        for value in waiting.pop().co_consts:
            if isinstance(value, CodeType):
                waiting.append(value)
            elif type(value) in (int, float):
                found.add(value)
    return tuple(sorted(found))


def _put_back(container: Any, saved: Any) -> None:
    """Hold what it held; a container in which nothing changed is not touched."""
    if not _is_same(container, saved):
        container.clear()
        (container.extend if isinstance(container, list | deque) else container.update)(saved)


def _is_same(container: Any, saved: Any) -> bool:
    if isinstance(container, set):
        return bool(container == saved)
    if isinstance(container, dict):
        return [*container] == [*saved] and all(map(_is, container.values(), saved.values()))
    return len(container) == len(saved) and all(map(_is, container, saved))


def _is(one: object, other: object) -> bool:
    return one is other


def put_stand_ins(net: nn.Module, stand_ins: StandIns) -> None:
    """Replace every registered tensor that has memory; ``left_as_found`` puts them back."""
    for module in net.modules():
        for registered in (module._parameters, module._buffers):
            for name, tensor in registered.items():
                if isinstance(tensor, Tensor) and not tensor.is_meta:
                    registered[name] = stand_ins.of(tensor)  # type: ignore[assignment]
