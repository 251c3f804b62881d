"""The catalogue of deviations that people have shipped: one ordered table, a file for each family.

Each is told by its structure, never by a name. How an edit is found and put into words stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from properties.oracle.known import (
    activations,
    branches,
    dropout,
    ends,
    kernels,
    norms,
    pools,
    shortcuts,
    strides,
    widths,
)
from properties.oracle.known.case import Case, Known

__all__ = ["KNOWN", "recognise"]

KNOWN: tuple[Known, ...] = (  # the first that fits wins, so the more special stand before the more general
    strides.stride_on_first_1x1,
    strides.stride_on_3x3,
    strides.strides_of_other_stages,
    strides.stride_in_later_block,
    strides.stride_in_earlier_block,
    norms.eps_of_width,
    norms.eps_of_tensorflow,
    norms.eps_of_pytorch,
    norms.another_eps,
    norms.momentum_of_tensorflow,
    pools.pool_rounds_up,
    pools.pool_rounds_down,
    pools.average_without_padding,
    pools.average_with_padding,
    activations.gelu_by_tanh,
    activations.gelu_by_erf,
    widths.first_1x1_grouped,
    widths.groups_ignored,
    kernels.branch_of_3x3_for_5x5,
    kernels.branch_of_5x5_for_3x3,
    kernels.expansion_of_3x3,
    kernels.stem_of_1x1,
    kernels.small_stem,
    widths.alexnet_of_2012,
    widths.alexnet_of_2014,
    widths.width_of_stem,
    widths.width_of_densenet_stem,
    widths.width_of_resnext,
    kernels.uneven_padding,
    kernels.padding_of_other_axis,
    norms.bias_before_norm,
    pools.pool_of_2x2_for_3x3,
    pools.pool_of_3x3_for_2x2,
    norms.bessel_correction,
    norms.one_norm_for_several,
    shortcuts.relu_in_place_on_shortcut,
    shortcuts.shortcut_of_other_activation,
    shortcuts.relu_on_shortcut,
    shortcuts.relu_before_addition,
    activations.unused_relu,
    shortcuts.no_relu_after_addition,
    activations.no_relu_in_stem,
    activations.no_relu_in_googlenet_stem,
    activations.no_relu_in_transition,
    activations.no_last_relu,
    activations.no_relu_after_last_convolution,
    activations.no_last_norm_and_relu,
    activations.relu_for_relu6,
    activations.relu6_for_relu,
    activations.leaky_relu_for_relu,
    ends.outputs_swapped,
    ends.input_transformed,
    ends.input_not_transformed,
    branches.patches_in_other_order,
    branches.concatenation_in_other_order,
    shortcuts.projection_for_identity,
    shortcuts.norm_on_identity,
    shortcuts.shortcut_of_option_a,
    shortcuts.shortcut_of_option_b,
    branches.norm_in_gate,
    branches.gate_elsewhere,
    branches.no_gate,
    branches.extra_gate,
    kernels.two_3x3_for_5x5,
    pools.max_pool_for_average,
    norms.batch_norm_for_lrn,
    dropout.dropout_in_block,
    dropout.dropout_elsewhere,
    dropout.dropout_in_one_net,
    dropout.drop_connect,
    ends.fewer_linear_layers,
    branches.extra_transition,
    ends.probabilities_for_logits,
    pools.no_max_pool_in_stem,
    norms.layer_norm_elsewhere,
)


def recognise(cases: Sequence[Case]) -> Known | None:
    """The first entry of the catalogue that a folded cause fits, the more special entries standing first.

    Args:
        cases: the repetitions; an entry has to fit each of them.
    """
    return next((known for known in KNOWN if all(known.fits(case) for case in cases)), None)
