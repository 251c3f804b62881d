"""Which operators a net calls at one size: much quicker than a capture, so that many sizes can be tried.

A net whose code asks for the size of its input may be another net at a size that nobody captured. Where the list of
calls is the same at two sizes, so is the code that ran; where it is not, a capture says what that means.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from properties.runs.borrowed import modes_kept

__all__ = ["calls", "without_memory"]

_SETTINGS = ("convolution", "max_pool", "avg_pool", "native_batch_norm", "native_group_norm", "dropout")


def without_memory(net: nn.Module) -> nn.Module | None:
    """The net itself if it stands on the meta device, else a copy that does; None where it cannot be copied."""
    tensors = (*net.parameters(), *net.buffers())
    if tensors and all(tensor.is_meta for tensor in tensors):
        return net
    try:
        return copy.deepcopy(net).to("meta")
    except Exception:  # whatever a stranger's code makes of being copied
        return None


def calls(net: nn.Module, size: tuple[int, ...], mode: str) -> str:
    """A digest of the operators that one forward pass calls, with the settings of layers and without sizes.

    Args:
        net: on the meta device; its modes are left as they were.
        size: of the input, batch axis included.
        mode: ``"eval"`` or ``"train"``.
    """
    sample = next((p for p in (*net.parameters(), *net.buffers()) if p.is_floating_point()), None)
    dtype = torch.get_default_dtype() if sample is None else sample.dtype
    recorder = _Recorder()
    with modes_kept(net):
        net.train(mode == "train")
        with torch.set_grad_enabled(mode == "train"), recorder:
            net(torch.empty(size, dtype=dtype, device="meta"))
    return recorder.digest.hexdigest()[:16]


class _Recorder(TorchDispatchMode):
    """Writes down every operator that is called."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.digest = hashlib.sha256()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = str(func)
        kinds = (bool, int, float) if any(part in name for part in _SETTINGS) else (bool, float)
        settings = [value for value in _scalars([*args, *(kwargs or {}).values()]) if type(value) in kinds]
        self.digest.update(f"{name}{settings}\n".encode())
        return func(*args, **(kwargs or {}))


def _scalars(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _scalars(value)
        else:
            yield value
