"""A graph's operators as layers to read: sizes, the size formula filled in, costs, shortcuts and receptive fields."""

from __future__ import annotations

from typing import Any

from properties import formulas
from properties.describe.model import Layer, Shortcut, Totals
from properties.graph.analysis.costs import op_macs, torchinfo_macs
from properties.graph.analysis.receptive_field import Fields, receptive_fields
from properties.graph.analysis.residual import ResidualBlock, residual_blocks
from properties.graph.ir import Op, OpGraph, Shape
from properties.graph.kinds import LEAVES, WEIGHTED, WINDOW_POOLS
from properties.report.words import by

__all__ = ["batch_free", "closed_form_totals", "layers"]

_AXES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
_WINDOWS = ("conv", "conv_transpose", *WINDOW_POOLS)


def layers(graph: OpGraph) -> tuple[Layer, ...]:
    """Every operator but the input and the output, in data-flow order."""
    fields = receptive_fields(graph)
    shortcuts = {block.add: _shortcut(block) for block in residual_blocks(graph)}
    counted: set[str] = set()
    found = []
    for position, op in enumerate(graph.ops):
        if op.kind in ("input", "output", "constant"):
            continue
        sees, step = _view(fields[position])
        found.append(
            Layer(
                name=_name(graph, position),
                path=op.where,
                kind=op.kind,
                settings=_settings(op),
                inputs=tuple(graph.ops[source].shape for source in op.inputs),
                output=op.shape,
                formula=_formula(graph, op),
                params=_new_params(op, counted),
                macs=op_macs(graph, position),
                sees=sees,
                step=step,
                shortcuts=(shortcuts[position],) if position in shortcuts else (),
                position=position,
                sources=op.inputs,
            )
        )
    return tuple(found)


def _name(graph: OpGraph, position: int) -> str:
    op = graph.ops[position]
    return op.params["value"].key if op.kind == "parameter" else graph.label(position)


def _new_params(op: Op, counted: set[str]) -> int:
    """Scalars in parameters that no earlier operator had."""
    own = {
        param.key: param.size for param in op.params.values() if param.kind == "parameter" and param.key not in counted
    }
    counted.update(own)
    return sum(own.values())


def _view(fields: Fields | None) -> tuple[tuple[int | None, ...], tuple[int | None, ...]]:
    """Receptive field and total stride along each axis."""
    known = fields or ()
    return tuple(field.size for field in known), tuple(None if field.whole else field.stride for field in known)


def _settings(op: Op) -> str:
    """``7x7 /2``: kernel and stride as papers write them, then what is not usual."""
    a = op.attributes
    if op.kind in _WINDOWS:
        stride = a["stride"]
        parts = [by(a["kernel_size"])]
        if set(stride) != {1}:
            parts.append(f"/{stride[0]}" if len(set(stride)) == 1 else f"/{by(stride)}")
        if set(a.get("dilation", (1,))) != {1}:
            parts.append(f"dilation {by(sorted(set(a['dilation'])))}")
        if a.get("groups", 1) != 1:
            parts.append("depthwise" if a["groups"] == a["out_channels"] else f"{a['groups']} groups")
        return " ".join([*parts, *(["ceil"] if a.get("ceil_mode") else [])])
    if op.kind == "clamp":
        low, high = ("" if bound is None else f"{bound:g}" for bound in (a["min"], a["max"]))
        return f"{low}..{high}"
    if "output_size" in a:
        return f"to {by(a['output_size'])}"
    return f"{a['scalar']:g}" if isinstance(a.get("scalar"), int | float) else ""


def _formula(graph: OpGraph, op: Op) -> tuple[str, ...]:
    """The size formula with its numbers; empty where the size stays or there is no closed form."""
    before = graph.ops[op.inputs[0]].shape if op.inputs else ()
    if op.kind in _WINDOWS and len(before) == len(op.shape) == len(op.attributes["kernel_size"]) + 2:
        return _per_axis([_window(op, axis, size) for axis, size in enumerate(before[2:])])
    if op.kind.startswith(("adaptive_", "global_")) and len(before) == len(op.shape):
        spatial = zip(before[2:], op.shape[2:], strict=True)
        return _per_axis([formulas.adaptive_formula(size, after) for size, after in spatial])
    if op.kind == "linear":
        return (f"{before[-1]} -> {op.shape[-1]}",)
    if op.kind == "flatten":
        return (f"{'*'.join(map(str, before[op.attributes['start'] :]))} = {op.shape[-1]}",)
    if op.kind == "cat":
        dim = op.attributes["dim"]
        parts = " + ".join(str(graph.ops[source].shape[dim]) for source in op.inputs)
        return (f"{parts} = {op.shape[dim]}{' channels' if dim == 1 and len(op.shape) == 4 else ''}",)
    if op.kind == "pad":
        return _per_axis([_padded(*axis) for axis in zip(before, op.attributes["padding"], op.shape, strict=True)][2:])
    return ()


