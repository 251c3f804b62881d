"""Parameters that a net uses as they are: in arithmetic, as the weight of a layer, reshaped or permuted first."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from properties.graph.ir import Op, Param
from properties.graph.kinds import BINARY
from properties.graph.recipe import permuted, reshaped
from properties.graph.rewriting.params import can_change, remade
from properties.graph.rewriting.rule import Rewriting, under_weight_map

__all__ = [
    "broadcast_after_permute",
    "parameter_as_weight",
    "parameter_in_another_shape",
    "parameter_without_leading_ones",
]


@under_weight_map(
    "reshape",
    "flatten",
    "permute",
    name="parameter in another shape",
    source="f(P.reshape(s)) = f(Q) with Q = P.reshape(s), f(P.permute(d)) = f(Q) with Q = P.permute(d)",
    requires="a parameter or buffer whose content is no part of the net",
    evidence="exact",
)
def parameter_in_another_shape(op: Op, graph: Rewriting) -> int | None:
    """A parameter reshaped or permuted before anything else is done with it is a parameter stored so."""
    leaf = graph.source(op)
    param = leaf.params.get("value")
    if leaf.kind != "parameter" or param is None or param.kind != "parameter" or not can_change(param):
        return None
    if op.kind == "permute":
        changed = remade(param, partial(permuted, dims=op.attributes["dims"]))
    else:
        changed = remade(param, partial(reshaped, shape=op.shape))
    return graph.emit(leaf.with_(params={"value": changed}, shape=op.shape))


@under_weight_map(
    *BINARY,
    name="parameter without leading ones",
    source="x * P = x * P.reshape(C, 1, 1) for P of size (1, C, 1, 1), likewise +, - and /",
    requires="a parameter or buffer whose content is no part of the net",
    evidence="exact",
)
def parameter_without_leading_ones(op: Op, graph: Rewriting) -> int | None:
    """A parameter broadcast in arithmetic is one stored without its leading axes of size 1."""
    if len(op.inputs) != 2:
        return None
    for slot in (0, 1):
        leaf, other = graph.source(op, slot), graph.source(op, 1 - slot)
        param = leaf.params.get("value")
        if leaf.kind != "parameter" or param is None or not can_change(param) or param.kind != "parameter":
            continue
        if param.shape[:1] == (1,) and other.shape == op.shape:
            return graph.emit(op.with_(inputs=_with_leaf(op, slot, leaf, _stripped(param), graph)))
    return None


@under_weight_map(
    *BINARY,
    name="scale before a permutation",
    source="permute(x, d) * P = permute(x * P.permute(argsort(d)), d), likewise +, - and /",
    requires="a parameter or buffer whose content is no part of the net, broadcast over all axes",
    evidence="exact",
)
def broadcast_after_permute(op: Op, graph: Rewriting) -> int | None:
    """A parameter that scales or shifts a permuted image does so before the permutation, its axes turned back."""
    if len(op.inputs) != 2:
        return None
    for slot in (0, 1):
        leaf, before = graph.source(op, slot), graph.source(op, 1 - slot)
        param = leaf.params.get("value")
        if leaf.kind != "parameter" or param is None or before.kind != "permute" or before.shape != op.shape:
            continue
        if not can_change(param) or param.kind != "parameter":
            continue
        dims = before.attributes["dims"]
        whole = (*(1 for _ in range(len(dims) - len(param.shape))), *param.shape)
        back = tuple(dims.index(axis) for axis in range(len(dims)))
        turned = _stripped(remade(remade(param, partial(reshaped, shape=whole)), partial(permuted, dims=back)))
        inner = graph.source(before)
        inputs = list(_with_leaf(op, slot, leaf, turned, graph))
        inputs[1 - slot] = before.inputs[0]
        moved = graph.emit(op.with_(inputs=tuple(inputs), shape=inner.shape))
        return graph.emit(replace(before, inputs=(moved,), dtype=op.dtype))
    return None


def _stripped(param: Param) -> Param:
    ones = next((axis for axis, size in enumerate(param.shape) if size != 1), len(param.shape))
    return remade(param, partial(reshaped, shape=param.shape[ones:]))


def _with_leaf(op: Op, slot: int, leaf: Op, param: Param, graph: Rewriting) -> tuple[int, ...]:
    position = graph.emit(leaf.with_(params={"value": param}, shape=param.shape))
    return tuple(position if i == slot else source for i, source in enumerate(op.inputs))


@under_weight_map(
    "conv",
    "conv_transpose",
    "linear",
    "batch_norm",
    "layer_norm",
    "group_norm",
    "prelu",
    name="parameter as a weight",
    source="layer(x, P) = layer(x) with P as its weight",
    requires="the role is computed from a parameter as it stands",
    evidence="exact",
)
def parameter_as_weight(op: Op, graph: Rewriting) -> int | None:
    """A layer whose weight is a parameter reshaped first is a layer with that weight."""
    roles = [name for name, value in op.attributes.items() if value == "computed"]
    for role, source in zip(roles, op.inputs[len(op.inputs) - len(roles) :], strict=True):
        leaf = graph.ops[source]
        param = leaf.params.get("value")
        if leaf.kind != "parameter" or param is None or not can_change(param) or param.kind != "parameter":
            continue
        attributes = {name: value for name, value in op.attributes.items() if name != role}
        at = len(op.inputs) - len(roles) + roles.index(role)
        inputs = op.inputs[:at] + op.inputs[at + 1 :]
        return graph.emit(op.with_(inputs=inputs, attributes=attributes, params={**op.params, role: param}))
    return None
