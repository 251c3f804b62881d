"""Strategies for images, for where and how they lie in memory, and for residual blocks and nets."""

from __future__ import annotations

import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from properties.strategies.configs import Block, BlockConfig, Images, ResNetConfig
from properties.strategies.layers import bounds

__all__ = [
    "block_configs",
    "devices",
    "dtypes",
    "images",
    "memory_formats",
    "resnet_configs",
]

_BLOCKS: tuple[Block, ...] = ("basic", "bottleneck")


def images(
    *,
    min_batch: int = 1,
    max_batch: int = 3,
    min_size: int = 1,
    max_size: int = 64,
    square: bool | None = None,
) -> SearchStrategy[Images]:
    """Batches of images by their size, ``Images(n=2, size=(33, 47), seed=0)``; the simplest is the smallest.

    Args:
        min_batch: fewest images.
        max_batch: most images.
        min_size: smallest height and width; the smallest that is legal belongs here.
        max_size: largest height and width.
        square: True for height = width only, False for height != width only, None for both.

    Raises:
        ValueError: if a minimum is below 1 or above its maximum, or there is no size with height != width.
    """
    bounds(1, batch=(min_batch, max_batch), size=(min_size, max_size))
    if square is False and min_size == max_size:
        raise ValueError(f"max_size must be above min_size={min_size} for height != width, got {max_size}")
    sides = st.integers(min_size, max_size)
    squares = sides.map(lambda side: (side, side))
    oblongs = st.tuples(sides, sides)
    if square is False:
        oblongs = oblongs.filter(lambda size: size[0] != size[1])
    sizes = squares if square else oblongs
    return st.builds(Images, n=st.integers(min_batch, max_batch), size=sizes, seed=st.integers(0, 2**16))


def devices(*, only: str | None = None) -> SearchStrategy[str]:
    """Names of the devices that are here: ``cpu`` first, accelerators, then ``meta``.

    Args:
        only: draw just this one, as ``--device`` asks.

    Raises:
        ValueError: if ``only`` is not here.
    """
    accelerators = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    present = ("cpu", *(name for name, here in accelerators.items() if here), "meta")
    if only is not None and only not in present:
        raise ValueError(f"only must be a device that is here, one of {', '.join(present)}, got {only!r}")
    return st.sampled_from(present if only is None else (only,))


def dtypes(*, device: str = "cpu", min_bits: int = 16) -> SearchStrategy[torch.dtype]:
    """Floating types that a device computes convolutions in, float32 first.

    Args:
        device: ``"mps"`` has no float64.
        min_bits: 16 for all, 32 or 64 for the more precise ones only.

    Raises:
        ValueError: if the device has no type of so many bits.
    """
    found = [torch.float32, torch.float64, torch.bfloat16, torch.float16]
    if device.startswith("mps"):
        found.remove(torch.float64)
    found = [dtype for dtype in found if torch.finfo(dtype).bits >= min_bits]
    if not found:
        raise ValueError(
            f"min_bits must be at most {32 if device.startswith('mps') else 64} on {device}, got {min_bits}"
        )
    return st.sampled_from(found)


def memory_formats() -> SearchStrategy[torch.memory_format]:
    """How a batch of images lies in memory: contiguous or channels last."""
    return st.sampled_from([torch.contiguous_format, torch.channels_last])


def _blocks(blocks: tuple[Block, ...]) -> SearchStrategy[Block]:
    if not blocks or not set(blocks) <= set(_BLOCKS):
        raise ValueError(f"blocks must be some of {', '.join(_BLOCKS)}, got {blocks!r}")
    return st.sampled_from([block for block in _BLOCKS if block in blocks])


def block_configs(
    *, blocks: tuple[Block, ...] = _BLOCKS, max_width: int = 8, max_stride: int = 3
) -> SearchStrategy[BlockConfig]:
    """Residual blocks; about half of them keep their number of channels, so that identity shortcuts are drawn.

    Args:
        blocks: which kinds.
        max_width: most channels of a 3x3 convolution; outputs and inputs have up to ``expansion`` times as many.
        max_stride: largest stride.

    Raises:
        ValueError: if there is no kind of block, or a maximum is below 1.
    """
    bounds(1, width=(1, max_width), stride=(1, max_stride))
    kinds = _blocks(blocks)

    @st.composite
    def configs(draw: st.DrawFn) -> BlockConfig:
        block = draw(kinds)
        expansion = BlockConfig(block, 1, 1, 1).expansion
        out_channels = draw(st.integers(1, max_width)) * expansion
        in_channels = draw(st.one_of(st.just(out_channels), st.integers(1, max_width * expansion)))
        return BlockConfig(block, in_channels, out_channels, draw(st.integers(1, max_stride)))

    return configs()


def resnet_configs(
    *, blocks: tuple[Block, ...] = _BLOCKS, max_depth: int = 3, max_groups: int = 8, max_classes: int = 20
) -> SearchStrategy[ResNetConfig]:
    """Residual nets by their table: block, depths, groups, width and classes. Basic blocks have one group of 64.

    Args:
        blocks: which kinds.
        max_depth: most blocks in a stage.
        max_groups: most groups of a 3x3 convolution.
        max_classes: most logits.

    Raises:
        ValueError: if there is no kind of block, or a maximum is below 1.
    """
    bounds(1, depth=(1, max_depth), groups=(1, max_groups), classes=(1, max_classes))
    kinds = _blocks(blocks)
    depths = st.tuples(*[st.integers(1, max_depth)] * 4)

    @st.composite
    def configs(draw: st.DrawFn) -> ResNetConfig:
        block, groups, width = draw(kinds), 1, 64
        if block == "bottleneck":
            groups, width = draw(st.integers(1, max_groups)), draw(st.sampled_from((64, 4, 8, 32, 128)))
        return ResNetConfig(block, draw(depths), groups, width, draw(st.integers(1, max_classes)))

    return configs()
