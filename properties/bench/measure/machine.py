"""What figures were measured on, which settings of torch a fair measurement needs, and whether two may be compared."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

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
            "driver": _driver(),
        }
    if device == "mps":
        return {**common, "name": f"GPU of {_processor()}"}
    threads = torch.get_num_threads()
    return {**common, "name": f"{_processor()}, {threads} thread{'s' * (threads != 1)}"}


def load() -> float | None:
    """How busy the machine was over the last minute, in processes for each processor; None where it is not known."""
    try:
        return round(os.getloadavg()[0] / (os.cpu_count() or 1), 2)
    except (AttributeError, OSError):
        return None


def _driver() -> str | None:
    return _said(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader", "--id=0"])


def _processor() -> str:
    """The processor's name; two machines of one architecture are not one device."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    known = names[0] if names else _said(["sysctl", "-n", "machdep.cpu.brand_string"])  # Linux, macOS
    return known or f"{platform.processor() or platform.machine()} of {platform.node()}"  # a name that is no model's


def _said(command: list[str]) -> str | None:
    """What a program prints, or None where it is not there or fails."""
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None


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
