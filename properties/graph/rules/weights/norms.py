"""The weight and the bias of a norm, stored in the shape in which they are broadcast (tier B)."""

from __future__ import annotations

from functools import partial

from properties.graph.ir import Op
from properties.graph.recipe import reshaped
from properties.graph.rewriting.norms import bare_norms, broadcasts, width_of
from properties.graph.rewriting.params import can_change, remade
from properties.graph.rewriting.rule import Rewriting, under_weight_map

__all__ = ["stored_affine"]


@under_weight_map(
    "mul",
    "add",
    name="stored scale and shift of a norm",
    source="norm(x) * P + Q = norm(x, P.reshape(C), Q.reshape(C)) for P and Q of size (1, C, 1, 1)",
    requires="a parameter that is broadcast over the norm's axes",
    evidence="rounded",
)
def stored_affine(op: Op, graph: Rewriting) -> int | None:
    """A parameter stored in the size in which it is broadcast over a norm's result is the norm's own weight or bias."""
    for norm, leaf, role in bare_norms(op, graph):
        param = leaf.params.get("value")
        if leaf.kind != "parameter" or param is None or param.kind != "parameter" or not can_change(param):
            continue
        if param.shape in broadcasts(norm) and param.shape != width_of(norm):
            changed = remade(param, partial(reshaped, shape=width_of(norm)))
            return graph.emit(norm.with_(params={**norm.params, role: changed}))
    return None
