"""What a graph costs by the closed forms: parameters and multiply-adds, ours and as torchinfo counts them."""

from __future__ import annotations

from math import prod

from properties.formulas import conv_macs, linear_macs
from properties.graph.ir import Op, OpGraph, Shape

__all__ = ["expected_shapes", "macs", "op_macs", "torchinfo_macs"]

_NORM_ROLES = ("weight", "bias", "running_mean", "running_var")


def expected_shapes(graph: OpGraph, position: int) -> dict[str, Shape]:
    """Role to shape, for each tensor that an operator owns: what its settings and its input's channels ask for.

    Empty for an operator without a closed form.
    """
    op = graph.ops[position]
    if op.kind not in ("conv", "linear", "batch_norm") or not op.inputs:
        return {}
    source = graph.ops[op.inputs[0]].shape
    if op.kind == "conv":
        out = op.attributes["out_channels"]
        shapes = {"weight": (out, source[1] // op.attributes["groups"], *op.attributes["kernel_size"]), "bias": (out,)}
    elif op.kind == "linear":
        out = op.attributes["out_features"]
        shapes = {"weight": (out, source[-1]), "bias": (out,)}
    else:
        shapes = dict.fromkeys(_NORM_ROLES, (source[1],))
    return {role: shapes[role] for role in op.params if role in shapes}


def op_macs(graph: OpGraph, position: int) -> int:
    """Multiply-adds of one operator for the whole batch; 0 for all but convolutions and linear layers."""
    op = graph.ops[position]
    if op.kind == "conv":
        source = graph.ops[op.inputs[0]].shape
        kernel, groups = op.attributes["kernel_size"], op.attributes["groups"]
        return op.shape[0] * conv_macs(source[1], op.shape[1], kernel, op.shape[2:], groups=groups)
    if op.kind == "linear":
        return prod(op.shape[:-1]) * linear_macs(graph.ops[op.inputs[0]].shape[-1], op.shape[-1])
    return 0


def macs(graph: OpGraph) -> int:
    """Multiply-adds of one image."""
    batch = next(op.shape[0] for _, op in graph.of_kind("input"))
    return sum(op_macs(graph, position) for position in range(len(graph))) // batch


def torchinfo_macs(graph: OpGraph) -> int:
    """Multiply-adds of the whole batch as torchinfo counts them: biases and norms too.

    A convolution's weight and bias count once per output position, every other layer's once per image.
    """
    return sum(_torchinfo_op_macs(op) for op in graph.ops)


def _torchinfo_op_macs(op: Op) -> int:
    owned = sum(param.size for role, param in op.params.items() if role in ("weight", "bias"))
    positions = prod(op.shape[2:]) if op.kind == "conv" else 1
    return owned * op.shape[0] * positions if owned else 0
