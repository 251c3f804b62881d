"""The rewrite rules of the normal form. Each one holds for every input, size and weight.

Values agree at every input. Gradients agree wherever the function has one: at a kink (a ReLU6 at exactly 6, two equal
maxima) what torch returns is a convention, and two spellings of one function may differ in it.
"""

from __future__ import annotations

from properties.graph.rewriting.rule import ELEMENTWISE, GraphRule, Rewriting, Rule
from properties.graph.rules.always import activations as formulas
from properties.graph.rules.always import attention as attentions
from properties.graph.rules.always import einsum as sums_of_products
from properties.graph.rules.always import joins, layers, norms, products, sums, values, views
from properties.graph.rules.always import reshapes as shapes
from properties.graph.rules.always.twice import computed_twice
from properties.graph.rules.always.view_chains import views_in_one
from properties.graph.rules.conditional import one_size as pools
from properties.graph.rules.weights import kernels
from properties.graph.rules.weights import layers as weights
from properties.graph.rules.weights.order import sorted_parts
from properties.graph.rules.weights.parts import joined_layers, split_layers
from properties.graph.rules.weights.pointwise import pointwise_before_views

__all__ = ["ELEMENTWISE", "GRAPH_RULES", "RULES", "GraphRule", "Rewriting", "Rule"]

_NO_EFFECT = ("add", "sub", "mul", "div", "pad", "permute", "cat", "expand", "reshape", "slice", "max_pool", "avg_pool")

_BINARY = ("add", "sub", "mul", "div")  # of two tensors, or of one and a number
_WEIGHTED = ("conv", "conv_transpose", "linear", "batch_norm", "layer_norm", "group_norm", "prelu")

_POOLED = ("adaptive_avg_pool", "adaptive_max_pool", "global_avg_pool", "global_max_pool")
_LAID_OUT = ("slice", "select", "reshape", "flatten", "permute", "expand")

_WITH_A_NUMBER = (*_BINARY, "pow")

