"""The rewrite rules of the normal form. Each one holds for every input, size and weight.

Values agree at every input. Gradients agree wherever the function has one: at a kink (a ReLU6 at exactly 6, two equal
maxima) what torch returns is a convention, and two spellings of one function may differ in it.
"""

from __future__ import annotations

from properties.graph import _layer_rules as layers
from properties.graph import _shape_rules as shapes
from properties.graph import _value_rules as values
from properties.graph import _weight_rules as weights
from properties.graph._order_rules import sorted_parts
from properties.graph._part_rules import joined_layers, split_layers
from properties.graph._rewriting import ELEMENTWISE, GraphRule, Rewriting, Rule

__all__ = ["ELEMENTWISE", "GRAPH_RULES", "RULES", "GraphRule", "Rewriting", "Rule"]

_NO_EFFECT = ("add", "sub", "mul", "div", "pad", "permute", "cat", "expand", "reshape", "slice", "max_pool", "avg_pool")

_BINARY = ("add", "sub", "mul", "div")
_WEIGHTED = ("conv", "conv_transpose", "linear", "batch_norm", "layer_norm", "group_norm", "prelu")

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
    Rule("only position of an axis", ("select",), shapes.only_one),
    Rule("part of a permutation", ("slice", "select"), shapes.part_of_a_permutation),
    Rule("part of a reshape", ("slice", "select"), shapes.part_of_a_reshape),
    Rule("part of parts", ("slice",), shapes.part_of_parts),
    Rule("whole of its parts", ("cat",), shapes.whole_of_parts),
    Rule("nested concatenation", ("cat",), shapes.cat_of_cat),
    Rule("permutation of a permutation", ("permute",), shapes.permute_of_permute),
    Rule("padding before a convolution", ("conv",), layers.padded_convolution),
    Rule("linear layer by hand", ("matmul", "mm", "addmm"), layers.linear),
    Rule("bias of a linear layer", ("add",), layers.linear_bias),
    Rule("parameter in another shape", ("reshape", "flatten", "permute"), weights.parameter_in_another_shape, "B"),
    Rule("parameter without leading ones", _BINARY, weights.parameter_without_leading_ones, "B"),
    Rule("parameter as a weight", _WEIGHTED, weights.parameter_as_weight, "B"),
    Rule("linear layer as a convolution", ("linear",), weights.linear_is_convolution, "B"),
    Rule("1x1 convolution before a reshape", ("conv",), weights.pointwise_before_reshape, "B"),
    Rule("bias of a convolution", ("add",), weights.bias_of_convolution, "B"),
    Rule("scale before a permutation", _BINARY, weights.broadcast_after_permute, "B"),
    Rule("dropout before a permutation", ("dropout",), weights.dropout_after_permute, "B"),
)

GRAPH_RULES: tuple[GraphRule, ...] = (
    GraphRule("one layer for each part", split_layers),
    GraphRule("order of concatenated parts", sorted_parts),
    GraphRule("one layer for joined parts", joined_layers),
)
