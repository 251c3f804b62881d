"""Tensors without memory in the place of real ones, so that a forward pass computes nothing and changes nothing."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["StandIns", "storage_of"]


def storage_of(tensor: Tensor) -> int:
    """What tells a tensor's memory from all other memory that is alive; the address of its first byte does not."""
    return int(tensor.untyped_storage()._cdata)


class StandIns:
    """Meta tensors for real ones: what shares memory still does."""

    def __init__(self) -> None:
        self._storages: dict[int, tuple[Any, Any]] = {}  # a real one's, itself so that it lives on, and its stand-in
        self._original: dict[int, int] = {}
        self._made: dict[int, tuple[Tensor, Tensor]] = {}

    def memory(self, tensor: Tensor) -> int:
        """The same number for all tensors that share memory, and for their stand-ins."""
        storage = storage_of(tensor)
        return self._original.get(storage, storage)

    def has(self, tensor: Tensor) -> bool:
        """Whether something stands in for the tensor's memory, so that the tensor itself may be out of date."""
        return not tensor.is_meta and storage_of(tensor) in self._storages

    def of(self, tensor: Tensor) -> Tensor:
        """The tensor's stand-in; a meta tensor's is itself."""
        if tensor.is_meta:
            return tensor
        if id(tensor) in self._made:
            return self._made[id(tensor)][1]
        with torch.no_grad():
            found = torch.empty(0, dtype=tensor.dtype, device="meta")
            found.set_(self._storage(tensor), tensor.storage_offset(), tensor.size(), tensor.stride())
        if isinstance(tensor, nn.Parameter):
            found = nn.Parameter(found, requires_grad=tensor.requires_grad)
        elif tensor.requires_grad:
            found.requires_grad_()
        self._made[id(tensor)] = (tensor, found)
        return found

    def _storage(self, tensor: Tensor) -> Any:
        real = tensor.untyped_storage()
        if real._cdata not in self._storages:
            empty = torch.UntypedStorage(real.nbytes(), device="meta")
            self._storages[real._cdata] = (real, empty)
            self._original[empty._cdata] = real._cdata
        return self._storages[real._cdata][1]
