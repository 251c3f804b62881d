"""Closed forms: what a layer does to a size, what an output sees, and what a layer costs. Pure Python.

A layer slides a window of ``kernel_size`` taps, ``dilation`` apart, over the padded axis in steps of ``stride``; the
window spans the *effective kernel*, ``dilation * (kernel_size - 1) + 1``. Sizes are given one spatial axis at a time.
Wrong arguments raise ``ValueError`` or ``TypeError``; a size that a well-formed layer does not accept raises
``RejectedSize``, a ``ValueError``. Multiply-adds (*macs*) count convolutions and linear layers only, without bias.
"""

from properties.formulas.counts import conv_macs as conv_macs
from properties.formulas.counts import conv_params as conv_params
from properties.formulas.counts import linear_macs as linear_macs
from properties.formulas.counts import linear_params as linear_params
from properties.formulas.counts import norm_params as norm_params
from properties.formulas.counts import num_bytes as num_bytes
from properties.formulas.fields import WHOLE_AXIS as WHOLE_AXIS
from properties.formulas.fields import ReceptiveField as ReceptiveField
from properties.formulas.fields import receptive_field as receptive_field
from properties.formulas.solving import Window as Window
from properties.formulas.solving import adaptive_formula as adaptive_formula
from properties.formulas.solving import conv_formula as conv_formula
from properties.formulas.solving import conv_transpose_formula as conv_transpose_formula
from properties.formulas.solving import pool_formula as pool_formula
from properties.formulas.solving import solve as solve
from properties.formulas.windows import Padding as Padding
from properties.formulas.windows import RejectedSize as RejectedSize
from properties.formulas.windows import adaptive_bins as adaptive_bins
from properties.formulas.windows import conv_size as conv_size
from properties.formulas.windows import conv_transpose_size as conv_transpose_size
from properties.formulas.windows import conv_weight_shape as conv_weight_shape
from properties.formulas.windows import effective_kernel as effective_kernel
from properties.formulas.windows import pool_size as pool_size
from properties.formulas.windows import same_padding as same_padding
from properties.formulas.windows import sides as sides
