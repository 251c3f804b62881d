"""Runs an operator graph on tensors: what a graph computes, to be held against the net or the graph it was made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from properties.graph.ir import Op, OpGraph
from properties.oracle.trials.recipes import apply

__all__ = ["run", "value_of"]


@dataclass(frozen=True)
class _Call:
    """One operator with its operands and its tensors; ``dtype`` stands for every floating type."""

    op: Op
    x: list[Tensor]
    w: dict[str, Tensor]
    dtype: torch.dtype

    @property
    def a(self) -> Mapping[str, Any]:
        return self.op.attributes


Kernel = Callable[[_Call], Tensor]

_BINARY = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div}
_BINARY |= {"maximum": torch.maximum, "minimum": torch.minimum, "matmul": torch.matmul}
_COMPARED = {"gt": torch.gt, "ge": torch.ge, "lt": torch.lt, "le": torch.le}
_PLAIN: dict[str, Callable[[Tensor], Tensor]] = {
    **{name: getattr(F, name) for name in ("relu", "relu6", "silu", "mish", "hardswish", "hardsigmoid")},
    **{name: getattr(torch, name) for name in ("sigmoid", "tanh", "erf", "exp", "log", "sqrt", "rsqrt", "abs", "neg")},
    **{name: getattr(torch, name) for name in ("reciprocal", "square", "detach")},
    **dict.fromkeys(("dropout", "feature_dropout", "alpha_dropout"), lambda x: x),
}
_REDUCED = {"mean": torch.mean, "sum": torch.sum, "amax": torch.amax, "amin": torch.amin, "prod": torch.prod}


def _arithmetic(call: _Call) -> Tensor:
    function, x = _BINARY[call.op.kind], call.x
    if "rounding_mode" in call.a:
        return torch.div(call.x[0], call.a.get("scalar", call.x[-1]), rounding_mode=call.a["rounding_mode"])
    if "scalar" in call.a:
        return function(x[0], call.a["scalar"])
    total = x[0]
    for other in x[1:]:
        total = function(total, other)
    return total


def _scaled_sum(call: _Call) -> Tensor:
    return (torch.add if call.op.kind == "scaled_add" else torch.sub)(*call.x, alpha=call.a["alpha"])


def _sum_and_product(call: _Call) -> Tensor:
    return getattr(torch, call.op.kind)(*call.x, beta=call.a["beta"], alpha=call.a["alpha"])


def _convolution(call: _Call) -> Tensor:
    a, x, w = call.a, call.x[0], call.w
    pairs = [side if isinstance(side, tuple) else (side, side) for side in a["padding"]]
    padding: Any = 0
    if a["padding_mode"] == "zeros" and all(low == high for low, high in pairs):
        padding = tuple(low for low, _ in pairs)
    elif any(side for pair in pairs for side in pair):
        mode = "constant" if a["padding_mode"] == "zeros" else a["padding_mode"]
        x = F.pad(x, [side for pair in reversed(pairs) for side in pair], mode=mode)
    axes = len(a["kernel_size"])
    if axes <= 3:
        function = (F.conv1d, F.conv2d, F.conv3d)[axes - 1]
        return function(x, w["weight"], w.get("bias"), a["stride"], padding, a["dilation"], a["groups"])
    assert set(a["kernel_size"]) == {1}, "a pointwise convolution on many axes"
    made = torch.einsum("nc...,kc->nk...", x, w["weight"].flatten(1))
    return made + w["bias"].view(-1, *(1 for _ in a["kernel_size"])) if "bias" in w else made


def _norm(call: _Call) -> Tensor:
    a, kind, x, w = call.a, call.op.kind, call.x[0], call.w
    if kind == "group_norm":
        return F.group_norm(x, a["num_groups"], w.get("weight"), w.get("bias"), a["eps"])
    if kind == "batch_norm":
        statistics = w.get("running_mean"), w.get("running_var")
        return F.batch_norm(x, *statistics, w.get("weight"), w.get("bias"), a["training"], 0.0, a["eps"])
    wide = tuple(x.shape)[x.dim() - a["axes"] :]
    if kind == "rms_norm":
        return F.rms_norm(x, wide, w.get("weight"), a["eps"])
    return F.layer_norm(x, wide, w.get("weight"), w.get("bias"), a["eps"])


def _pool(call: _Call) -> Tensor:
    a, kind = call.a, call.op.kind
    settings = (a["kernel_size"], a["stride"], a["padding"])
    axes = len(a["kernel_size"])
    if kind == "max_pool":
        return getattr(F, f"max_pool{axes}d")(call.x[0], *settings, a["dilation"], a["ceil_mode"])
    extra = (a["divisor_override"],) if axes > 1 else ()
    return getattr(F, f"avg_pool{axes}d")(call.x[0], *settings, a["ceil_mode"], a["count_include_pad"], *extra)


def _places(call: _Call) -> Tensor:
    """Where a pool's largest numbers stand."""
    a, x = call.a, call.x[0]
    if call.op.kind == "adaptive_max_pool":
        size = a["output_size"]
        return getattr(F, f"adaptive_max_pool{len(size)}d")(x, size, return_indices=True)[1].to(x.dtype)
    settings = a["kernel_size"], a["stride"], a["padding"], a["dilation"], a["ceil_mode"]
    return getattr(F, f"max_pool{len(a['kernel_size'])}d")(x, *settings, return_indices=True)[1].to(x.dtype)


