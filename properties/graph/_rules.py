"""The rewrite rules of the normal form. Each one holds for every input, size and weight.

Values agree at every input. Gradients agree wherever the function has one: at a kink (a ReLU6 at exactly 6, two equal
maxima) what torch returns is a convention, and two spellings of one function may differ in it.
"""

from __future__ import annotations

from properties.graph import _layer_rules as layers
from properties.graph import _shape_rules as shapes
from properties.graph import _value_rules as values
from properties.graph._rewriting import ELEMENTWISE, Rewriting, Rule

__all__ = ["ELEMENTWISE", "RULES", "Rewriting", "Rule"]

_NO_EFFECT = ("add", "sub", "mul", "div", "pad", "permute", "cat", "expand", "reshape", "slice", "max_pool", "avg_pool")

RULES: tuple[Rule, ...] = (
    Rule("no effect", _NO_EFFECT, values.no_effect),
    Rule("gradients do not matter in eval mode", ("detach", "put", "backward"), values.gradient_only),
    Rule("reshape of a reshape", ("reshape", "flatten"), shapes.reshape_of_reshape),
    Rule("flatten", ("reshape",), shapes.flatten),
    Rule("batch axis of a reshape", ("reshape",), shapes.batch_first),
    Rule("elementwise before a reshape", tuple(sorted(ELEMENTWISE)), shapes.elementwise_after_reshape),
    Rule(
        "elementwise before a permutation", tuple(sorted(ELEMENTWISE - {"dropout"})), shapes.elementwise_after_permute
    ),
    Rule("mean of a mean", ("mean",), layers.mean_of_mean),
    Rule("global pooling", ("adaptive_avg_pool", "adaptive_max_pool", "mean", "amax"), layers.global_pool),
    Rule("clamp", ("relu6", "hardtanh", "clamp_min", "clamp_max", "clamp", "leaky_relu", "threshold"), values.clamp),
    Rule("ReLU of a ReLU", ("relu",), values.relu_twice),
    Rule("ReLU before a max pool", ("relu",), layers.relu_after_max_pool),
    Rule("ceil mode at stride 1", ("max_pool", "avg_pool"), layers.ceil_mode),
    Rule("hardsigmoid", ("div",), values.hardsigmoid),
    Rule("division by a power of two", ("div",), values.power_of_two),
    Rule("subtraction of a number", ("sub",), values.negative_number),
    Rule("gated activation", ("mul",), values.gated),
    Rule("nested concatenation", ("cat",), shapes.cat_of_cat),
    Rule("permutation of a permutation", ("permute",), shapes.permute_of_permute),
    Rule("padding before a convolution", ("conv",), layers.padded_convolution),
    Rule("linear layer by hand", ("matmul", "mm", "addmm"), layers.linear),
    Rule("bias of a linear layer", ("add",), layers.linear_bias),
)
