"""What a recorder has to know about an operator, read off its schema once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

__all__ = ["Traits", "argument", "mapped", "tensors_in", "traits"]


@dataclass(frozen=True, slots=True)
class Traits:
    """One operator.

    Args:
        only_reads: it returns no tensor and changes none: it tells about one.
        tells_yes_or_no: it only reads content, and is answered by yes or no.
        written: position and name of the arguments that it changes in place.
        takes_device: whether it can be told where to make its result.
        changes_size: it writes nothing, but its first argument has another size or other memory afterwards.
        view: the operator that returns such a tensor instead, if there is one.
    """

    only_reads: bool
    tells_yes_or_no: bool
    written: tuple[tuple[int, str], ...]
    takes_device: bool
    changes_size: bool
    view: Any


@cache
def traits(func: Any) -> Traits:
    """What its schema and its tags say."""
    schema = func._schema
    written = tuple(
        (position, argument.name)
        for position, argument in enumerate(schema.arguments)
        if argument.alias_info is not None and argument.alias_info.is_write
    )
    changes_size = torch.Tag.inplace_view in func.tags
    if changes_size:
        written = ()
    return Traits(
        only_reads=not schema.is_mutable and not any("Tensor" in str(result.type) for result in schema.returns),
        tells_yes_or_no=schema.name.removeprefix("aten::") in ("is_nonzero", "equal", "allclose"),
        written=written,
        takes_device=any(argument.name == "device" and argument.kwarg_only for argument in schema.arguments),
        changes_size=changes_size,
        view=_view(schema) if changes_size else None,
    )


def _view(schema: Any) -> Any:
    name = schema.name.removeprefix("aten::")
    packet = getattr(torch.ops.aten, name.removesuffix("_"), None)
    if packet is None or name.startswith(("resize", "set_")):
        return None
    overloads = (schema.overload_name or "default", "int")
    return next((getattr(packet, overload) for overload in overloads if hasattr(packet, overload)), None)


def argument(args: tuple[Any, ...], kwargs: dict[str, Any], position: int, name: str) -> Any:
    """The argument of a call, however it was given."""
    return args[position] if position < len(args) else kwargs.get(name)


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Every tensor in nested lists and tuples."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors_in(item)


def mapped(value: Any, change: Callable[[Tensor], Any], device: torch.device | None = None) -> Any:
    """The same with every tensor changed, and every device replaced if there is one to replace it."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, list | tuple):
        return tuple([mapped(item, change, device) for item in value])
    if isinstance(value, dict):
        return {name: mapped(item, change, device) for name, item in value.items()}
    return device if device is not None and isinstance(value, torch.device) else value
