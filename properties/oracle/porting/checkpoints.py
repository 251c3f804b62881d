"""Checkpoints: .pth, .pt and .safetensors files, read without running code that they may hold, written whole."""

from __future__ import annotations

import re
import shutil
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from properties.errors import CheckpointError
from properties.oracle.porting.places import head_of, reason, short

__all__ = ["failure", "read_file", "save"]

_CODE = re.compile(r"unsupported global:? (?:global )?([\w.]+) (?:was not|whose)", re.IGNORECASE)


def read_file(path: Path) -> Any:
    """What a checkpoint holds: usually tensors by name, or a dictionary with such a dictionary in it.

    The format is told by the file's first bytes, not by its name. Nothing in it is executed.

    Raises:
        CheckpointError: if it cannot be read, in one line.
    """
    head = head_of(path)
    if head.startswith(b"PK"):
        if not zipfile.is_zipfile(path):
            raise CheckpointError(f"{path} is truncated or damaged: its end is missing; fetch it again")
        return _read_torch(path, mmap=path.suffix != ".safetensors")  # a name that torch.load goes by
    if head[8:9] == b"{":
        return _read_safetensors(path)
    if head.startswith(b"\x80"):
        return _read_torch(path, mmap=False)
    begin = head.decode("ascii", errors="replace").split("\n")[0][:40]
    raise CheckpointError(f"{path} is neither a PyTorch checkpoint nor safetensors: it begins with {begin!r}")


def _read_torch(path: Path, *, mmap: bool) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if mmap:
                return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
            with path.open("rb") as file:
                return torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {reason(error)}") from error
    except Exception as error:  # whatever a damaged file makes of the reader
        if "TorchScript" in str(error):
            raise CheckpointError(f"{path} is a TorchScript archive; save its state_dict() instead") from error
        if code := _CODE.search(str(error)):
            raise CheckpointError(
                f"{path} holds more than tensors: {code[1]}, code that is not run here; where you trust it, load it "
                f"yourself and save the net's state_dict() alone"
            ) from error
        why = "torch.load finds no tensors in it" if isinstance(error, UnpicklingError) else short(error)
        raise CheckpointError(f"{path} is truncated or damaged ({why}); fetch it again") from error


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
    except SafetensorError as error:
        raise CheckpointError(f"{path} is truncated or damaged ({short(error)}); fetch it again") from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {reason(error)}") from error


def save(path: Path, tensors: Mapping[str, Tensor], suffix: str) -> None:
    """Write tensors by name. Tensors that share memory stay shared in .pth and .pt; .safetensors holds each alone.

    Args:
        path: where; written in place, so that a caller who needs it whole gives a temporary file.
        tensors: in the order in which they are to stand; as a state_dict, with the versions of the net's modules.
        suffix: one of ``places.SUFFIXES``.

    Raises:
        OSError: if it cannot be written.
        SafetensorError: likewise.
        RuntimeError: likewise.
    """
    needed = sum(tensor.nbytes for tensor in tensors.values())
    free = shutil.disk_usage(path.parent).free
    if needed > free:
        raise OSError(f"it needs {needed / 2**20:,.0f} MiB, but {free / 2**20:,.0f} MiB are free")
    if suffix == ".safetensors":
        save_file(_apart(tensors), path, metadata={"format": "pt"})
        return
    with path.open("wb") as file:
        compact = OrderedDict(_compact(tensors))
        compact.__dict__.update(vars(tensors) if isinstance(tensors, OrderedDict) else {})  # versions of modules
        torch.save(compact, file)


def _apart(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each tensor in memory of its own."""
    seen: set[int] = set()
    found = {}
    for key, tensor in _compact(tensors).items():
        place = tensor.untyped_storage().data_ptr()
        found[key] = tensor.clone() if place in seen else tensor
        seen.add(place)
    return found


def _compact(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each tensor without the memory around it, of which it may be a part; one tensor under two names stays one."""
    made: dict[int, Tensor] = {}
    for tensor in tensors.values():
        whole = tensor.is_contiguous() and tensor.untyped_storage().nbytes() == tensor.nbytes
        made.setdefault(id(tensor), tensor if whole else tensor.clone(memory_format=torch.contiguous_format))
    return {key: made[id(tensor)] for key, tensor in tensors.items()}


def failure(path: Path, error: BaseException) -> CheckpointError:
    """Why a file could not be written, in one line, from whatever its library raised."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, OSError):
        return CheckpointError(f"{path} cannot be written: {reason(cause)}; nothing was left there")
    found = re.search(r"I/O error: (.*?)(?: \(os error \d+\))?$", str(error))
    said = found[1] if found else short(error)
    return CheckpointError(f"{path} cannot be written: {said[:1].lower()}{said[1:]}; nothing was left there")
