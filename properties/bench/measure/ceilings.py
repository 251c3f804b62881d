"""A device's limits, measured in the process that measures the nets: a large copy, and a large matrix product."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch

from properties.bench.measure.machine import tensor_cores
from properties.bench.measure.roofline import Ceilings
from properties.bench.measure.timer import Timer, block_seconds, calls_per_block, warm_up

__all__ = ["measure"]

# Bytes read plus written, and the side of the product's matrices: a GPU's caches hold neither, nor do a CPU's.
_SIZES = {"cuda": (4 << 30, 8192), "mps": (1 << 30, 4096), "cpu": (256 << 20, 1024)}
_BLOCKS = 5


def measure(device: str, timer: Timer, dtypes: Iterable[str]) -> Ceilings:
    """The ceilings of a device, each the best of a few blocks.

    Args:
        device: ``"cpu"``, ``"cuda"`` or ``"mps"``.
        timer: its clock.
        dtypes: whose matrix products are measured: ``"float32"``, ``"bfloat16"``, ``"tfloat32"``.
    """
    size, side = _SIZES[device]
    return Ceilings(
        _copy(device, timer, size), {dtype: _product(device, timer, dtype, side) for dtype in dict.fromkeys(dtypes)}
    )


def _copy(device: str, timer: Timer, size: int) -> float:
    """Bytes per second, of float32 numbers read and written."""
    source = torch.randn(size // 8, device=device)
    target = torch.empty_like(source)
    return size / _best(lambda: target.copy_(source), timer)


def _product(device: str, timer: Timer, dtype: str, side: int) -> float:
    """Multiply-adds per second, on random numbers: a GPU clocks higher on zeros."""
    kind = torch.float32 if dtype == "tfloat32" else getattr(torch, dtype)
    one, other = (torch.randn(side, side, device=device, dtype=kind) for _ in range(2))
    with tensor_cores(dtype == "tfloat32"):
        return side**3 / _best(lambda: one @ other, timer)


def _best(run: Callable[[], object], timer: Timer) -> float:
    calls = calls_per_block(warm_up(run, timer, calls=3, seconds=0.1))
    return min(block_seconds(run, timer, calls) for _ in range(_BLOCKS)) / calls
