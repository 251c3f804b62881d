"""What layers cost: parameters, multiply-adds and bytes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from properties.formulas.windows import at_least, conv_weight_shape

_ITEMSIZE = {
    "bool": 1,
    "uint8": 1,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "bfloat16": 2,
    "float16": 2,
    "float32": 4,
    "float64": 8,
}


def conv_params(
    in_channels: int, out_channels: int, kernel_size: Sequence[int], *, groups: int = 1, bias: bool = True
) -> int:
    """Parameters of a convolution: every output channel has one weight per tap it reads, and one bias."""
    return prod(conv_weight_shape(in_channels, out_channels, kernel_size, groups=groups)) + bias * out_channels


def conv_macs(
    in_channels: int,
    out_channels: int,
    kernel_size: Sequence[int],
    output_size: Sequence[int],
    *,
    groups: int = 1,
) -> int:
    """Multiply-adds of a convolution for one image: every weight once per output position, biases not counted.

    Source: He et al. 2015, arXiv:1512.03385, Table 1; torch.utils.flop_counter counts two per multiply-add.
    """
    return prod(conv_weight_shape(in_channels, out_channels, kernel_size, groups=groups)) * prod(output_size)


def linear_params(in_features: int, out_features: int, *, bias: bool = True) -> int:
    """Parameters of a linear layer, ``in_features*out_features`` and a bias per output."""
    return linear_macs(in_features, out_features) + bias * out_features


def linear_macs(in_features: int, out_features: int) -> int:
    """Multiply-adds of a linear layer for one row, ``in_features*out_features``; the bias is not counted."""
    at_least(1, in_features=in_features, out_features=out_features)
    return in_features * out_features


def norm_params(channels: int, *, affine: bool = True) -> int:
    """Parameters of a batch, group or layer norm: a weight and a bias per channel; its statistics are buffers."""
    at_least(1, channels=channels)
    return 2 * channels * affine


def num_bytes(shape: Sequence[int], dtype: str = "float32") -> int:
    """Bytes of a tensor.

    Raises:
        ValueError: if ``dtype`` is not a name such as ``"float32"``.
    """
    if dtype not in _ITEMSIZE:
        raise ValueError(f"dtype must be one of {', '.join(_ITEMSIZE)}, got {dtype!r}")
    return prod(shape) * _ITEMSIZE[dtype]
