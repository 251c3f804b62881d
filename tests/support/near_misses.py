"""Graphs that differ from a given one in one attribute, operand or kind, and that can still be run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from support.interpreter import run
from support.numerals import read_by
from torch import Tensor

from properties.graph.ir import Op, OpGraph
from properties.graph.kinds import LEAVES

__all__ = ["near_misses"]

_SIBLINGS = (
    ("gt", "ge", "lt", "le"),
    ("add", "sub", "mul", "div", "maximum", "minimum"),
    ("sigmoid", "tanh", "relu", "exp", "neg", "abs", "sqrt", "rsqrt", "reciprocal", "square", "erf", "log"),
    ("silu", "gelu", "mish", "hardswish", "hardsigmoid", "relu6"),
    ("mean", "sum", "amax", "amin"),
    ("softmax", "log_softmax"),
    ("max", "min"),
    ("global_avg_pool", "global_max_pool"),
    ("adaptive_avg_pool", "adaptive_max_pool"),
)
_PLACES = ("dim", "dims", "start", "end", "step", "index", "axes")  # counted from the first
_REWIRED = 2  # other operands that are tried for each


def near_misses(graph: OpGraph, tensors: Mapping[str, Tensor], image: Tensor) -> Iterator[OpGraph]:
    """Every one of them that the interpreter can run and whose results keep their sizes.

    Args:
        graph: as captured.
        tensors: what the net stores.
        image: its input.
    """
    read = read_by(graph)
    for position, op in enumerate(graph.ops[:-1]):
        if position not in read or op.kind in ("input", *LEAVES):
            continue
        for changed in (*_attributes(op), *_more(op), *_operands(op, position, graph), *_kinds(op)):
            if not _is_well_formed(changed, graph):
                continue
            found = replace(graph, ops=(*graph.ops[:position], changed, *graph.ops[position + 1 :]))
            try:
                run(found, dict(tensors), image)
            except (RuntimeError, AssertionError, NotImplementedError, KeyError, IndexError, TypeError, ValueError):
                continue
            yield found


def _attributes(op: Op) -> Iterator[Op]:
    for name, value in op.attributes.items():
        for other in _others(value):
            if name in _PLACES and _is_below_zero(other):
                continue
            yield op.with_(attributes={**op.attributes, name: other})


def _is_well_formed(op: Op, graph: OpGraph) -> bool:
    """Whether a part says exactly what it takes, as a capture does."""
    a = op.attributes
    made = a.get("out_channels", a.get("out_features"))
    if op.kind in ("conv", "linear") and "weight" in op.params and op.params["weight"].shape[0] != made:
        return False
    if op.kind in ("slice", "put") and a.get("dim", 0) >= len(graph.ops[op.inputs[0]].shape):
        return False
    if op.kind == "reshape":  # the batch alone may be left open
        return all(size > 0 for size in a["shape"][1:])
    if op.kind == "slice":
        taken = range(a["start"], a["end"], a["step"]) if a["step"] > 0 else range(0)
        return bool(taken) and taken[-1] + 1 == a["end"] <= graph.ops[op.inputs[0]].shape[a["dim"]]
    return op.kind != "put" or a.get("view") != "slice" or a["end"] <= op.shape[a["dim"]]


def _is_below_zero(value: Any) -> bool:
    return any(_is_below_zero(item) for item in value) if isinstance(value, tuple) else value < 0


def _more(op: Op) -> Iterator[Op]:
    """With an attribute that most of its kind have not."""
    if op.kind in ("mean", "sum", "softmax", "log_softmax"):
        yield op.with_(attributes={**op.attributes, "dtype": "float32"})
    if op.kind in ("max_pool", "adaptive_max_pool"):
        yield op.with_(attributes={**op.attributes, "result": 1})
    if op.kind == "div":
        yield op.with_(attributes={**op.attributes, "rounding_mode": "floor"})


def _others(value: Any) -> Iterator[Any]:
    """A few values of the same type."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, -value if value else 2)
    elif isinstance(value, float):
        yield from (value * 1.5 + 0.25, -value if value else -1.0, 0.0 if value else 1.0)
    elif value is None:
        yield from (1, 2, -1.0)
    elif isinstance(value, tuple):
        for slot, item in enumerate(value):
            for other in _others(item):
                yield (*value[:slot], other, *value[slot + 1 :])
        if value and all(isinstance(item, int) for item in value):
            yield value[::-1]
            yield tuple(item + 1 for item in value)
            yield tuple(2 * item for item in value)


def _operands(op: Op, position: int, graph: OpGraph) -> Iterator[Op]:
    if len(op.inputs) == 2:
        yield op.with_(inputs=op.inputs[::-1])
    for slot, source in enumerate(op.inputs):
        alike = (graph.ops[source].shape, graph.ops[source].dtype)
        others = [at for at in range(position) if (graph.ops[at].shape, graph.ops[at].dtype) == alike and at != source]
        for other in islice(reversed(others), _REWIRED):
            yield op.with_(inputs=(*op.inputs[:slot], other, *op.inputs[slot + 1 :]))


def _kinds(op: Op) -> Iterator[Op]:
    for kinds in _SIBLINGS:
        if op.kind in kinds:
            yield from (op.with_(kind=kind) for kind in kinds if kind != op.kind)
