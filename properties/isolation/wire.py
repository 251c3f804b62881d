"""Plain data between processes: JSON with a length before it, read back by the types it should have. Loads no torch.

Nothing that comes in is trusted: what does not have the shape of its type is a ``WireError``, and no message can name a
class or run code. A dataclass travels as the list of its fields; tuples and mappings as JSON's arrays and objects.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

__all__ = ["LARGEST", "Frames", "WireError", "dumps", "frame", "loads", "receive", "send"]

LARGEST = 256 * 2**20  # bytes; a ResNet-152's graph has 0.4 MB
_HEAD = 8  # bytes of the length before each message
_DEEPEST = 32

Decoder = Callable[[Any], Any]

# What may come where a scalar belongs; a float without a fraction may come as an int.
_SCALARS: Mapping[Any, tuple[type, ...]] = {
    types.NoneType: (types.NoneType,),
    bool: (bool,),
    int: (int,),
    float: (float, int),
    str: (str,),
}


class WireError(ValueError):
    """A message that is not what was asked for: cut off, too long, no JSON, or of another type."""


# ---------------------------------------------------------------------------------------------------------------- text
def dumps(value: Any) -> bytes:
    """A value of dataclasses, tuples, mappings and scalars as JSON."""
    return json.dumps(value, default=_fields, separators=(",", ":")).encode()


def loads(kind: Any, data: bytes) -> Any:
    """Read back what ``dumps`` wrote.

    Args:
        kind: the type that it has: a dataclass, ``tuple[int, ...]``, ``Mapping[str, T]``, ``T | None``, ``Any``, ...
        data: the message.

    Raises:
        WireError: if it is no such thing.
    """
    try:
        return _decoder(kind)(json.loads(data))
    except RecursionError as error:
        raise WireError("a message is nested too deeply") from error
    except (ValueError, TypeError, UnicodeDecodeError) as error:
        raise error if isinstance(error, WireError) else WireError(f"a message is no JSON: {error}") from error


def _fields(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, name) for name in _names(type(value))]
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} is no plain data")


@functools.cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(entry.name for entry in dataclasses.fields(kind) if entry.init)


# ------------------------------------------------------------------------------------------------------------ decoders
@functools.cache
def _decoder(kind: Any) -> Decoder:
    """What turns JSON's own types into a value of this type."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return _plain
    if origin in (typing.Union, types.UnionType):
        return _either(arguments, kind)
    if origin is tuple and arguments[-1:] != (Ellipsis,):
        return _row([_decoder(member) for member in arguments], kind)
    if origin in (tuple, list, Sequence):
        return _rows(_decoder(arguments[0]), kind)
    if origin in (dict, Mapping):
        return _mapping(_decoder(arguments[1]), kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind)
    if kind in _SCALARS:
        return _scalar(_SCALARS[kind], kind)
    raise TypeError(f"{kind} is no type of plain data")


def _scalar(accepted: tuple[type, ...], kind: Any) -> Decoder:
    def decode(value: Any) -> Any:
        if type(value) not in accepted:
            raise WireError(f"{type(value).__name__} came where {_said(kind)} belongs")
        return value

    return decode


def _rows(inner: Decoder, kind: Any) -> Decoder:
    def decode(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise WireError(f"{type(value).__name__} came where {_said(kind)} belongs")
        return tuple(map(inner, value))

    return decode


def _row(inners: list[Decoder], kind: Any) -> Decoder:
    def decode(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or len(value) != len(inners):
            raise WireError(f"{type(value).__name__} came where {_said(kind)} belongs")
        return tuple([inner(item) for inner, item in zip(inners, value, strict=True)])

    return decode


def _mapping(inner: Decoder, kind: Any) -> Decoder:
    def decode(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise WireError(f"{type(value).__name__} came where {_said(kind)} belongs")
        return {key: inner(item) for key, item in value.items()}

    return decode


def _either(members: tuple[Any, ...], kind: Any) -> Decoder:
    if all(member in _SCALARS for member in members):
        return _scalar(tuple(accepted for member in members for accepted in _SCALARS[member]), kind)
    optional = types.NoneType in members
    inners = [_decoder(member) for member in members if member is not types.NoneType]

    def decode(value: Any) -> Any:
        if value is None and optional:
            return None
        for inner in inners:
            try:
                return inner(value)
            except WireError:
                continue
        raise WireError(f"{type(value).__name__} came where {_said(kind)} belongs")

    return decode


def _dataclass(kind: type) -> Decoder:
    names = _names(kind)
    inners: list[Decoder] = []  # filled at first use: a dataclass may hold others of its own type

    def decode(value: Any) -> Any:
        if not inners:
            hints = typing.get_type_hints(kind)
            inners.extend(_decoder(hints[name]) for name in names)
        if type(value) is not list or len(value) != len(inners):
            raise WireError(f"{type(value).__name__} came where {_said(kind)} belongs")
        return kind(*[inner(item) for inner, item in zip(inners, value, strict=True)])

    return decode


def _plain(value: Any, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        raise WireError("a message is nested too deeply")
    if type(value) is list:
        return tuple([_plain(item, depth + 1) for item in value])
    if type(value) is dict:
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    return value


def _said(kind: Any) -> str:
    return getattr(kind, "__name__", str(kind)) if not typing.get_args(kind) else str(kind)


# ------------------------------------------------------------------------------------------------------------- framing
def frame(message: bytes) -> bytes:
    """The message with its length before it."""
    return len(message).to_bytes(_HEAD, "big") + message


def send(descriptor: int, message: bytes) -> None:
    """Write a message whole.

    Raises:
        OSError: if nobody reads it any more.
    """
    rest = memoryview(frame(message))
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def receive(descriptor: int) -> bytes:
    """Wait for one message.

    Raises:
        EOFError: if the other process is gone.
        WireError: if it announces more than ``LARGEST`` bytes.
    """
    size = int.from_bytes(_exactly(descriptor, _HEAD), "big")
    if size > LARGEST:
        raise WireError(f"a message announces {size} bytes")
    return _exactly(descriptor, size)


def _exactly(descriptor: int, size: int) -> bytes:
    parts = []
    while size:
        part = os.read(descriptor, min(size, 2**20))
        if not part:
            raise EOFError("the other side is gone")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class Frames:
    """Messages put together from whatever pieces arrive, for one who must not wait."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The messages that this piece completes.

        Raises:
            WireError: if a message announces more than ``LARGEST`` bytes.
        """
        self._bytes += piece
        while len(self._bytes) >= _HEAD:
            size = int.from_bytes(self._bytes[:_HEAD], "big")
            if size > LARGEST:
                raise WireError(f"a message announces {size} bytes")
            if len(self._bytes) < _HEAD + size:
                return
            message = bytes(self._bytes[_HEAD : _HEAD + size])
            del self._bytes[: _HEAD + size]
            yield message
