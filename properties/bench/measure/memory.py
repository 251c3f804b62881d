"""Out of memory: told from other errors, and answered with half the batch."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TypeVar

import torch

__all__ = ["halving", "is_out_of_memory"]

_SIGNS = ("out of memory", "can't allocate memory", "cannot allocate memory")

T = TypeVar("T")


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is a lack of memory on the host or on a device."""
    while error is not None:
        if isinstance(error, torch.OutOfMemoryError | MemoryError):
            return True
        if isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS):
            return True
        error = error.__cause__
    return False


def halving(attempt: Callable[[int], T], batch: int) -> tuple[T, int]:
    """What an attempt makes of the largest batch that fits: the one that is given, or half of it, and so on.

    Returns:
        the result, and the batch that it was made with.

    Raises:
        MemoryError: if not even one image fits.
    """
    while True:
        try:
            return attempt(batch), batch
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        if torch.cuda.is_available():
            gc.collect()
            torch.cuda.empty_cache()
        if batch == 1:
            raise MemoryError("out of memory with a single image")
        batch //= 2
