"""What ``archproof --version`` says of the device that forward passes would be timed on, without loading torch."""

from __future__ import annotations

import importlib.util
import platform
import re
import sys
from pathlib import Path

from properties.report.hardware import driver, graphics_card, processor

__all__ = ["built_for", "device_text"]


def device_text() -> str:
    """The accelerator that torch was built for and the system has, else the processor, in one line."""
    spec = importlib.util.find_spec("torch")
    version = Path(spec.origin).parent / "version.py" if spec is not None and spec.origin else None
    built = built_for(version.read_text(encoding="utf-8")) if version is not None and version.is_file() else {}
    if "cuda" in built and (card := graphics_card()):
        known = driver()
        return f"cuda ({card}), CUDA {built['cuda']}" + (f", driver {known}" if known else "")
    if "hip" in built and Path("/dev/kfd").exists():  # torch calls these cuda, too
        return f"cuda (a graphics card of AMD's), ROCm {built['hip']}"
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return f"mps (GPU of {processor()})"
    return f"cpu ({processor()})"


def built_for(source: str) -> dict[str, str]:
    """What torch was built for, and in which version of it, from the text of its ``version.py``.

    Args:
        source: that text.
    """
    return dict(re.findall(r"^(cuda|hip|xpu)\b.*= '([^']+)'", source, re.MULTILINE))
