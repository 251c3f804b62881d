"""Kinds of operators that belong together, each set once for all modules that ask for it."""

from __future__ import annotations

__all__ = [
    "ACTIVATIONS",
    "ADAPTIVE_POOLS",
    "BINARY",
    "BLOCK_ACTIVATIONS",
    "DRAWS",
    "DROPOUTS",
    "ELEMENTWISE",
    "GLOBAL_POOLS",
    "GRADIENT_CUTS",
    "JOINS",
    "LEAVES",
    "LINEAR_MAPS",
    "NORMS",
    "POLYNOMIAL",
    "POOLS",
    "REDUCTIONS",
    "RESHAPES",
    "STRIDED",
    "VIEWS",
    "WEIGHTED",
    "WINDOW_POOLS",
]

# Values without an operator, and what draws or stops something
LEAVES = ("parameter", "constant")  # tensors that no operator computes; an input is none of them
DROPOUTS = ("dropout", "feature_dropout", "alpha_dropout")  # draw in train mode alone
DRAWS = ("bernoulli", "rand", "rand_like", "randn", "randn_like")  # random numbers in both modes
GRADIENT_CUTS = ("detach", "backward")  # no gradient passes; a backward of the net's own may give one or none

# Layers with a weight
WEIGHTED = ("conv", "linear")
LINEAR_MAPS = ("conv", "linear", "conv_transpose")  # linear in the input and in the weight
NORMS = ("batch_norm", "group_norm", "layer_norm", "instance_norm", "rms_norm")

# Windows over the image
WINDOW_POOLS = ("max_pool", "avg_pool")
ADAPTIVE_POOLS = ("adaptive_avg_pool", "adaptive_max_pool")
GLOBAL_POOLS = ("global_avg_pool", "global_max_pool")
POOLS = (*WINDOW_POOLS, *ADAPTIVE_POOLS, *GLOBAL_POOLS)
STRIDED = ("conv", *WINDOW_POOLS)  # a window with a stride that makes the image smaller

# Views, which move numbers and compute none
RESHAPES = ("reshape", "flatten")  # the numbers keep their order
VIEWS = (*RESHAPES, "permute")

# Arithmetic
BINARY = ("add", "sub", "mul", "div")  # of two tensors, or of one and a number
POLYNOMIAL = ("add", "mul", "div", "pow")  # make polynomials of polynomials
REDUCTIONS = ("mean", "sum", "amax", "amin")  # over chosen axes

# Elementwise
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
BLOCK_ACTIVATIONS = frozenset(  # what may end a residual block
    {"relu", "clamp", "leaky_relu", "sigmoid", "tanh", "gelu", "silu", "elu", "hardswish"}
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
}  # of one tensor

# Where branches meet
JOINS = ("add", "mul", "cat", "sub")