def _adaptive_pool(call: _Call) -> Tensor:
    axes = len(call.a["output_size"])
    return getattr(F, f"{call.op.kind}{axes}d")(call.x[0], call.a["output_size"])


def _global_pool(call: _Call) -> Tensor:
    axes = tuple(range(2, call.x[0].dim()))
    if call.op.kind == "global_avg_pool":
        return call.x[0].mean(axes, keepdim=True)
    made = F.adaptive_max_pool1d(call.x[0].flatten(2), 1)  # the gradient goes to one of several largest
    return made.reshape(*made.shape[:2], *(1 for _ in axes))


def _along_an_axis(call: _Call) -> Tensor:
    """The largest or smallest of two, of all, or along an axis."""
    if not call.a:
        return getattr(torch, call.op.kind)(*call.x)
    return getattr(torch, call.op.kind)(call.x[0], call.a["dim"], call.a["keepdim"]).values


def _part(a: Mapping[str, Any]) -> tuple[slice, ...]:
    return (slice(None),) * a["dim"] + (slice(a["start"], a["end"], a["step"]),)


def _written(call: _Call) -> Tensor:
    if call.a["view"] != "slice":
        raise NotImplementedError(f"put through {call.a['view']}")
    whole = call.x[0].clone()
    whole[_part(call.a)] = call.x[1]
    return whole


def _pad(call: _Call) -> Tensor:
    a, x = call.a, call.x[0]
    flat = [side for pair in reversed(a["padding"]) for side in pair]
    return F.pad(x, flat, value=a["value"]) if a["mode"] == "constant" else F.pad(x, flat[:4], mode=a["mode"])


def _chosen(call: _Call) -> Tensor:
    mask, *values = call.x
    if "other" in call.a:
        return torch.where(mask, values[0], call.a["other"])
    return torch.where(mask, call.a["self"], values[0]) if "self" in call.a else torch.where(mask, *values)


def _attention(call: _Call) -> Tensor:
    mask = call.x[3] if len(call.x) > 3 else None
    return F.scaled_dot_product_attention(*call.x[:3], mask, scale=call.a.get("scale"))


def _spread(call: _Call) -> Tensor:
    """A variance or a standard deviation."""
    correction = call.a.get("correction", int(call.a.get("unbiased", True)))
    return getattr(torch, call.op.kind)(call.x[0], call.a["dim"], correction=correction, keepdim=call.a["keepdim"])


def _dtype(call: _Call) -> torch.dtype:
    return call.dtype if call.op.dtype.startswith("float") else getattr(torch, call.op.dtype)