def _window(op: Op, axis: int, size: int) -> str:
    a: dict[str, Any] = {name: op.attributes[name][axis] for name in ("kernel_size", "stride", "padding")}
    for name in ("dilation", "output_padding"):
        if name in op.attributes:
            a[name] = op.attributes[name][axis]
    if op.kind == "conv":
        return formulas.conv_formula(size, **a)
    if op.kind == "conv_transpose":
        return formulas.conv_transpose_formula(size, **a)
    return formulas.pool_formula(size, **a, ceil_mode=op.attributes["ceil_mode"])


def _padded(size: int, sides: tuple[int, int], out: int) -> str:
    return f"{size} + {sides[0]} + {sides[1]} = {out}"


def _per_axis(texts: list[str]) -> tuple[str, ...]:
    """One text where all axes agree, else each with its axis."""
    if len(set(texts)) < 2:
        return tuple(texts[:1])
    names = _AXES.get(len(texts), tuple(str(axis) for axis in range(len(texts))))
    return tuple(f"{name}: {text}" for name, text in zip(names, texts, strict=True))


def _shortcut(block: ResidualBlock) -> Shortcut:
    """The kind of a block's shortcut and why it has to be that, or that it need not be."""
    where = block.where
    entering, leaving = block.graph.ops[block.fork].shape, block.graph.ops[block.add].shape
    kinds = {op.kind for op in block.ops(block.shortcut)}
    kind = "identity" if not kinds else "projection" if kinds.intersection(WEIGHTED) else "other"
    if len(entering) != 4 or len(leaving) != 4:
        return Shortcut(kind, f"{by(entering[1:])} {'=' if entering == leaving else '->'} {by(leaving[1:])}", where)
    stride, (before, after) = _stride(block, entering, leaving), block.channels
    if kind == "identity":
        return Shortcut(kind, f"stride 1 and {before} = {after} channels", where)
    reasons = [f"stride {stride}"] * (stride != "1") + [f"{before} -> {after} channels"] * (before != after)
    why = " and ".join(reasons) or f"although stride 1 and {before} = {after} channels"
    if kind == "other":
        why = f"{why} ({', '.join(sorted(kinds))})"
    return Shortcut(kind, why, where)


def _stride(block: ResidualBlock, entering: Shape, leaving: Shape) -> str:
    """``2``, or ``2x1`` where the axes differ."""
    if entering[2:] == leaving[2:]:
        return "1"
    stride = block.stride
    return str(stride[0]) if len(set(stride)) == 1 else by(stride)


def closed_form_totals(graph: OpGraph) -> Totals:
    """What the net costs by the closed forms; they agree with torchinfo where every parameter is in a layer that runs.

    Source: torchinfo 1.8, ``ModelStatistics``: the result of a layer with parameters counts, twice for its gradient.
    """
    params = [param for param in graph.params if param.kind == "parameter"]
    batch = next((op for _, op in graph.of_kind("input")), Op("input"))
    weighted = [
        op for op in graph.ops if op.kind not in LEAVES and any(p.kind == "parameter" for p in op.params.values())
    ]
    return Totals(
        params=graph.num_params,
        trainable=sum(param.size for param in params if param.trainable),
        macs=sum(op_macs(graph, position) for position in range(len(graph))),
        mult_adds=torchinfo_macs(graph),
        input_mb=formulas.num_bytes(batch.shape, batch.dtype) / 1e6,
        forward_backward_mb=sum(2 * formulas.num_bytes(op.shape, op.dtype) for op in weighted) / 1e6,
        params_mb=sum(formulas.num_bytes(param.shape, param.dtype) for param in params) / 1e6,
    )


def batch_free(shape: Shape) -> str:
    """A size without its batch axis, as people write it: ``64x112x112``."""
    return by(shape[1:]) if len(shape) > 1 else by(shape)
