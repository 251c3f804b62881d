"""Whether a checkpoint holds the tensors of a net, no fewer, no others, of the right size and type."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from properties.errors import CheckpointError
from properties.oracle.porting.ledger import Holding
from properties.oracle.porting.state_dicts import StateDict
from properties.oracle.transplant.counters import COUNTER

__all__ = ["fitted"]

_SHOWN = 3


def fitted(found: StateDict, net: Holding, place: str) -> StateDict:
    """The checkpoint under the net's names, in the net's order, with every tied tensor under its first name.

    Args:
        found: what the checkpoint holds.
        net: what it should be of.
        place: the checkpoint, as errors call it.

    Raises:
        CheckpointError: if tensors are missing, left over, or of another size or type; it names up to three.
    """
    given = dict(found.tensors)
    notes = list(found.notes)
    _tied_agree(given, net, place)
    complaints = [
        _listed("missing", [key for key in net.saved if _is_missing(key, given, net)]),
        _listed("too many", [key for key in given if _is_extra(key, given[key], net)]),
        _listed("of another size or type", [text for key in given if (text := _misfit(key, given[key], net))]),
    ]
    if any(complaints):
        prefix = "".join(f" ({note})" for note in found.notes)
        raise CheckpointError(f"{place}{prefix} does not fit {net.name}: {'; '.join(filter(None, complaints))}")
    dropped = [key for key in given if key not in net.saved]
    if dropped:
        notes.append(f"left out: {', '.join(dropped[:_SHOWN])}{', ...' if len(dropped) > _SHOWN else ''}")
    names = {key: _present(key, given, net) for key in net.saved}
    return StateDict({key: given[name] for key, name in names.items() if name is not None}, tuple(notes))


def _present(key: str, given: dict[str, Tensor], net: Holding) -> str | None:
    """The name under which the checkpoint has the tensor: its own, or another one of a tied tensor."""
    names = [key, *(other for other, first in net.first.items() if first == net.first[key])]
    return next((name for name in names if name in given), None)


def _is_missing(key: str, given: dict[str, Tensor], net: Holding) -> bool:
    return _present(key, given, net) is None and not key.endswith(COUNTER)


def _is_extra(key: str, tensor: Tensor, net: Holding) -> bool:
    """Neither saved by the net, nor a counter, nor a buffer that it builds with this very content."""
    if key in net.saved or key.endswith(COUNTER):
        return False
    built = net.unsaved.get(key)
    return built is None or built.shape != tensor.shape or not torch.equal(tensor.to(built.dtype), built)


def _misfit(key: str, tensor: Tensor, net: Holding) -> str:
    right = net.saved.get(key)
    if right is None:
        return ""
    if tensor.shape != right.shape:
        return f"{key} is {tuple(tensor.shape)}, but should be {tuple(right.shape)}"
    if tensor.is_floating_point() != right.is_floating_point() or tensor.is_complex() != right.is_complex():
        return f"{key} is {tensor.dtype}, but should be {right.dtype}".replace("torch.", "")
    return ""


def _tied_agree(given: dict[str, Tensor], net: Holding, place: str) -> None:
    for key, first in net.first.items():
        if key in given and first in given and not _same(given[key], given[first]):
            raise CheckpointError(f"{place} holds two contents for {first} and {key}, one tensor in {net.name}")


def _same(one: Tensor, other: Tensor) -> bool:
    shared = one.data_ptr() == other.data_ptr() and one.shape == other.shape
    return shared or (one.dtype == other.dtype and torch.equal(one, other))


def _listed(what: str, found: Sequence[str]) -> str:
    """``"5 tensors are missing: a, b, c, ..."``, or nothing."""
    if not found:
        return ""
    many = "1 tensor is" if len(found) == 1 else f"{len(found)} tensors are"
    return f"{many} {what}: {', '.join(found[:_SHOWN])}{', ...' if len(found) > _SHOWN else ''}"
