"""What holds in the captured mode."""

from __future__ import annotations

from properties.graph.ir import Op
from properties.graph.rewriting.rule import Rewriting, under_condition

__all__ = ["bias_before_norm", "gradient_only"]


@under_condition(
    "batch_norm",
    name="bias before a batch norm",
    source="(y + b) - mean(y + b) = y - mean(y), and var(y + b) = var(y)",
    requires="training",
    evidence="rounded",
    condition="in train mode a batch norm takes off the bias before it, which only its running mean keeps",
)
def bias_before_norm(op: Op, graph: Rewriting) -> int | None:
    """A convolution's bias before a batch norm in train mode is dropped, as the norm takes off each channel's mean."""
    layer = graph.source(op)
    if not op.attributes["training"] or layer.kind != "conv" or "bias" not in layer.params:
        return None
    params = {role: param for role, param in layer.params.items() if role != "bias"}
    return graph.emit(op.with_(inputs=(graph.emit(layer.with_(params=params)),)))


@under_condition(
    "detach",
    "put",
    "backward",
    name="gradients do not matter in eval mode",
    source="detach(x) = x as a value",
    requires="eval mode",
    evidence="exact",
    condition="in eval mode nobody asks for gradients",
)
def gradient_only(op: Op, graph: Rewriting) -> int | None:
    """A detached tensor, or a backward pass of the net's own, is the value itself in eval mode."""
    if graph.mode != "eval" or (op.kind == "put" and op.attributes["view"] != "detach"):
        return None
    return op.inputs[-1]
