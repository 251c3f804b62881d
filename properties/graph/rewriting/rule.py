"""What a rewrite rule is, and what it works on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from properties.graph.ir import Op

__all__ = ["ELEMENTWISE", "GraphRule", "Rewriting", "Rule"]

_ACTIVATIONS = {
    "relu",
    "clamp",
    "sigmoid",
    "tanh",
    "silu",
    "gelu",
    "elu",
    "selu",
    "celu",
    "mish",
    "softplus",
    "leaky_relu",
}
ELEMENTWISE = frozenset(
    {*_ACTIVATIONS, "hardswish", "hardsigmoid", "dropout", "exp", "neg", "abs", "sqrt", "rsqrt", "cast"}
)


@dataclass
class Rewriting:
    """The graph as rewritten so far."""

    mode: str
    ops: list[Op] = field(default_factory=list)
    nonnegative: dict[int, bool] = field(default_factory=dict)

    def emit(self, op: Op) -> int:
        """Append an operator; its position."""
        self.ops.append(op)
        return len(self.ops) - 1

    def source(self, op: Op, slot: int = 0) -> Op:
        """The operator that an operand comes from."""
        return self.ops[op.inputs[slot]]


@dataclass(frozen=True)
class Rule:
    """A named rewrite.

    Args:
        name: what the report calls it.
        kinds: the operators it looks at.
        rewrite: returns the position of an equal value, or None where it does not apply.
        tier: ``"A"``: the two sides are always equal; ``"B"``: equal under a weight map; ``"C"``: equal at the captured
            size or in the captured mode.
        condition: of tier C, on what it rests.
    """

    name: str
    kinds: tuple[str, ...]
    rewrite: Callable[[Op, Rewriting], int | None]
    tier: str = "A"
    condition: str = ""


@dataclass(frozen=True)
class GraphRule:
    """A named rewrite that must see who reads a value: it is given all operators at once.

    Args:
        name: what the report calls it.
        rewrite: returns the operators after one or more rewrites, or None where there is nothing to do. What nothing
            reads any more may stay.
        tier: as of ``Rule``.
    """

    name: str
    rewrite: Callable[[tuple[Op, ...]], tuple[Op, ...] | None]
    tier: str = "B"
