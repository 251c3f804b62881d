"""What a rewrite rule is, and what it works on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from properties.graph.ir import Op

__all__ = ["ELEMENTWISE", "Rewriting", "Rule"]

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

    def emit(self, op: Op) -> int:
        """Append an operator; its position."""
        self.ops.append(op)
        return len(self.ops) - 1

    def source(self, op: Op, slot: int = 0) -> Op:
        """The operator that an operand comes from."""
        return self.ops[op.inputs[slot]]


@dataclass(frozen=True)
class Rule:
    """A named rewrite: returns the position of an equal value, or None where it does not apply."""

    name: str
    kinds: tuple[str, ...]
    rewrite: Callable[[Op, Rewriting], int | None]
