"""What the strategies draw: descriptions of images, layers, blocks and nets, in plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from properties.formulas.windows import Padding, conv_size, conv_weight_shape, pool_size

Block = Literal["basic", "bottleneck"]


@dataclass(frozen=True, slots=True)
class Images:
    """A batch of images by its size; whoever checks makes the tensor.

    Args:
        n: images in the batch.
        size: height and width.
        seed: of the generator that fills them.
    """

    n: int
    size: tuple[int, int]
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ConvConfig:
    """A convolution with all its arguments, one number per spatial axis, and the input size that it is given.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: taps of the window.
        stride: step of the window.
        padding: added at both ends, or ``"same"``.
        dilation: distance of neighbouring taps.
        groups: groups of channels.
        bias: whether a bias is added.
        size: the input's size, without batch and channels.
    """

    in_channels: int
    out_channels: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...] | Literal["same"]
    dilation: tuple[int, ...]
    groups: int
    bias: bool
    size: tuple[int, ...]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the input, one image."""
        return (1, self.in_channels, *self.size)

    def output_shape(self) -> tuple[int, ...]:
        """Shape of the output by the closed form.

        Raises:
            ValueError: if the layer or its input is to be rejected.
        """
        conv_weight_shape(self.in_channels, self.out_channels, self.kernel_size, groups=self.groups)
        padding: Sequence[Padding] = ["same"] * len(self.size) if isinstance(self.padding, str) else self.padding
        axes = zip(self.size, self.kernel_size, self.stride, padding, self.dilation, strict=True)
        sizes = [conv_size(n, k, stride=s, padding=p, dilation=d) for n, k, s, p, d in axes]
        return (1, self.out_channels, *sizes)


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """A max or average pool with all its arguments, one number per spatial axis, and the input size that it is given.

    Args:
        kind: ``"max"`` or ``"avg"``.
        kernel_size: taps of the window.
        stride: step of the window.
        padding: added at both ends.
        dilation: distance of neighbouring taps; 1 for average pools, which have none.
        ceil_mode: whether a last, incomplete window counts.
        count_include_pad: whether average pools count padding.
        size: the input's size, without batch and channels.
    """

    kind: Literal["max", "avg"]
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    ceil_mode: bool
    count_include_pad: bool
    size: tuple[int, ...]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the input, one image of two channels."""
        return (1, 2, *self.size)

    def output_shape(self) -> tuple[int, ...]:
        """Shape of the output by the closed form.

        Raises:
            ValueError: if the layer or its input is to be rejected.
        """
        axes = zip(self.size, self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        sizes = [pool_size(n, k, stride=s, padding=p, dilation=d, ceil_mode=self.ceil_mode) for n, k, s, p, d in axes]
        return (1, 2, *sizes)


@dataclass(frozen=True, slots=True)
class BlockConfig:
    """A residual block.

    Args:
        block: ``"basic"`` (two 3x3) or ``"bottleneck"`` (1x1, 3x3, 1x1, expansion 4).
        in_channels: channels of its input.
        out_channels: channels of its output, after expansion.
        stride: of the block.
    """

    block: Block
    in_channels: int
    out_channels: int
    stride: int

    @property
    def expansion(self) -> int:
        """Output channels for each channel of the 3x3 convolution."""
        return 4 if self.block == "bottleneck" else 1

    @property
    def projects(self) -> bool:
        """Whether its shortcut has to be a projection: the identity needs stride 1 and equal channels."""
        return self.stride != 1 or self.in_channels != self.out_channels


@dataclass(frozen=True, slots=True)
class ResNetConfig:
    """A residual net of four stages.

    Args:
        block: ``"basic"`` or ``"bottleneck"``.
        depths: blocks in each stage.
        groups: groups of the 3x3 convolutions; 1 for basic blocks.
        width_per_group: channels of a group in the first stage; 64 for basic blocks.
        num_classes: number of logits.
    """

    block: Block
    depths: tuple[int, int, int, int]
    groups: int
    width_per_group: int
    num_classes: int
