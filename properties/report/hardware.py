"""The processor and the graphics card as the system calls them. Loads no torch."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

__all__ = ["driver", "graphics_card", "processor"]


def processor() -> str:
    """The processor's name; two machines of one architecture are not one device."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    known = names[0] if names else _said(["sysctl", "-n", "machdep.cpu.brand_string"])  # Linux, macOS
    return known or f"{platform.processor() or platform.machine()} of {platform.node()}"  # a name that is no model's


def graphics_card() -> str | None:
    """The name of the first graphics card that NVIDIA's driver has and this process may see, or None."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0].strip()
    if visible in ("", "-1"):
        return None
    return _said(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader", f"--id={visible}"])


def driver() -> str | None:
    """The version of NVIDIA's driver, or None."""
    return _said(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader", "--id=0"])


def _said(command: list[str]) -> str | None:
    """What a program prints, or None where it is not there or fails."""
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None
