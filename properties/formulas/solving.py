"""The size formula read aloud with its numbers filled in, and solved for what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from properties.formulas.windows import (
    Padding,
    at_least,
    conv_size,
    conv_transpose_size,
    effective_kernel,
    pool_size,
    pool_windows,
    sides,
)


def conv_formula(size: int, kernel_size: int, *, stride: int = 1, padding: Padding = 0, dilation: int = 1) -> str:
    """The size formula of a convolution with its numbers: ``floor((224 - 7 + 2*3)/2) + 1 = 112``.

    Raises:
        ValueError: as ``conv_size``.
    """
    out = conv_size(size, kernel_size, stride=stride, padding=padding, dilation=dilation)
    low, high = sides(padding, kernel_size, dilation, stride)
    return f"floor(({_numerator(size, kernel_size, low, high, dilation)})/{stride}) + 1 = {out}"


def pool_formula(
    size: int,
    kernel_size: int,
    *,
    stride: int | None = None,
    padding: int = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> str:
    """The size formula of a pool with its numbers: ``ceil((112 - 3)/2) + 1 = 56``.

    A window that ``ceil_mode`` drops again is subtracted and said: ``ceil((5 - 1)/3) + 1 - 1 = 2 (...)``.

    Raises:
        ValueError: as ``pool_size``.
    """
    out = pool_size(size, kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)
    _, dropped = pool_windows(size, kernel_size, stride, padding, dilation, ceil_mode)
    rounding = "ceil" if ceil_mode else "floor"
    step = kernel_size if stride is None else stride
    text = f"{rounding}(({_numerator(size, kernel_size, padding, padding, dilation)})/{step}) + 1"
    if dropped:
        return f"{text} - 1 = {out} (the last window would start outside)"
    return f"{text} = {out}"


def conv_transpose_formula(
    size: int, kernel_size: int, *, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> str:
    """The size formula of a transposed convolution with its numbers: ``(7 - 1)*2 - 2*1 + 4 = 14``.

    Raises:
        ValueError: as ``conv_transpose_size``.
    """
    out = conv_transpose_size(
        size, kernel_size, stride=stride, padding=padding, output_padding=output_padding, dilation=dilation
    )
    cropped = f" - 2*{padding}" if padding else ""
    kernel = f"{kernel_size}" if dilation == 1 else f"{dilation}*({kernel_size} - 1) + 1"
    extra = f" + {output_padding}" if output_padding else ""
    return f"({size} - 1)*{stride}{cropped} + {kernel}{extra} = {out}"


def adaptive_formula(size: int, output_size: int) -> str:
    """What an adaptive pool does to one axis: ``7 -> 1``; the output's size does not depend on the input's."""
    at_least(1, size=size, output_size=output_size)
    return f"{size} -> {output_size}"


def _numerator(size: int, kernel_size: int, low: int, high: int, dilation: int) -> str:
    kernel = f" - {kernel_size}" if dilation == 1 else f" - {dilation}*({kernel_size} - 1) - 1"
    if low == high:
        return f"{size}{kernel}" + (f" + 2*{low}" if low else "")
    return f"{size}{kernel} + {low} + {high}"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """One way to fill in the size formula; ordered from the most to the least usual.

    Args:
        dilation: distance of neighbouring taps.
        stride: step of the window.
        padding: added at both ends.
        kernel_size: taps of the window.
        in_size: input size along the axis.
        out_size: output size along the axis.
    """

    dilation: int
    stride: int
    padding: int
    kernel_size: int
    in_size: int
    out_size: int

    def __str__(self) -> str:
        """The solution as a layer's arguments with the formula filled in."""
        formula = conv_formula(
            self.in_size, self.kernel_size, stride=self.stride, padding=self.padding, dilation=self.dilation
        )
        arguments = f"kernel={self.kernel_size} stride={self.stride} padding={self.padding} dilation={self.dilation}"
        return f"{arguments}: {formula}"


def solve(
    *,
    kernel_size: int | None = None,
    stride: int | None = None,
    padding: int | None = None,
    dilation: int | None = 1,
    in_size: int | None = None,
    out_size: int | None = None,
    max_kernel_size: int = 11,
    max_stride: int = 8,
    max_dilation: int = 4,
    max_size: int = 512,
) -> tuple[Window, ...]:
    """Every way to fill in what is missing from a convolution's size formula, the most usual first.

    A padding that hides a whole window (the effective kernel or more) is not considered.

    Args:
        kernel_size: taps of the window, or None to find them; likewise ``stride`` and ``padding``.
        stride: step of the window.
        padding: added at both ends.
        dilation: distance of neighbouring taps; 1 unless it is None.
        in_size: input size; this or ``out_size`` must be given.
        out_size: output size.
        max_kernel_size: largest kernel to try.
        max_stride: largest stride to try.
        max_dilation: largest dilation to try.
        max_size: largest input size to try.

    Returns:
        the solutions, possibly none.

    Raises:
        ValueError: if both sizes are missing, or a given number is out of range.
    """
    if in_size is None and out_size is None:
        raise ValueError("solve needs the input size or the output size, got neither")
    given = {"kernel_size": kernel_size, "stride": stride, "dilation": dilation, "in_size": in_size}
    for name, value in {**given, "out_size": out_size}.items():
        if value is not None:
            at_least(1, **{name: value})
    if padding is not None:
        at_least(0, padding=padding)
    found = []
    for taps in _tried(kernel_size, max_kernel_size):
        for step, gap in product(_tried(stride, max_stride), _tried(dilation, max_dilation)):
            span = effective_kernel(taps, gap)
            for pad in range(span) if padding is None else (padding,):
                found += [
                    Window(gap, step, pad, taps, size, (size + 2 * pad - span) // step + 1)
                    for size in _inputs(in_size, out_size, step, span - 2 * pad, max_size)
                ]
    return tuple(sorted(found))


def _tried(given: int | None, largest: int) -> Iterable[int]:
    return range(1, largest + 1) if given is None else (given,)


def _inputs(in_size: int | None, out_size: int | None, stride: int, needed: int, max_size: int) -> Iterable[int]:
    """Input sizes that fit: one window needs ``needed`` positions, and there are ``out_size`` windows if given."""
    low, high = max(1, needed), max_size if in_size is None else in_size
    if out_size is not None:
        first = (out_size - 1) * stride + needed
        low, high = max(low, first), min(high, first + stride - 1)
    if in_size is not None:
        low = max(low, in_size)
    return range(low, high + 1)
