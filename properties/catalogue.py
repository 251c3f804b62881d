"""Every property, cheapest first within its theme; the order in which they are checked."""

from __future__ import annotations

from properties.property import Property
from properties.themes import behaviour, composition, equivalence, parameters, shortcuts, sizes, training, usage

__all__ = ["ALL"]

ALL: tuple[Property, ...] = (
    # sizes
    sizes.convolution_sizes_equal_the_closed_form,
    sizes.convolution_accepts_exactly_what_the_closed_form_accepts,
    sizes.pool_sizes_equal_the_closed_form,
    sizes.pool_accepts_exactly_what_the_closed_form_accepts,
    sizes.stages_have_the_published_sizes,
    sizes.smallest_and_largest_input_in_eval_mode_are_the_published_ones,
    sizes.smallest_input_in_train_mode_is_the_published_one,
    sizes.every_layer_has_the_predicted_size,
    sizes.logits_have_the_predicted_size,
    sizes.exactly_the_predicted_sizes_are_accepted,
    sizes.receptive_field_and_total_stride_equal_the_closed_form,
    # shortcuts
    shortcuts.there_are_as_many_residual_blocks_as_the_table_has,
    shortcuts.shortcut_is_the_identity_exactly_when_shapes_agree,
    shortcuts.projection_is_one_1x1_convolution_with_the_blocks_stride,
    shortcuts.projection_ends_in_a_norm,
    shortcuts.addition_comes_before_the_last_relu,
    shortcuts.zeroed_residual_branch_leaves_relu_of_the_shortcut,
    # parameters
    parameters.parameter_count_is_the_published_one,
    parameters.state_dict_has_the_twins_keys_order_and_shapes,
    parameters.convolution_has_a_bias_exactly_when_no_norm_follows,
    parameters.norms_and_linear_layers_have_all_their_tensors,
    parameters.every_tensor_that_influences_the_output_is_registered,
    parameters.tensors_are_exactly_those_the_layers_ask_for,
    parameters.macs_are_the_published_ones,
    parameters.torchinfo_counts_the_same_parameters,
    parameters.torchinfo_counts_the_same_macs,
    parameters.torch_counts_two_operations_for_each_multiply_add,
    parameters.state_dict_alone_determines_the_output,
    parameters.fresh_weights_have_the_documented_distribution,
    # composition
    composition.hooks_see_what_the_graph_says,
    composition.twin_has_the_same_graph,
    composition.twin_computes_the_same_bit_for_bit,
    composition.sequential_equals_layer_by_layer,
    composition.stage_is_all_that_later_layers_see,
    # behaviour
    behaviour.bits_are_the_same_each_time,
    behaviour.mode_is_what_was_asked_for,
    behaviour.permuted_batch_gives_permuted_outputs,
    behaviour.outputs_do_not_depend_on_the_rest_of_the_batch,
    behaviour.image_is_left_untouched,
    behaviour.process_is_left_untouched,
    behaviour.auxiliary_outputs_are_the_documented_ones,
    # training
    training.gradient_reaches_what_the_graph_connects,
    training.frozen_parameters_get_no_gradient,
    training.running_statistics_stay_in_eval_mode,
    training.running_statistics_follow_the_formula,
    training.dropout_drops_at_its_rate,
    training.step_changes_every_weight_that_has_a_gradient,
    training.gradient_is_the_derivative,
    # usage
    usage.copying_it_changes_nothing,
    usage.pickling_it_changes_nothing,
    usage.saving_its_state_dict_needs_no_code_to_load_it,
    usage.loading_its_state_dict_makes_a_fresh_net_the_same,
    usage.exporting_it_changes_nothing,
    usage.building_it_without_memory_gives_the_same_sizes,
    usage.moving_it_moves_all_of_it,
    usage.cpu_and_cuda_agree,
    usage.memory_layout_of_the_image_does_not_matter,
    usage.precision_of_numbers_does_not_matter,
    usage.compiling_it_changes_nothing,
    usage.vmap_changes_nothing,
    # equivalence
    equivalence.twin_accepts_the_same_images,
    equivalence.twin_has_the_same_function,
    equivalence.twin_has_the_same_gradients,
    equivalence.twin_moves_its_statistics_alike,
)
