"""What one forward pass does, counted and not timed: operators, multiply-adds, bytes moved, memory at its fullest.

The counts come from the calls that torch really dispatches, on the meta device, so that they are the same on every
machine and every day. A net that runs one operator more than its twin shows here at once.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from properties.runs.borrowed import modes_kept

__all__ = ["Metered", "meter"]


@dataclass(frozen=True, slots=True)
class Metered:
    """The counts of one forward pass.

    Args:
        operators: calls that compute; views are free.
        macs: multiply-adds of the whole batch, as torch counts them.
        bytes_moved: read and written, if every operator goes to memory.
        peak_bytes: of activations that are alive at once, the image among them, parameters and buffers not.
    """

    operators: int
    macs: int
    bytes_moved: int
    peak_bytes: int


def meter(net: nn.Module, shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Metered:
    """Count one forward pass in eval mode.

    Args:
        net: on the meta device; its modes are left as they were.
        shape: of the image, batch axis included.
        dtype: of the image and of the net.
    """
    owned = {tensor.untyped_storage()._cdata for tensor in (*net.parameters(), *net.buffers())}
    counter = _Counter(owned)
    with modes_kept(net):
        net.eval()
        with torch.no_grad(), FlopCounterMode(display=False) as flops, counter:
            image = torch.empty(shape, dtype=dtype, device="meta")
            net(image)
    return Metered(counter.operators, flops.get_total_flops() // 2, counter.bytes_moved, counter.peak)


class _Counter(TorchDispatchMode):
    """Sees every call below autograd; storages report their end themselves."""

    def __init__(self, owned: set[int]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operators = self.bytes_moved = self.peak = 0
        self._alive = dict.fromkeys(owned, 0)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        written = [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
        if any(returned.alias_info and not returned.alias_info.is_write for returned in func._schema.returns):
            return result  # a view
        read = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        for tensor in written:
            self._see(tensor)
        if read:  # what makes the image computes nothing
            self.operators += 1
            self.bytes_moved += sum(tensor.numel() * tensor.element_size() for tensor in (*read, *written))
        return result

    def _see(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage._cdata not in self._alive:
            self._alive[storage._cdata] = storage.nbytes()
            weakref.finalize(storage, self._alive.pop, storage._cdata, None)
            self.peak = max(self.peak, sum(self._alive.values()))
