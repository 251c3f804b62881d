"""Kinds of operators that belong together, each set named once."""

from __future__ import annotations

__all__ = ["ACTIVATIONS", "BINARY", "ELEMENTWISE", "JOINS"]

ACTIVATIONS = frozenset(
    {
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
)
ELEMENTWISE = ACTIVATIONS | {
    "hardswish",
    "hardsigmoid",
    "dropout",
    "exp",
    "neg",
    "abs",
    "sqrt",
    "rsqrt",
    "cast",
}  # of one tensor, number by number
BINARY = ("add", "sub", "mul", "div")  # of two tensors, or of one and a number
JOINS = ("add", "mul", "cat", "sub")  # where branches meet
