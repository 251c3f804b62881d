"""Stamps of a device's own clock, whose difference is elapsed seconds; warm-up and the length of a block.

pytest-benchmark computes ``end - start`` of whatever its timer returns. A stamp on a GPU is an event in the queue, so
the difference is the time the work took and not the time to enqueue it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from time import perf_counter
from typing import Any

import torch

__all__ = ["CudaStamp", "Timer", "block_seconds", "calls_per_block", "timer_for", "warm_up"]

BLOCK = 0.010  # seconds; shorter blocks show the clock rather than the net
WARM_CALLS, WARM_SECONDS = 10, 0.5


Timer = Callable[[], Any]  # of stamps, whose differences are seconds


class CudaStamp:
    """An event in the current CUDA stream; subtracting waits for the later one."""

    def __init__(self) -> None:
        self.event = torch.cuda.Event(enable_timing=True)
        self.event.record()

    def __sub__(self, earlier: CudaStamp) -> float:
        self.event.synchronize()
        return float(earlier.event.elapsed_time(self.event)) / 1e3


def _mps_timer() -> float:
    torch.mps.synchronize()
    return perf_counter()


def timer_for(device: str) -> Timer:
    """The timer of ``"cpu"`` (the host's clock), ``"mps"`` (the same, once the device is done) or ``"cuda"``.

    Raises:
        ValueError: for a device that computes nothing.
    """
    timers: dict[str, Timer] = {"cpu": perf_counter, "cuda": CudaStamp, "mps": _mps_timer}
    if device not in timers:
        raise ValueError(f"device must be one of {', '.join(timers)} to be timed, got {device!r}")
    return timers[device]


def block_seconds(run: Callable[[], object], timer: Timer, calls: int) -> float:
    """Seconds that a block of ``calls`` calls takes."""
    start = timer()
    for _ in range(calls):
        run()
    return float(timer() - start)


def warm_up(
    run: Callable[[], object], timer: Timer, *, calls: int = WARM_CALLS, seconds: float = WARM_SECONDS
) -> float:
    """Call until both ``calls`` calls and ``seconds`` seconds are spent.

    Returns:
        seconds that one call took, from the last of the calls.
    """
    began, made, last = timer(), 0, 0.0
    while True:
        last = block_seconds(run, timer, 1)
        made += 1
        if made >= calls and timer() - began >= seconds:
            return last


def calls_per_block(seconds_per_call: float, *, block: float = BLOCK) -> int:
    """How many calls make a block of at least ``block`` seconds."""
    return max(1, ceil(block / max(seconds_per_call, 1e-9)))
