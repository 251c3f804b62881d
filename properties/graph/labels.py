"""What an operator is by itself: its label, the size of its weight, and what the order of its operands says.

Sizes that follow from the input (``in_channels`` of a convolution, the width of a norm) are no part of a label: a layer
whose input changed has not changed itself.
"""

from __future__ import annotations

from collections.abc import Hashable

from properties.graph.ir import Op, Shape
from properties.graph.kinds import LEAVES

__all__ = ["COMMUTATIVE", "is_depthwise", "is_pointwise", "label_of", "slot_of", "weight_size"]

COMMUTATIVE = frozenset({"add", "mul", "maximum", "minimum"})


def label_of(op: Op) -> tuple[Hashable, ...]:
    """Kind, settings, and which tensors it owns; for a leaf its size and content too."""
    roles = tuple(sorted((role, param.trainable, param.digest) for role, param in op.params.items()))
    attributes = op.attributes
    if is_depthwise(op):  # as many groups as channels: both follow from the input
        each = f"{attributes['out_channels'] // attributes['groups']} x channels"
        attributes = {**attributes, "groups": "channels", "out_channels": each}
    leaf: tuple[Hashable, ...] = ()
    if op.kind in LEAVES:
        leaf = (op.shape, op.dtype)
    if op.kind == "output":  # a container is a matter of taste; what is left behind in a buffer is not
        changes = tuple(path for path in attributes.get("paths", ()) if path.startswith("changes "))
        attributes = {**attributes, "paths": changes}
    return (op.kind, tuple(sorted(attributes.items())), roles, leaf)


def weight_size(op: Op) -> Shape | None:
    """The size of an operator's weight; None where it has none."""
    weight = op.params.get("weight")
    return None if weight is None else weight.shape


def is_depthwise(op: Op) -> bool:
    """Whether a convolution has one input channel to a group, and more than one group."""
    if op.kind != "conv":
        return False
    weight = op.params.get("weight")
    return weight is not None and op.attributes["groups"] > 1 and weight.shape[1] == 1


def is_pointwise(op: Op) -> bool:
    """Whether a convolution or pool looks at each position by itself: a window of 1, stride 1 and no padding."""
    a = op.attributes
    return {*a["kernel_size"], *a["stride"]} == {1} and set(a["padding"]) == {0}


def slot_of(user: Op, slot: int) -> int:
    """Which operand, or 0 where the order of operands says nothing about what the operand is."""
    return 0 if user.kind in COMMUTATIVE or user.kind == "output" else slot
