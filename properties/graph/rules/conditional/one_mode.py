"""What holds in the captured mode."""

from __future__ import annotations

from properties.graph.ir import Op
from properties.graph.rewriting.rule import Rewriting, under_condition

__all__ = ["bias_before_norm"]


@under_condition(
    "batch_norm",
    name="bias before a batch norm",
    source="",
    evidence="real",
    condition="in train mode a batch norm takes off the bias before it, which only its running mean keeps",
)
def bias_before_norm(op: Op, graph: Rewriting) -> int | None:
    """A batch norm in train mode takes off each channel's mean, and with it the bias that the layer before added."""
    layer = graph.source(op)
    if not op.attributes["training"] or layer.kind != "conv" or "bias" not in layer.params:
        return None
    params = {role: param for role, param in layer.params.items() if role != "bias"}
    return graph.emit(op.with_(inputs=(graph.emit(layer.with_(params=params)),)))
