"""One call of an operator in a traced program, with every argument under its name and every default filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

__all__ = ["Call", "read_call", "result_shape"]


@dataclass(frozen=True)
class Call:
    """A call as its schema reads it.

    Args:
        base: the operator's name without namespace of ATen, overload and the underscore of an in-place form.
        overload: ``"Tensor"``, ``"default"``, ...
        arguments: name to value; tensors are nodes.
        written: the node whose tensor the call changes in place, if any.
        several: whether the result is a tuple or list.
        optional: names of the arguments that may, but need not, hold a tensor.
        dtype: type of the result, where it is a tensor.
    """

    base: str
    overload: str
    arguments: dict[str, Any]
    written: fx.Node | None = None
    several: bool = False
    optional: tuple[str, ...] = ()
    dtype: torch.dtype | None = None

    def operands(self) -> list[fx.Node]:
        """Every tensor argument, those in lists included, in order."""
        found: list[fx.Node] = []
        for value in self.arguments.values():
            found += [
                item for item in (value if isinstance(value, list | tuple) else (value,)) if isinstance(item, fx.Node)
            ]
        return found

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]


def read_call(node: fx.Node) -> Call:
    """The call that a ``call_function`` node makes.

    Raises:
        NotImplementedError: if it calls something that is not an operator with a schema.
    """
    target = node.target
    if not isinstance(target, torch._ops.OpOverload):
        raise NotImplementedError(f"the trace holds {target}, which is not an operator")
    schema = target._schema
    arguments: dict[str, Any] = {}
    written = None
    for position, argument in enumerate(schema.arguments):
        if position < len(node.args) and not argument.kwarg_only:
            value = node.args[position]
        else:
            value = node.kwargs.get(argument.name, argument.default_value)
        if not argument.is_out:  # where the result goes is no part of what it is
            arguments[argument.name] = value
        if argument.alias_info is not None and argument.alias_info.is_write and isinstance(value, list | tuple):
            raise NotImplementedError(f"the trace holds {target}, which writes to several tensors")
        if argument.alias_info is not None and isinstance(value, fx.Node):
            if argument.alias_info.is_write and written is not None:
                raise NotImplementedError(f"the trace holds {target}, which writes to several tensors")
            if argument.alias_info.is_write and not _is_statistic(argument.name):
                written = value
    name = schema.name.removeprefix("aten::")
    base = name[:-1] if name.endswith("_") and not name.endswith("__") else name
    optional = tuple(argument.name for argument in schema.arguments if str(argument.type) != "Tensor")
    value = node.meta.get("val")
    dtype = value.dtype if isinstance(value, Tensor) else None
    return Call(
        base, schema.overload_name or "default", arguments, written, not _is_single(node, schema), optional, dtype
    )


def _is_statistic(name: str) -> bool:
    """A norm writes its running statistics; that is part of what a norm is."""
    return name in ("running_mean", "running_var")


def _is_single(node: fx.Node, schema: Any) -> bool:
    value = node.meta.get("val")
    if value is None:
        return len(schema.returns) <= 1
    return not isinstance(value, list | tuple)


def result_shape(node: fx.Node) -> tuple[int, ...]:
    """Size of what a node holds; ``()`` where that is not a tensor."""
    value = node.meta.get("val")
    return tuple(int(size) for size in value.shape) if isinstance(value, Tensor) else ()
