"""Which input positions an output position sees, accumulated layer by layer, one axis at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from properties.formulas.windows import at_least, effective_kernel


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """What the outputs of a part of a net see of one axis of its input.

    Output position ``i`` sees the input positions ``first + i*stride`` to ``last + i*stride``, both included; those
    below 0 or beyond the input's end are padding. ``ReceptiveField()`` is an input: each position sees itself.

    Args:
        first: leftmost input position that output position 0 sees.
        last: rightmost input position that output position 0 sees.
        stride: input positions between neighbouring outputs (the total stride, or jump).
        whole: whether every output sees the whole axis, as after a global pool; the rest then means nothing.

    Source: Araujo, Norris & Sim 2019, "Computing receptive fields of convolutional neural networks", distill.pub.
    """

    first: int = 0
    last: int = 0
    stride: int = 1
    whole: bool = False

    @property
    def size(self) -> int | None:
        """Number of input positions that one output sees; None where it is the whole axis."""
        return None if self.whole else self.last - self.first + 1

    @property
    def centre(self) -> float:
        """The input position that output position 0 is centred on."""
        return (self.first + self.last) / 2

    def window(self, kernel_size: int, *, stride: int = 1, padding: int = 0, dilation: int = 1) -> ReceptiveField:
        """What the outputs of a convolution or pool see, if its inputs see this.

        Args:
            kernel_size: taps of the window.
            stride: step of the window.
            padding: positions added at the low end; those at the high end do not matter here.
            dilation: distance of neighbouring taps.
        """
        at_least(1, stride=stride)
        at_least(0, padding=padding)
        span = effective_kernel(kernel_size, dilation)
        if self.whole:
            return self
        first = self.first - padding * self.stride
        return ReceptiveField(first, self.last + (span - 1 - padding) * self.stride, self.stride * stride)

    def at(self, position: int, size: int) -> tuple[int, int]:
        """First and last position of an input of ``size`` that output ``position`` sees, padding left out."""
        if self.whole:
            return 0, size - 1
        return max(0, self.first + position * self.stride), min(size - 1, self.last + position * self.stride)

    @classmethod
    def join(cls, fields: Iterable[ReceptiveField]) -> ReceptiveField:
        """What an addition or concatenation of branches sees: all that any branch sees.

        Raises:
            ValueError: if there is no branch, or if two branches have different strides.
        """
        branches = tuple(fields)
        if not branches:
            raise ValueError("join needs at least one receptive field, got none")
        if any(branch.whole for branch in branches):
            return WHOLE_AXIS
        strides = sorted({branch.stride for branch in branches})
        if len(strides) > 1:
            raise ValueError(f"branches that meet must have the same total stride, got {strides}")
        return cls(min(b.first for b in branches), max(b.last for b in branches), strides[0])


WHOLE_AXIS = ReceptiveField(whole=True)


def receptive_field(layers: Iterable[tuple[int, int, int, int]]) -> ReceptiveField:
    """What the outputs of a chain of layers see, each ``(kernel_size, stride, padding, dilation)``.

    Example: ``receptive_field([(7, 2, 3, 1), (3, 2, 1, 1)])``, the stem of a ResNet, sees 11 positions, 4 apart.
    """
    field = ReceptiveField()
    for kernel_size, stride, padding, dilation in layers:
        field = field.window(kernel_size, stride=stride, padding=padding, dilation=dilation)
    return field
