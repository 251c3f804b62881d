"""Tensors handed to another process: their bytes in a file, one after the other, and a plain description of each.

Each byte is written once and read once. The file is read, not mapped: one that shrinks while it is mapped ends the
process that reads it. Whoever reads it trusts nothing: what does not fit the file is a ``ValueError``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

__all__ = ["Entry", "leave", "take"]

_ALIGNED = 16  # bytes: every type's numbers start at a multiple of their size
_TYPES = {str(each).removeprefix("torch."): each for each in vars(torch).values() if isinstance(each, torch.dtype)}


class Entry(NamedTuple):
    """Where a tensor is in a file of tensors.

    Args:
        dtype: its type without ``torch.``.
        shape: its size.
        start: its first byte.
    """

    dtype: str
    shape: tuple[int, ...]
    start: int


def leave(tensors: Iterable[Tensor], path: Path) -> list[Entry]:
    """Write tensors to a new file.

    Args:
        tensors: of any types and devices; memory that they share is written for each.
        path: the file, which must not exist.

    Returns:
        What ``take`` needs to read them, in their order.
    """
    entries, end = [], 0
    with open(path, "xb") as file:
        for tensor in tensors:
            plain = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
            entries.append(Entry(str(plain.dtype).removeprefix("torch."), tuple(plain.shape), end))
            file.write(plain.reshape(-1).view(torch.uint8).numpy().data)
            end += plain.numel() * plain.itemsize
            file.write(bytes(-end % _ALIGNED))
            end += -end % _ALIGNED
    return entries


def take(path: Path, entries: Iterable[Any]) -> list[Tensor]:
    """Read what ``leave`` wrote.

    Args:
        path: the file.
        entries: as another process gave them.

    Raises:
        OSError: if it cannot be read, or is no plain file.
        ValueError: if an entry is none, or names bytes that the file does not have.
    """
    content = _read(path)
    return [_tensor(content, entry) for entry in entries]


def _tensor(content: Tensor, entry: Any) -> Tensor:
    match entry:
        case (str(name), tuple(shape), int(start)) if name in _TYPES and all(type(n) is int and n >= 0 for n in shape):
            end = start + prod(shape) * _TYPES[name].itemsize
            if 0 <= start <= end <= len(content) and start % _ALIGNED == 0:
                return content[start:end].view(_TYPES[name]).reshape(shape)
    raise ValueError("an entry names what the file does not have")


def _read(path: Path) -> Tensor:
    """A plain file's bytes."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path.name} is no plain file")
        try:
            content = torch.empty(status.st_size, dtype=torch.uint8)
        except RuntimeError as error:
            raise OSError(f"{path.name} does not fit into memory") from error
        if file.readinto(content.numpy().data) != status.st_size:
            raise OSError(f"{path.name} changed while it was read")
    return content
