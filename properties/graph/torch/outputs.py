"""Whatever a net returns, as lists of tensors and of what stands beside them, with the place of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

__all__ = ["flatten_output", "values_beside"]


def flatten_output(output: Any, path: str = "") -> list[tuple[str, Tensor]]:
    """Tensors of nested tuples, lists, dicts, named tuples, dataclasses and None, in order.

    Returns:
        ``(path, tensor)`` pairs: ``("", t)``, ``("[1]", t)``, ``("['aux']", t)``, ``(".logits", t)``.

    Raises:
        TypeError: if something else is returned.
    """
    return [(place, leaf) for place, leaf in _leaves(output, path) if isinstance(leaf, Tensor)]


def values_beside(output: Any) -> list[tuple[str, bool | int | float | str]]:
    """Numbers and texts among what a net returns, in order, as ``flatten_output`` has tensors.

    Raises:
        TypeError: if something else is returned.
    """
    return [(place, leaf) for place, leaf in _leaves(output, "") if leaf is not None and not isinstance(leaf, Tensor)]


def _leaves(output: Any, path: str) -> Iterator[tuple[str, Any]]:
    if output is None or isinstance(output, Tensor | bool | int | float | str):
        yield path, output
        return
    for step, value in _parts(output):
        yield from _leaves(value, f"{path}{step}")


def _parts(output: Any) -> list[tuple[str, Any]]:
    """What a container holds, each with the step that leads there."""
    if isinstance(output, Mapping):
        return [(f"[{key!r}]", value) for key, value in output.items()]
    if isinstance(output, tuple) and hasattr(output, "_fields"):
        return [(f".{key}", getattr(output, key)) for key in output._fields]
    if isinstance(output, tuple | list):
        return [(f"[{index}]", value) for index, value in enumerate(output)]
    if dataclasses.is_dataclass(output) and not isinstance(output, type):
        return [(f".{entry.name}", getattr(output, entry.name)) for entry in dataclasses.fields(output)]
    raise TypeError(
        f"the net returns a {type(output).__name__}; tensors, tuples, lists, dicts and dataclasses are understood"
    )
