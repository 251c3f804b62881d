"""Numbers that remember which sizes they were made of, and tell a listener when they are compared.

They are ints and floats, so that torch and everybody else takes them as they are. Arithmetic keeps the memory; where it
cannot be kept (``int(h)``, ``str(h)``, ``table[h]`` of a dict), that is told as well; not so
for ``f"{h}"``, which every assertion has in its message.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from properties.graph.torch.asking.listener import Listener

__all__ = ["Remembering", "remembering"]

_COMPARISONS = {"lt": "<", "le": "<=", "eq": "==", "ne": "!=", "gt": ">", "ge": ">="}
_BINARY = ("add", "sub", "mul", "floordiv", "mod", "truediv", "pow", "lshift", "rshift", "and", "or", "xor")
_LARGE = 64  # a quotient by less is what strides, windows and paddings are made of
_UNARY = ("neg", "pos", "abs")
_ROUNDING: dict[str, Callable[[Any], Any]] = {"ceil": math.ceil, "floor": math.floor, "trunc": math.trunc}
_LEAVING = ("int", "float", "str", "hash")


@dataclass(frozen=True, slots=True)
class _Memory:
    """What a number was made of."""

    listener: Listener
    sizes: frozenset[int]
    constants: frozenset[float] = frozenset()

    def with_(self, other: Any) -> _Memory:
        """Together with the memory of what it was combined or compared with."""
        memory = getattr(other, "memory", None)
        if isinstance(memory, _Memory):
            return _Memory(self.listener, self.sizes | memory.sizes, self.constants | memory.constants)
        if isinstance(other, int | float) and not isinstance(other, bool):
            return _Memory(self.listener, self.sizes, self.constants | {other})
        return self

    def tell(self, asked: str, left: float, right: float, answer: int) -> None:
        """Tell the listener of a use."""
        self.listener.note(asked, left, right, answer, tuple(self.sizes), tuple(sorted(self.constants)))


class Remembering:
    """What both kinds of number have in common."""

    memory: _Memory


class _Int(Remembering, int):
    pass


class _Float(Remembering, float):
    pass


def remembering(value: int, listener: Listener) -> int:
    """A size that remembers that it is one."""
    made: int = _with(value, _Memory(listener, frozenset({value})))
    return made


def _with(value: Any, memory: _Memory) -> Any:
    """The value with a memory; whatever is no plain number goes without."""
    if type(value) in (int, _Int):
        made: Any = int.__new__(_Int, value)
    elif type(value) in (float, _Float):
        made = float.__new__(_Float, value)
    else:
        return value
    made.memory = memory
    return made


def _plain(value: Any) -> Any:
    """The number without a memory, unheard."""
    if isinstance(value, _Int):
        return int.__add__(value, 0)
    return float.__add__(value, 0.0) if isinstance(value, _Float) else value


def _comparing(name: str, asked: str) -> Callable[[Any, Any], Any]:
    compare = getattr(operator, name)

    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, int | float):
            return NotImplemented
        left, right = _plain(self), _plain(other)
        answer = compare(left, right)
        self.memory.with_(other).tell(asked, left, right, int(answer))
        return answer

    return method


def _combining(name: str, *, reflected: bool) -> Callable[..., Any]:
    compute = getattr(operator, f"{name}_" if name in ("and", "or") else name)

    def method(self: Any, other: Any, *modulus: Any) -> Any:
        if not isinstance(other, int | float):
            return NotImplemented
        left, right = (_plain(other), _plain(self)) if reflected else (_plain(self), _plain(other))
        memory = self.memory.with_(other)
        try:
            value = compute(left, right)
        except TypeError:
            return NotImplemented
        if name == "floordiv" and right >= _LARGE:  # whether it is 0 says only whether the size is small
            memory.tell("<", left, right, int(left < right))
        return _with(value, memory)

    return method


def _divmod(self: Any, other: Any) -> Any:
    return self // other, self % other


def _rdivmod(self: Any, other: Any) -> Any:
    return other // self, other % self


def _keeping(compute: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, *more: Any) -> Any:
        return _with(compute(_plain(self), *more), self.memory)

    return method


def _leaving(name: str) -> Callable[..., Any]:
    computes: dict[str, Callable[..., Any]] = {"int": int, "float": float, "str": str, "hash": hash}
    compute = computes[name]

    def method(self: Any, *more: Any) -> Any:
        value = _plain(self)
        self.memory.tell("number", value, value, 0)
        return compute(value, *more)

    return method


def _truth(self: Any) -> bool:
    value = _plain(self)
    self.memory.tell("truth", value, 0, int(bool(value)))
    return bool(value)


def _copied(self: Any, *_: Any) -> Any:
    return _plain(self)


def _reduced(self: Any, *_: Any) -> Any:
    return type(_plain(self)), (_plain(self),)


def _equip(kind: type) -> None:
    """Give a kind of number all its methods."""
    for name, asked in _COMPARISONS.items():
        setattr(kind, f"__{name}__", _comparing(name, asked))
    for name in _BINARY:
        setattr(kind, f"__{name}__", _combining(name, reflected=False))
        setattr(kind, f"__r{name}__", _combining(name, reflected=True))
    for name in _UNARY:
        setattr(kind, f"__{name}__", _keeping(getattr(operator, name)))
    for name, compute in _ROUNDING.items():
        setattr(kind, f"__{name}__", _keeping(compute))
    for name in _LEAVING:
        setattr(kind, f"__{name}__", _leaving(name))
    own: dict[str, Any] = {
        "repr": _keeping(repr),
        "format": _keeping(format),
        "round": _keeping(round),
        "divmod": _divmod,
        "rdivmod": _rdivmod,
        "bool": _truth,
        "copy": _copied,
        "deepcopy": _copied,
        "reduce_ex": _reduced,
    }
    for name, method in own.items():
        setattr(kind, f"__{name}__", method)


_equip(_Int)
_equip(_Float)
