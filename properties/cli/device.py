"""What ``archproof --version`` says of the device that forward passes would be timed on."""

from __future__ import annotations

from properties.cli.console import one_line

__all__ = ["device_text"]


def device_text() -> str:
    """The accelerator that torch finds, else the processor, in one line; why it is not known, where torch is broken."""
    try:
        import torch

        from properties.bench.measure.machine import describe
    except (ImportError, OSError) as error:  # a library of torch's that is missing or does not fit
        return f"unknown, as torch cannot be loaded: {one_line(error)}"

    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    kind = next(name for name, there in found.items() if there)
    device = describe(kind)
    more = {"CUDA": device.get("cuda"), "driver": device.get("driver")}
    return ", ".join([f"{kind} ({device['name']})", *(f"{name} {value}" for name, value in more.items() if value)])
