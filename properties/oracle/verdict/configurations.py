"""From a net's graph to the configuration of a family that would build it: block counts, widths, groups, classes.

What is read here is a guess; only an isomorphism with the net that it builds proves it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from properties.graph.ir import OpGraph

__all__ = ["channels", "classes", "configuration", "extra_scalars", "heads"]


def channels(graph: OpGraph) -> int:
    """Channels of the image that the net reads; 0 without an image."""
    shape = next((op.shape for _, op in graph.of_kind("input")), ())
    return shape[1] if len(shape) > 1 else 0


def heads(graph: OpGraph) -> list[tuple[int, int]]:
    """Features and classes of every linear layer whose result is returned."""
    layers = (graph.ops[source] for source in graph.output.inputs)
    return [
        (op.params["weight"].shape[1], op.attributes["out_features"])
        for op in layers
        if op.kind == "linear" and "weight" in op.params
    ]


def classes(graph: OpGraph) -> int | None:
    """How many classes all the heads agree on."""
    found = {count for _, count in heads(graph)}
    return found.pop() if len(found) == 1 else None


def extra_scalars(graph: OpGraph, num_classes: int, in_channels: int) -> int:
    """How many more scalars the net has than with this many classes and channels."""
    found = sum((count - num_classes) * (features + 1) for features, count in heads(graph))
    for position, op in graph.of_kind("input"):
        for user in (graph.ops[user] for user in graph.users[position]):
            if user.kind == "conv" and user.attributes["groups"] == 1 and "weight" in user.params:
                out, _, *kernel = user.params["weight"].shape
                size = 1
                for side in kernel:
                    size *= side
                found += (op.shape[1] - in_channels) * out * size
    return found


def configuration(graph: OpGraph, form: str) -> dict[str, Any] | None:
    """The keywords of a family of this form that fit the graph, or None."""
    return _residual(graph) if form == "residual" else _plain(graph)


def _residual(graph: OpGraph) -> dict[str, Any] | None:
    additions = [op.shape[1] for op in graph.ops if op.kind == "add" and len(op.inputs) == 2 and len(op.shape) == 4]
    depths = tuple(len(list(stage)) for _, stage in groupby(additions))
    inner = next(
        (
            op
            for _, op in graph.of_kind("conv")
            if op.attributes["kernel_size"] == (3, 3) and op.shape[-1] != graph.ops[0].shape[-1]
        ),
        None,
    )
    if len(depths) != 4 or inner is None:
        return None
    groups = inner.attributes["groups"]
    return {"depths": depths, "groups": groups, "width_per_group": inner.attributes["out_channels"] // groups}


def _plain(graph: OpGraph) -> dict[str, Any] | None:
    if any(op.kind in ("add", "cat") for op in graph.ops):
        return None
    return {"column": tuple(_blocks(graph))}


def _blocks(graph: OpGraph) -> Iterator[tuple[int, ...]]:
    widths: list[int] = []
    for op in graph.ops:
        if op.kind == "conv":
            widths.append(op.attributes["out_channels"])
        elif op.kind == "max_pool" and widths:
            yield tuple(widths)
            widths = []
