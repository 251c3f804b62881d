"""``archproof --device``: what forward passes would be timed on. Apart from ``--version``, as only torch can tell."""

from __future__ import annotations

__all__ = ["device_text"]


def device_text() -> str:
    """The accelerator that torch finds, else the processor, in one line."""
    import torch

    from properties.bench.machine import describe

    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    kind = next(name for name, there in found.items() if there)
    device = describe(kind)
    more = {"CUDA": device.get("cuda"), "driver": device.get("driver")}
    return ", ".join([f"{kind}: {device['name']}", *(f"{name} {value}" for name, value in more.items() if value)])
