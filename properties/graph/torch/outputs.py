"""Whatever a net returns, as a list of tensors with the place where each one stood."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from torch import Tensor

__all__ = ["flatten_output"]


def flatten_output(output: Any, path: str = "") -> list[tuple[str, Tensor]]:
    """Tensors of nested tuples, lists, dicts, named tuples, dataclasses and None, in order.

    Returns:
        ``(path, tensor)`` pairs: ``("", t)``, ``("[1]", t)``, ``("['aux']", t)``, ``(".logits", t)``.

    Raises:
        TypeError: if something else is returned.
    """
    if isinstance(output, Tensor):
        return [(path, output)]
    if output is None:
        return []
    if isinstance(output, Mapping):
        return [leaf for key, value in output.items() for leaf in flatten_output(value, f"{path}[{key!r}]")]
    if isinstance(output, tuple) and hasattr(output, "_fields"):
        return [leaf for key in output._fields for leaf in flatten_output(getattr(output, key), f"{path}.{key}")]
    if isinstance(output, tuple | list):
        return [leaf for index, value in enumerate(output) for leaf in flatten_output(value, f"{path}[{index}]")]
    if dataclasses.is_dataclass(output) and not isinstance(output, type):
        names = [entry.name for entry in dataclasses.fields(output)]
        return [leaf for key in names for leaf in flatten_output(getattr(output, key), f"{path}.{key}")]
    if isinstance(output, bool | int | float | str):
        return []
    raise TypeError(
        f"the net returns a {type(output).__name__}; tensors, tuples, lists, dicts and dataclasses are understood"
    )
