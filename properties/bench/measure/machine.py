"""What figures were measured on, which settings of torch a fair measurement needs, and whether two may be compared."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from properties.report.hardware import driver, processor

__all__ = ["describe", "fast", "load", "tensor_cores"]


def describe(device: str) -> dict[str, Any]:
    """The device in plain data; ``device`` and ``name`` are what decides whether two runs may be compared.

    Args:
        device: ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"meta"``, which computes nothing.
    """
    common = {"device": device, "torch": torch.__version__, "threads": torch.get_num_threads()}
    if device == "cuda":
        properties = torch.cuda.get_device_properties(torch.cuda.current_device())
        return {
            **common,
            "name": properties.name,
            "memory_bytes": properties.total_memory,
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
            "driver": driver(),
        }
    if device == "mps":
        return {**common, "name": f"GPU of {processor()}"}
    threads = torch.get_num_threads()
    return {**common, "name": f"{processor()}, {threads} thread{'s' * (threads != 1)}"}


def load() -> float | None:
    """How busy the machine was over the last minute, in processes for each processor; None where it is not known."""
    try:
        return round(os.getloadavg()[0] / (os.cpu_count() or 1), 2)
    except (AttributeError, OSError):
        return None


@contextmanager
def tensor_cores(wanted: bool) -> Iterator[None]:
    """Let float32 products and convolutions round to TF32, or forbid it; afterwards as it was."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = wanted
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


@contextmanager
def fast() -> Iterator[None]:
    """The settings of someone who wants speed: any kernel, the fastest one found by trying; afterwards as it was.

    Tests run with deterministic kernels, and torch then also fills fresh memory.
    """
    cudnn = torch.backends.cudnn
    before = cudnn.benchmark, cudnn.deterministic
    deterministic, warns = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    torch.use_deterministic_algorithms(False)
    cudnn.benchmark, cudnn.deterministic = True, False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(deterministic, warn_only=warns)
        cudnn.benchmark, cudnn.deterministic = before