RULES: tuple[Rule, ...] = (
    Rule("no effect", _NO_EFFECT, values.no_effect),
    Rule("gradients do not matter in eval mode", ("detach", "put", "backward"), values.gradient_only),
    Rule("reshape of a reshape", ("reshape", "flatten"), shapes.reshape_of_reshape),
    Rule("flatten", ("reshape",), shapes.flatten),
    Rule("batch axis of a reshape", ("reshape",), shapes.batch_first),
    Rule("elementwise before a reshape", _WITH_A_NUMBER, shapes.elementwise_after_reshape),
    Rule("elementwise before a reshape", tuple(sorted(ELEMENTWISE)), shapes.elementwise_after_reshape),
    Rule("elementwise before a permutation", _WITH_A_NUMBER, shapes.elementwise_after_permute),
    Rule(
        "elementwise before a permutation", tuple(sorted(ELEMENTWISE - {"dropout"})), shapes.elementwise_after_permute
    ),
    Rule("batch norm before a reshape", ("batch_norm",), shapes.norm_after_reshape),
    Rule("mean of a mean", ("mean",), layers.mean_of_mean),
    Rule("global pooling", ("adaptive_avg_pool", "adaptive_max_pool", "mean", "amax"), layers.global_pool),
    Rule("clamp", ("relu6", "hardtanh", "clamp_min", "clamp_max", "clamp", "leaky_relu", "threshold"), values.clamp),
    Rule("ReLU of a ReLU", ("relu", "clamp"), values.relu_twice),
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
    Rule("ReLU by hand", ("where", "masked_fill", "max", "maximum", "mul"), formulas.relu_by_hand),
    Rule("GELU by hand", ("mul", "div"), formulas.gelu),
    Rule("product as an activation", ("mul", "div"), formulas.product_as_activation),
    Rule("hardsigmoid as a clamp", ("clamp", "mul"), formulas.hardsigmoid_as_clamp),
    Rule("sigmoid by hand", ("reciprocal", "div"), formulas.sigmoid_by_hand),
    Rule("logarithm of a softmax", ("log",), formulas.log_of_softmax),
    Rule("softmax by hand", ("div",), formulas.softmax_by_hand),
    Rule("power", ("pow", "square"), formulas.square),
    Rule("sum of a stack", ("sum", "mean"), sums.sum_of_stack),
    Rule("expansion before arithmetic", _BINARY, sums.expansion_in_arithmetic),
    Rule("times zero", ("mul",), sums.times_zero),
    Rule("zeros beside", ("cat",), sums.zeros_beside),
    Rule("reduction of a permutation", ("mean", "sum", "amax", "amin"), views.reduction_of_permuted),
    Rule("softmax of a permutation", ("softmax", "log_softmax"), views.softmax_of_permuted),
    Rule(
        "global pooling of a flattened image",
        ("global_avg_pool", "global_max_pool"),
        views.global_pool_of_flattened,
    ),
    Rule("shuffle", ("channel_shuffle", "native_channel_shuffle", "pixel_shuffle", "pixel_unshuffle"), views.shuffle),
    Rule("order of parts", ("slice",), views.order_of_parts),
    Rule("pool of single values", ("max_pool", "avg_pool"), views.pool_of_single_values),
    Rule("strided slice before a 1x1 convolution", ("conv",), views.strided_pointwise),
    Rule("padding before a pool", ("max_pool", "avg_pool"), pools.padded_pool),
    Rule("border without effect", ("avg_pool",), pools.border_without_effect),
    Rule("chain of views", ("reshape", "flatten", "permute"), views_in_one),
    Rule("adaptive pool twice", _POOLED, pools.pooled_twice),
    Rule("subtraction of a negative", ("add", "sub", "neg", "mul"), values.negative),
    Rule("sum with a factor", ("scaled_add", "scaled_sub"), values.scaled_sum),
    Rule("maximum without its place", ("max", "min"), values.without_place),
    Rule("einsum as a product", ("einsum",), sums_of_products.einsum),
    Rule("einsum as a product", ("tensordot",), sums_of_products.tensordot),
    Rule("product and sum", ("addmm", "baddbmm"), products.product_and_sum),
    Rule("transposed product", ("permute",), products.transposed_product),
    Rule("weight before its input", ("matmul",), products.parameter_first),
    Rule("product of merged batches", ("matmul",), attentions.merged_batches),
    Rule("factor before a product", ("matmul",), attentions.factor_before_product),
    Rule("softmax of a reshape", ("softmax", "log_softmax"), attentions.softmax_of_reshaped),
    Rule("attention by hand", ("matmul",), attentions.attention),
    Rule("attention's own scale", ("scaled_dot_product_attention",), attentions.attention_scale),
    Rule("stack as a concatenation", ("reshape", "flatten", "permute"), joins.stack_as_cat),
    Rule("written part by part", ("put",), joins.written_parts),
    Rule("part of a filled tensor", _LAID_OUT, joins.part_of_filled),
    Rule("variance", ("var",), norms.variance),
    Rule("division by a root", ("div", "reciprocal"), norms.division_by_root),
    Rule("norm by hand", ("mul",), norms.norm_by_hand),
    Rule("group norm by hand", ("reshape",), norms.group_norm_by_layer_norm),
    Rule("scale and shift of a norm", ("mul", "add"), norms.affine_after_norm),
    Rule("parameter in another shape", ("reshape", "flatten", "permute"), weights.parameter_in_another_shape, "B"),
    Rule("parameter without leading ones", _BINARY, weights.parameter_without_leading_ones, "B"),
    Rule("parameter as a weight", _WEIGHTED, weights.parameter_as_weight, "B"),
    Rule("product as a linear layer", ("matmul", "mm"), weights.product_is_linear, "B"),
    Rule("linear layer as a convolution", ("linear",), weights.linear_is_convolution, "B"),
    Rule("1x1 convolution before a reshape", ("conv",), pointwise_before_views, "B"),
    Rule("1x1 convolution before a reshape", ("conv",), weights.pointwise_before_reshape, "B"),
    Rule("stored scale and shift of a norm", ("mul", "add"), norms.stored_affine, "B"),
    Rule("1x1 convolution of a flattened image", ("conv",), kernels.pointwise_on_flattened, "B"),
    Rule("window over a permuted image", ("conv",), kernels.window_on_permuted, "B"),
    Rule("bias of a convolution", ("add",), weights.bias_of_convolution, "B"),
    Rule("scale before a permutation", _BINARY, weights.broadcast_after_permute, "B"),
    Rule("dropout before a permutation", ("dropout",), weights.dropout_after_permute, "B"),
    Rule(
        "window over the whole image",
        ("avg_pool", "max_pool"),
        pools.window_over_all,
        "C",
        "at the captured size a pool's window covers the whole image",
    ),
    Rule(
        "global pool of one pixel",
        ("global_avg_pool", "global_max_pool"),
        pools.pool_of_one_pixel,
        "C",
        "at the captured size a globally pooled image is one pixel",
    ),
    Rule(
        "adaptive pool with equal bins",
        ("adaptive_avg_pool", "adaptive_max_pool"),
        pools.adaptive_with_equal_bins,
        "C",
        "at the captured size an adaptive pool's bins are equal",
    ),
    Rule(
        "ceil mode without effect",
        ("avg_pool", "max_pool"),
        pools.ceil_mode_without_effect,
        "C",
        "at the captured size a pool's windows come out even",
    ),
    Rule(
        "sum as a mean",
        ("div", "mul"),
        pools.sum_as_mean,
        "C",
        "at the captured size the image has as many pixels as the sum is divided by",
    ),
    Rule(
        "bias before a batch norm",
        ("batch_norm",),
        pools.bias_before_norm,
        "C",
        "in train mode a batch norm takes off the bias before it, which only its running mean keeps",
    ),
)

GRAPH_RULES: tuple[GraphRule, ...] = (
    GraphRule("computed twice", computed_twice, "A"),
    GraphRule("addition in another order", sums.nested_sums, "A"),
    GraphRule("one layer for each part", split_layers),
    GraphRule("order of concatenated parts", sorted_parts),
    GraphRule("one layer for joined parts", joined_layers),
)