_KERNELS: Mapping[str, Kernel] = {
    **dict.fromkeys(_BINARY, _arithmetic),
    **dict.fromkeys(("scaled_add", "scaled_sub"), _scaled_sum),
    **dict.fromkeys(("addmm", "baddbmm"), _sum_and_product),
    **{kind: lambda c, f=function: f(c.x[0]) for kind, function in _PLAIN.items()},
    **{kind: lambda c, f=function: f(c.x[0], c.a["other"]) for kind, function in _COMPARED.items()},
    **{
        kind: lambda c, f=function: f(c.x[0], c.a["dim"], keepdim=c.a["keepdim"]) for kind, function in _REDUCED.items()
    },
    **dict.fromkeys(("layer_norm", "group_norm", "rms_norm", "batch_norm"), _norm),
    **dict.fromkeys(("max_pool", "avg_pool"), _pool),
    **dict.fromkeys(("adaptive_avg_pool", "adaptive_max_pool"), _adaptive_pool),
    **dict.fromkeys(("global_avg_pool", "global_max_pool"), _global_pool),
    **dict.fromkeys(("max", "min"), _along_an_axis),
    "reshape": lambda c: c.x[0].reshape(c.a["shape"]),
    "flatten": lambda c: c.x[0].flatten(c.a["start"]),
    **dict.fromkeys(("expand", "expand_as"), lambda c: c.x[0].expand(c.op.shape).clone()),
    "repeat": lambda c: c.x[0].repeat(c.a["repeats"]),
    "slice": lambda c: c.x[0][_part(c.a)],
    "select": lambda c: c.x[0].select(c.a["dim"], c.a["index"]),
    "flip": lambda c: c.x[0].flip(c.a["dims"]),
    "permute": lambda c: c.x[0].permute(c.a["dims"]),
    "cat": lambda c: torch.cat(c.x, c.a["dim"]),
    "stack": lambda c: torch.stack(c.x, c.a["dim"]),
    "put": _written,
    "pad": _pad,
    "channel_shuffle": lambda c: F.channel_shuffle(c.x[0], c.a["groups"]),
    "pixel_shuffle": lambda c: F.pixel_shuffle(c.x[0], c.a["upscale_factor"]),
    "pixel_unshuffle": lambda c: F.pixel_unshuffle(c.x[0], c.a["downscale_factor"]),
    "conv": _convolution,
    "linear": lambda c: F.linear(c.x[0], c.w["weight"], c.w.get("bias")),
    "einsum": lambda c: torch.einsum(c.a["equation"], *c.x),
    "tensordot": lambda c: torch.tensordot(*c.x, dims=(c.a["dims_self"], c.a["dims_other"])),
    **dict.fromkeys(("var", "std"), _spread),
    "rsub": lambda c: torch.rsub(c.x[0], c.a["other"], alpha=c.a["alpha"]),
    "pow": lambda c: torch.pow(c.x[0], c.a["exponent"]),
    "softmax": lambda c: c.x[0].softmax(c.a["dim"]),
    "log_softmax": lambda c: c.x[0].log_softmax(c.a["dim"]),
    "gelu": lambda c: F.gelu(c.x[0], approximate=c.a["approximate"]),
    "softplus": lambda c: F.softplus(c.x[0], c.a["beta"], c.a["threshold"]),
    "threshold": lambda c: F.threshold(c.x[0], c.a["threshold"], c.a["value"]),
    "hardtanh": lambda c: F.hardtanh(c.x[0], c.a["min_val"], c.a["max_val"]),
    "clamp": lambda c: c.x[0].clamp(c.a.get("min"), c.a.get("max")),
    "where": _chosen,
    "masked_fill": lambda c: c.x[0].masked_fill(c.x[1], c.a["value"]),
    "cast": lambda c: c.x[0].to(_dtype(c)),
    "scaled_dot_product_attention": _attention,
    "full": lambda c: torch.full(c.op.shape, c.a["value"], dtype=_dtype(c)),
    "empty": lambda c: torch.zeros(c.op.shape, dtype=_dtype(c)),
    "parameter": lambda c: c.w["value"],
}


def run(
    graph: OpGraph, tensors: Mapping[str, Tensor], image: Tensor, given: Mapping[int, Tensor] | None = None
) -> Tensor:
    """The first result for an image, every dropout off, in the image's type.

    Args:
        graph: captured or rewritten.
        tensors: what the net stores, by key.
        image: its input.
        given: results that are not computed, by position.

    Raises:
        NotImplementedError: if an operator that the result depends on is not known here.
    """
    output = next(position for position, op in enumerate(graph.ops) if op.kind == "output")
    needed = {graph.ops[output].inputs[0]}
    for position in range(output - 1, -1, -1):
        needed |= set(graph.ops[position].inputs) if position in needed and position not in (given or {}) else set()
    values: dict[int, Tensor] = {**(given or {})}
    for position in sorted(needed - {*values}):
        op = graph.ops[position]
        operands = [values[source] for source in op.inputs]
        values[position] = image if op.kind == "input" else value_of(op, operands, tensors, image.dtype)
        size = tuple(values[position].shape)
        assert size == op.shape, f"{op.kind} makes {size}, not {op.shape}"
    return values[graph.ops[output].inputs[0]]


def value_of(op: Op, operands: list[Tensor], tensors: Mapping[str, Tensor], dtype: torch.dtype) -> Tensor:
    """What one operator makes of its operands.

    Args:
        op: the operator.
        operands: the values that it reads.
        tensors: what the net stores, by key.
        dtype: the type that stands for every floating one.

    Raises:
        NotImplementedError: if the operator is not known here.
    """
    if op.attributes.get("result") == 1 and op.kind in ("max_pool", "adaptive_max_pool"):
        return _places(_Call(op, operands, {}, dtype))
    if "dtype" in op.attributes and op.kind in (*_REDUCED, "softmax", "log_softmax"):
        coarse = {name: value for name, value in op.attributes.items() if name != "dtype"}
        rounded = [operand.to(getattr(torch, op.attributes["dtype"])).to(operand.dtype) for operand in operands]
        return value_of(op.with_(attributes=coarse), rounded, tensors, dtype)
    if op.kind not in _KERNELS or "result" in op.attributes:
        raise NotImplementedError(f"the interpreter does not know {op.kind} with {dict(op.attributes)}")
    computed = [role for role, value in op.attributes.items() if value == "computed"]
    own = {role: apply(p.made, tensors) if p.made else tensors[p.key] for role, p in op.params.items()}
    if computed:
        own |= dict(zip(computed, operands[-len(computed) :], strict=True))
        operands = operands[: -len(computed)]
    return _KERNELS[op.kind](_Call(op, operands, own, dtype))
