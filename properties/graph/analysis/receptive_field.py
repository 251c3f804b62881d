"""What each operator's result sees of the net's input: receptive field and total stride through the whole graph."""

from __future__ import annotations

from collections.abc import Sequence

from properties import formulas
from properties.formulas import WHOLE_AXIS, ReceptiveField
from properties.graph.ir import Op, OpGraph
from properties.graph.kinds import ADAPTIVE_POOLS, GLOBAL_POOLS, LEAVES, VIEWS, WINDOW_POOLS

__all__ = ["Fields", "receptive_fields"]

Fields = tuple[ReceptiveField, ...]
"""One receptive field for each spatial axis of the input."""


def receptive_fields(graph: OpGraph) -> tuple[Fields | None, ...]:
    """The receptive field of every operator's result, axis by axis.

    Returns:
        one entry for each operator; None where it is not a sliding window's: behind a flatten, an adaptive pool to
        more than one bin, a transposed convolution, an operator without a rule, or branches of different strides.
    """
    found: list[Fields | None] = []
    for position, op in enumerate(graph.ops):
        sources = [found[source] for source in op.inputs]
        fields = [source for source in sources if source is not None]
        if op.kind == "input":
            found.append((ReceptiveField(),) * (len(op.shape) - 2))
        elif not sources or len(fields) < sum(graph.ops[source].kind not in LEAVES for source in op.inputs):
            found.append(None)
        else:
            found.append(_seen(graph, position, fields))
    return tuple(found)


def _seen(graph: OpGraph, position: int, fields: Sequence[Fields]) -> Fields | None:
    op = graph.ops[position]
    if not fields:
        return None
    if op.kind == "conv" or op.kind in WINDOW_POOLS:
        return _window(op, fields[0])
    if op.kind in GLOBAL_POOLS and len(op.shape) > 2:
        return (WHOLE_AXIS,) * len(fields[0])
    if op.kind in ADAPTIVE_POOLS:
        return (WHOLE_AXIS,) * len(fields[0]) if set(op.attributes["output_size"]) == {1} else None
    if op.kind == "pad":
        low = [sides[0] for sides in op.attributes["padding"][2:]]
        if op.attributes["mode"] != "constant" or min(low) < 0:
            return None
        return tuple(field.window(1, padding=size) for field, size in zip(fields[0], low, strict=True))
    if op.kind == "cat" and op.attributes["dim"] == 1:
        return _join(fields)
    captured = {graph.ops[source].shape[2:] for source in op.inputs if graph.ops[source].kind not in LEAVES}
    gated = op.kind == "mul" and len(op.shape) > 2  # squeeze and excitation: one factor for a whole map
    if op.kind in (*VIEWS, "slice", "select") or not (gated or captured == {op.shape[2:]}):
        return None
    return _join(fields)


def _window(op: Op, fields: Fields) -> Fields:
    dilation = op.attributes.get("dilation", (1,) * len(fields))
    settings = zip(
        op.attributes["kernel_size"], op.attributes["stride"], op.attributes["padding"], dilation, strict=True
    )
    return tuple(
        field.window(k, stride=s, padding=formulas.sides(p, k)[0], dilation=d)
        for field, (k, s, p, d) in zip(fields, settings, strict=True)
    )


def _join(fields: Sequence[Fields]) -> Fields | None:
    try:
        return tuple(ReceptiveField.join(axis) for axis in zip(*fields, strict=True))
    except ValueError:
        return None
