"""What a forward pass leaves in its modules is put back; meanwhile meta tensors stand in the place of real ones."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from properties.graph.torch.recording.stand_ins import StandIns

__all__ = ["left_as_found", "put_stand_ins"]

_CONTAINERS = (list, dict, OrderedDict, set, deque)


@contextmanager
def left_as_found(net: nn.Module) -> Iterator[None]:
    """Every attribute of every module afterwards is what it was, down to the items of its lists, dicts and sets."""
    attributes = [module.__dict__ for module in net.modules()]
    inner = [value for own in attributes for value in own.values() if type(value) in _CONTAINERS]
    before = [(container, container.copy()) for container in (*inner, *attributes)]
    try:
        yield
    finally:
        for container, saved in before:
            _put_back(container, saved)


def _put_back(container: Any, saved: Any) -> None:
    """Hold what it held; a container in which nothing changed is not touched."""
    if isinstance(container, set):
        same = container == saved
    elif isinstance(container, dict):
        same = [*container] == [*saved] and all(map(_is, container.values(), saved.values()))
    else:
        same = len(container) == len(saved) and all(map(_is, container, saved))
    if not same:
        container.clear()
        (container.extend if isinstance(container, list | deque) else container.update)(saved)


def _is(one: object, other: object) -> bool:
    return one is other


def put_stand_ins(net: nn.Module, stand_ins: StandIns) -> None:
    """Replace every registered tensor that has memory; ``left_as_found`` puts them back."""
    for module in net.modules():
        for registered in (module._parameters, module._buffers):
            for name, tensor in registered.items():
                if isinstance(tensor, Tensor) and not tensor.is_meta:
                    registered[name] = stand_ins.of(tensor)  # type: ignore[assignment]
