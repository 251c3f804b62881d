"""Which operators a forward pass called, in one short text: where two sizes have the same, they ran the same code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from torch import fx

__all__ = ["digest"]

# Operators whose whole numbers are settings; elsewhere they may be sizes.
_WITH_SETTINGS = ("conv", "max_pool", "avg_pool", "batch_norm", "group_norm", "dropout", "flip", "softmax", "cat")


def digest(graph: fx.Graph) -> str:
    """The operators in order, with what each of them reads and the settings of layers, without sizes."""
    found = hashlib.sha256()
    positions: dict[fx.Node, int] = {}
    for position, node in enumerate(graph.nodes):
        positions[node] = position
        name = str(node.target)
        kinds = (bool, int, float) if any(part in name for part in _WITH_SETTINGS) else (bool, float)
        settings = [value for value in _scalars([*node.args, *node.kwargs.values()]) if type(value) in kinds]
        read = [positions[source] for source in node.all_input_nodes]
        found.update(f"{name}{settings}{read}\n".encode())
    return found.hexdigest()[:16]


def _scalars(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _scalars(value)
        else:
            yield value
