"""Runs an operator graph on tensors: what a normal form computes, to be held against the net it was made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from properties.graph.ir import Op, OpGraph
from properties.oracle.trials.recipes import apply

__all__ = ["run"]

Kernel = Callable[[Op, list[Tensor], dict[str, Tensor]], Tensor]

_BINARY = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div}
_BINARY |= {"maximum": torch.maximum, "minimum": torch.minimum, "matmul": torch.matmul}
_PLAIN = {
    "relu": F.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "silu": F.silu,
    "mish": F.mish,
    "erf": torch.erf,
}
_PLAIN |= {"hardswish": F.hardswish, "hardsigmoid": F.hardsigmoid, "exp": torch.exp}
_PLAIN |= {"log": torch.log, "sqrt": torch.sqrt, "rsqrt": torch.rsqrt, "abs": torch.abs, "neg": torch.neg}
_PLAIN |= {"reciprocal": torch.reciprocal, "detach": torch.detach, "dropout": lambda x: x}
_REDUCED = {"mean": torch.mean, "sum": torch.sum, "amax": torch.amax, "amin": torch.amin}


def _arithmetic(op: Op, x: list[Tensor], _: dict[str, Tensor]) -> Tensor:
    if "scalar" in op.attributes:
        return _BINARY[op.kind](x[0], op.attributes["scalar"])
    total = x[0]
    for other in x[1:]:
        total = _BINARY[op.kind](total, other)
    return total


def _convolution(op: Op, x: list[Tensor], w: dict[str, Tensor]) -> Tensor:
    a = op.attributes
    pairs = [side if isinstance(side, tuple) else (side, side) for side in a["padding"]]
    mode = "constant" if a["padding_mode"] == "zeros" else a["padding_mode"]
    padded = F.pad(x[0], [side for pair in reversed(pairs) for side in pair], mode=mode)
    axes = len(a["kernel_size"])
    function = (F.conv1d, F.conv2d, F.conv3d)[axes - 1] if axes <= 3 else None
    if function is not None:
        return function(padded, w["weight"], w.get("bias"), a["stride"], 0, a["dilation"], a["groups"])
    assert set(a["kernel_size"]) == {1}, "a pointwise convolution on many axes"
    made = torch.einsum("nc...,kc->nk...", padded, w["weight"].flatten(1))
    return made + w["bias"].view(-1, *(1 for _ in a["kernel_size"])) if "bias" in w else made


def _norm(op: Op, x: list[Tensor], w: dict[str, Tensor]) -> Tensor:
    a, size = op.attributes, tuple(x[0].shape)
    if op.kind == "group_norm":
        return F.group_norm(x[0], a["num_groups"], w.get("weight"), w.get("bias"), a["eps"])
    if op.kind == "batch_norm":
        statistics = w.get("running_mean"), w.get("running_var")
        return F.batch_norm(x[0], *statistics, w.get("weight"), w.get("bias"), a["training"], 0.0, a["eps"])
    wide = size[len(size) - a["axes"] :]
    if op.kind == "rms_norm":
        return F.rms_norm(x[0], wide, w.get("weight"), a["eps"])
    return F.layer_norm(x[0], wide, w.get("weight"), w.get("bias"), a["eps"])


def _pool(op: Op, x: list[Tensor], _: dict[str, Tensor]) -> Tensor:
    a, name = op.attributes, op.kind
    settings = (a["kernel_size"], a["stride"], a["padding"])
    axes = len(a["kernel_size"])
    if name == "max_pool":
        return getattr(F, f"max_pool{axes}d")(x[0], *settings, a["dilation"], a["ceil_mode"])
    extra = (a["divisor_override"],) if axes > 1 else ()
    return getattr(F, f"avg_pool{axes}d")(x[0], *settings, a["ceil_mode"], a["count_include_pad"], *extra)


def _global_pool(op: Op, x: list[Tensor], _: dict[str, Tensor]) -> Tensor:
    reduced = torch.mean if op.kind == "global_avg_pool" else torch.amax
    return reduced(x[0], tuple(range(2, x[0].dim())), keepdim=True)


def _cut(op: Op, x: list[Tensor], _: dict[str, Tensor]) -> Tensor:
    a = op.attributes
    if op.kind == "select":
        return x[0].select(a["dim"], a["index"])
    return x[0][(slice(None),) * a["dim"] + (slice(a["start"], a["end"], a["step"]),)]


def _pad(op: Op, x: list[Tensor], _: dict[str, Tensor]) -> Tensor:
    a = op.attributes
    flat = [side for pair in reversed(a["padding"]) for side in pair]
    return F.pad(x[0], flat, value=a["value"]) if a["mode"] == "constant" else F.pad(x[0], flat[:4], mode=a["mode"])


def _attention(op: Op, x: list[Tensor], _: dict[str, Tensor]) -> Tensor:
    mask = x[3] if len(x) > 3 else None
    return F.scaled_dot_product_attention(*x[:3], mask, scale=op.attributes.get("scale"))


_KERNELS: Mapping[str, Kernel] = {
    **dict.fromkeys(_BINARY, _arithmetic),
    **{kind: lambda op, x, w, f=function: f(x[0]) for kind, function in _PLAIN.items()},
    **{
        kind: lambda op, x, w, f=function: f(x[0], op.attributes["dim"], keepdim=op.attributes["keepdim"])
        for kind, function in _REDUCED.items()
    },
    **dict.fromkeys(("layer_norm", "group_norm", "rms_norm", "batch_norm"), _norm),
    **dict.fromkeys(("max_pool", "avg_pool"), _pool),
    **dict.fromkeys(("global_avg_pool", "global_max_pool"), _global_pool),
    **dict.fromkeys(
        ("reshape", "flatten", "expand"),
        lambda op, x, w: x[0].expand(op.shape).clone() if op.kind == "expand" else x[0].reshape(op.shape),
    ),
    **dict.fromkeys(("slice", "select"), _cut),
    "permute": lambda op, x, w: x[0].permute(op.attributes["dims"]),
    "cat": lambda op, x, w: torch.cat(x, op.attributes["dim"]),
    "stack": lambda op, x, w: torch.stack(x, op.attributes["dim"]),
    "pad": _pad,
    "conv": _convolution,
    "linear": lambda op, x, w: F.linear(x[0], w["weight"], w.get("bias")),
    "softmax": lambda op, x, w: x[0].softmax(op.attributes["dim"]),
    "log_softmax": lambda op, x, w: x[0].log_softmax(op.attributes["dim"]),
    "gelu": lambda op, x, w: F.gelu(x[0], approximate=op.attributes["approximate"]),
    "softplus": lambda op, x, w: F.softplus(x[0], op.attributes["beta"], op.attributes["threshold"]),
    "clamp": lambda op, x, w: x[0].clamp(op.attributes["min"], op.attributes["max"]),
    "scaled_dot_product_attention": _attention,
    "full": lambda op, x, w: torch.full(op.shape, op.attributes["value"], dtype=torch.float64),
    "parameter": lambda op, x, w: w["value"],
    "adaptive_avg_pool": lambda op, x, w: F.adaptive_avg_pool2d(x[0], op.attributes["output_size"]),
}


def run(graph: OpGraph, tensors: Mapping[str, Tensor], image: Tensor) -> Tensor | None:
    """The first result for an image, every dropout off; None if an operator is not known here.

    Args:
        graph: captured or rewritten.
        tensors: what the net stores, by key.
        image: its input.
    """
    values: list[Any] = []
    for op in graph.ops:
        operands = [values[source] for source in op.inputs]
        if op.kind == "output":
            return operands[0]
        if op.kind == "input":
            values.append(image)
        elif op.kind not in _KERNELS or "computed" in op.attributes.values() or "result" in op.attributes:
            return None
        else:
            own = {role: apply(p.made, tensors) if p.made else tensors[p.key] for role, p in op.params.items()}
            values.append(_KERNELS[op.kind](op, operands, own))
            assert tuple(values[-1].shape) == op.shape, f"{op.kind} makes {tuple(values[-1].shape)}, not {op.shape}"
    raise AssertionError("a graph without an output")
