"""What every translation of an ATen operator needs: a meaning, and arguments in the vocabulary's own terms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx

from properties.graph.torch.aten.schema import Call, result_shape

__all__ = ["Meaning", "generic", "plain", "roles", "spread"]

# Arguments that say where or how a result is stored, not what it is.
_STORAGE = {"memory_format", "layout", "device", "pin_memory", "non_blocking", "copy", "implicit", "out", "generator"}
_AXES = {"dim", "dims", "axis"}


@dataclass(frozen=True)
class Meaning:
    """An operator in the vocabulary of ``ir``. ``kind`` ``"identity"``: the result is the first input."""

    kind: str
    inputs: list[fx.Node]
    attributes: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, fx.Node] = field(default_factory=dict)


def plain(value: Any) -> Any:
    """An argument as the vocabulary writes it: tuples for lists, names for types."""
    if isinstance(value, list | tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, torch.SymInt):
        return int(value)
    return str(value)


def generic(call: Call, index: int, shape: tuple[int, ...]) -> Meaning:
    """Any operator: tensors are inputs, everything else is an attribute under its schema's name."""
    attributes: dict[str, Any] = {}
    lists = 0
    for name, value in call.arguments.items():
        if name in _STORAGE or value is None or isinstance(value, fx.Node):
            continue
        if _holds_nodes(value):  # a gap in a list of tensors is part of the meaning: x[:, index]
            lists += 1
            if lists > 1 or any(item is None for item in value):
                attributes[name] = tuple("given" if isinstance(item, fx.Node) else None for item in value)
            continue
        attributes[name] = _axes(call, plain(value), shape) if name in _AXES else plain(value)
    given = tuple(name for name in call.optional if isinstance(call.arguments.get(name), fx.Node))
    if given:  # clamp(x, min=t) is not clamp(x, max=t)
        attributes["given"] = given
    if index:
        attributes["result"] = index
    return Meaning(call.base, call.operands(), attributes)


def _holds_nodes(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(item, fx.Node) for item in value)


def _axes(call: Call, value: Any, shape: tuple[int, ...]) -> Any:
    """Axes counted from the first one."""
    operands = call.operands()
    rank = len(shape) if call.base == "stack" else len(result_shape(operands[0])) if operands else 0
    if isinstance(value, tuple):
        return tuple(axis % rank if rank and isinstance(axis, int) else axis for axis in value)
    return value % rank if rank and isinstance(value, int) else value


def spread(value: Any, count: int) -> tuple[int, ...]:
    """One number for every axis: ``[2]`` and 2 mean ``(2, 2)``."""
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    return values * count if len(values) == 1 else values


def roles(call: Call, *names: str) -> dict[str, fx.Node]:
    """The tensors under these names, where the call has them."""
    return {name: call[name] for name in names if isinstance(call.arguments.get(name), fx.Node)}
