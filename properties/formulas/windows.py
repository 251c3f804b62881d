"""Output sizes of layers that slide a window: convolutions, pools, and what they reject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Padding = int | tuple[int, int] | Literal["same"]


class RejectedSize(ValueError):
    """A layer whose arguments are in order does not accept an input of this size."""


def at_least(lowest: int, **arguments: int) -> None:
    """Raise unless every argument is an int of at least ``lowest``.

    Raises:
        TypeError: if one is not an int.
        ValueError: if one is too small.
    """
    for name, value in arguments.items():
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} must be an int, got {value!r}")
        if value < lowest:
            raise ValueError(f"{name} must be at least {lowest}, got {value}")


def effective_kernel(kernel_size: int, dilation: int = 1) -> int:
    """Number of positions a window spans, ``dilation * (kernel_size - 1) + 1``."""
    at_least(1, kernel_size=kernel_size, dilation=dilation)
    return dilation * (kernel_size - 1) + 1


def same_padding(kernel_size: int, dilation: int = 1) -> tuple[int, int]:
    """What ``padding="same"`` adds at the low and at the high end; an odd one goes to the high end.

    Source: torch.nn.Conv2d, "padding='same' pads the input so the output has the shape as the input".
    """
    total = effective_kernel(kernel_size, dilation) - 1
    return total // 2, total - total // 2


def sides(padding: Padding, kernel_size: int, dilation: int = 1, stride: int = 1) -> tuple[int, int]:
    """``padding`` as what is added at the low and at the high end.

    Raises:
        ValueError: if it is negative, or ``"same"`` with a stride other than 1.
    """
    if isinstance(padding, str):
        if padding != "same":
            raise ValueError(f"padding must be an int, a pair of ints or 'same', got {padding!r}")
        if stride != 1:
            raise ValueError(f"padding='same' needs stride 1, got stride={stride}")
        return same_padding(kernel_size, dilation)
    low, high = padding if isinstance(padding, tuple) else (padding, padding)
    at_least(0, padding=low)
    at_least(0, padding=high)
    return low, high


def _occupied(size: int) -> None:
    if size < 1:
        raise RejectedSize(f"the input must have at least 1 position, got {size}")


def _not_empty(out: int) -> int:
    if out < 1:
        raise RejectedSize(f"the output must have at least 1 position, but would have {out}")
    return out


def conv_size(size: int, kernel_size: int, *, stride: int = 1, padding: Padding = 0, dilation: int = 1) -> int:
    """Output size of a convolution along one axis: ``floor((size + padding - effective kernel)/stride) + 1``.

    Args:
        size: input size along the axis.
        kernel_size: taps of the window.
        stride: step of the window.
        padding: added at both ends, or ``(low, high)``, or ``"same"``.
        dilation: distance of neighbouring taps.

    Raises:
        RejectedSize: if the axis is empty or the window does not fit into the padded input.
        ValueError: if an argument is out of range.
    Source: Dumoulin & Visin 2016, arXiv:1603.07285, relationship 15; torch.nn.Conv2d, Shape.
    """
    at_least(1, kernel_size=kernel_size, stride=stride, dilation=dilation)
    low, high = sides(padding, kernel_size, dilation, stride)
    _occupied(size)
    span, padded = effective_kernel(kernel_size, dilation), size + low + high
    if span > padded:
        raise RejectedSize(f"the window spans {span} positions, but the padded input has only {padded}")
    return (padded - span) // stride + 1


def conv_transpose_size(
    size: int, kernel_size: int, *, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    """Output size of a transposed convolution: ``(size - 1)*stride - 2*padding + effective kernel + output_padding``.

    Raises:
        RejectedSize: if the axis is empty or the output would be.
        ValueError: if an argument is out of range; ``output_padding`` must be below the stride or the dilation.
    Source: torch.nn.ConvTranspose2d, Shape.
    """
    at_least(1, kernel_size=kernel_size, stride=stride, dilation=dilation)
    at_least(0, padding=padding, output_padding=output_padding)
    if output_padding >= max(stride, dilation):
        limits = f"stride={stride} or dilation={dilation}"
        raise ValueError(f"output_padding must be smaller than {limits}, got {output_padding}")
    _occupied(size)
    return _not_empty((size - 1) * stride - 2 * padding + effective_kernel(kernel_size, dilation) + output_padding)


def pool_size(
    size: int,
    kernel_size: int,
    *,
    stride: int | None = None,
    padding: int = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> int:
    """Output size of a max or average pool along one axis.

    With ``ceil_mode`` the division rounds up, but the last window must start inside the input or the padding at the
    low end: one that would start in the padding at the high end is dropped.

    Args:
        size: input size along the axis.
        kernel_size: taps of the window.
        stride: step of the window; ``kernel_size`` by default.
        padding: added at both ends, at most half of ``kernel_size``.
        dilation: distance of neighbouring taps (max pools only).
        ceil_mode: whether a last, incomplete window counts.

    Raises:
        RejectedSize: if the axis is empty or the output would be.
        ValueError: if an argument is out of range.
    Source: torch.nn.MaxPool2d, Shape and its note on ceil_mode.
    """
    out, dropped = pool_windows(size, kernel_size, stride, padding, dilation, ceil_mode)
    return _not_empty(out - dropped)


def pool_windows(
    size: int, kernel_size: int, stride: int | None, padding: int, dilation: int, ceil_mode: bool
) -> tuple[int, int]:
    """Number of windows by the formula alone, and how many of them (0 or 1) ``ceil_mode`` drops again."""
    step = kernel_size if stride is None else stride
    at_least(1, kernel_size=kernel_size, stride=step, dilation=dilation)
    at_least(0, padding=padding)
    if padding > kernel_size // 2:
        raise ValueError(f"padding must be at most half of kernel_size={kernel_size}, got {padding}")
    _occupied(size)
    free = size + 2 * padding - effective_kernel(kernel_size, dilation)
    if not ceil_mode:
        return free // step + 1, 0
    out = -(-free // step) + 1
    return out, int((out - 1) * step >= size + padding)


def adaptive_bins(size: int, output_size: int) -> tuple[tuple[int, int], ...]:
    """The half-open range of input positions that each output of an adaptive average pool covers.

    Bin ``i`` is ``[floor(i*size/output_size), ceil((i + 1)*size/output_size))``: bins overlap where the sizes do not
    divide, and repeat positions where the output is larger than the input.

    Raises:
        RejectedSize: if the axis is empty.
    Source: torch.nn.AdaptiveAvgPool2d.
    """
    at_least(1, output_size=output_size)
    _occupied(size)
    return tuple((i * size // output_size, -(-(i + 1) * size // output_size)) for i in range(output_size))


def conv_weight_shape(
    in_channels: int, out_channels: int, kernel_size: Sequence[int], *, groups: int = 1
) -> tuple[int, ...]:
    """Shape of a convolution's weight, ``(out_channels, in_channels/groups, *kernel_size)``.

    Raises:
        ValueError: if either number of channels is not divisible by ``groups``.
    """
    at_least(1, in_channels=in_channels, out_channels=out_channels, groups=groups)
    for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if channels % groups:
            raise ValueError(f"{name} must be divisible by groups={groups}, got {channels}")
    for taps in kernel_size:
        at_least(1, kernel_size=taps)
    return (out_channels, in_channels // groups, *kernel_size)
