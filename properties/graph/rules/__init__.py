"""The rewrite rules of the normal form: one ordered table, and what applies it.

The rules stand in ``always``, ``weights`` and ``conditional``, by what they are valid under; what a rule is stands in
``properties.graph.rewriting``. The first rule that applies to an operator is taken, so the order counts.
Each rule says on what ground it stands: those that are ``exact`` hold for every number and for gradients. At a kink (a
ReLU6 at exactly 6, two equal maxima) what torch returns is a convention, and spellings of one function that differ in
it are one in real arithmetic only.
"""

from __future__ import annotations

from properties.graph.rewriting.rule import GraphRule, Rule
from properties.graph.rules.always import (
    activations,
    arithmetic,
    attention,
    formulas,
    layers,
    norms,
    parts,
    pools,
    products,
    values,
    views,
)
from properties.graph.rules.conditional import one_mode, one_size
from properties.graph.rules.weights import kernels, order, parameters, pointwise
from properties.graph.rules.weights import layers as stored_layers
from properties.graph.rules.weights import norms as stored_norms
from properties.graph.rules.weights import parts as stored_parts

__all__ = ["GRAPH_RULES", "RULES"]

RULES: tuple[Rule, ...] = (
    # valid for every input, size and weight
    values.no_effect,
    views.reshape_of_reshape,
    views.flatten,
    views.batch_first,
    views.elementwise_after_reshape,
    views.elementwise_after_permute,
    views.norm_after_reshape,
    pools.mean_of_mean,
    pools.global_pool,
    pools.global_maximum,
    activations.bounds,
    activations.relu_twice,
    activations.clamp,
    activations.relu_of_nonnegative,
    activations.relu_after_dropout,
    pools.relu_after_max_pool,
    pools.ceil_mode,
    activations.hardsigmoid,
    arithmetic.power_of_two,
    arithmetic.negative_number,
    arithmetic.filled_operand,
    activations.gated,
    parts.only_one,
    parts.part_of_a_permutation,
    parts.part_of_a_reshape,
    parts.part_of_parts,
    parts.whole_of_parts,
    layers.parts_of_a_batch,
    parts.cat_of_cat,
    views.permute_of_permute,
    layers.padded_convolution,
    layers.linear,
    layers.linear_bias,
    activations.relu_by_mask,
    activations.relu_by_hand,
    formulas.gelu,
    formulas.product_as_activation,
    activations.hardsigmoid_as_clamp,
    formulas.sigmoid_by_hand,
    formulas.log_of_softmax,
    formulas.softmax_by_hand,
    formulas.square,
    arithmetic.sum_of_stack,
    arithmetic.expansion_in_arithmetic,
    arithmetic.times_zero,
    parts.zeros_beside,
    views.reduction_of_permuted,
    views.softmax_of_permuted,
    pools.global_pool_of_flattened,
    views.shuffle,
    parts.order_of_parts,
    pools.pool_of_single_values,
    layers.strided_pointwise,
    layers.dilated_pointwise,
    pools.padded_pool,
    pools.padded_max_pool,
    pools.border_without_effect,
    views.views_in_one,
    views.flip_of_flip,
    pools.pooled_twice,
    arithmetic.negative,
    arithmetic.scaled_sum,
    values.without_place,
    products.einsum,
    products.tensordot,
    products.product_and_sum,
    products.transposed_product,
    products.parameter_first,
    attention.merged_batches,
    attention.factor_before_product,
    attention.softmax_of_reshaped,
    attention.mask_without_effect,
    attention.attention,
    attention.attention_scale,
    parts.stack_as_cat,
    parts.written_parts,
    parts.part_of_filled,
    norms.variance,
    norms.division_by_root,
    norms.norm_by_hand,
    norms.group_norm_by_layer_norm,
    norms.affine_after_norm,
    # valid under a weight map
    parameters.parameter_in_another_shape,
    parameters.parameter_without_leading_ones,
    parameters.parameter_as_weight,
    stored_layers.product_is_linear,
    stored_layers.linear_is_convolution,
    pointwise.pointwise_before_views,
    stored_layers.pointwise_before_reshape,
    stored_norms.stored_affine,
    kernels.pointwise_on_flattened,
    kernels.window_on_permuted,
    stored_layers.bias_of_convolution,
    parameters.broadcast_after_permute,
    stored_layers.dropout_after_permute,
    # valid at the captured size or in the captured mode
    one_size.window_over_all,
    one_size.pool_of_one_pixel,
    one_size.adaptive_with_equal_bins,
    one_size.ceil_mode_without_effect,
    one_size.sum_as_mean,
    one_mode.bias_before_norm,
    one_mode.gradient_only,
)

GRAPH_RULES: tuple[GraphRule, ...] = (
    values.computed_twice,
    arithmetic.nested_sums,
    stored_parts.split_layers,
    order.sorted_parts,
    stored_parts.joined_layers,
)
