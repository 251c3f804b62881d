"""What differs between two observations of one trial, tensor by tensor, in the reference's names and layout."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from properties.oracle.evidence.beside import loading_differs, values_that_differ
from properties.oracle.transplant.transplant import Transplant
from properties.oracle.trials.recipes import apply
from properties.oracle.trials.trial import INPUT_AFTERWARDS, VALUE, Draw, Observation

__all__ = ["GRADIENT", "LOADING", "Difference", "differences", "folded", "own_change"]

GRADIENT = "gradient of "
LOADING = "loading"
_BUFFER = "buffer "
_LATER = " after backward"
_MOST = 3  # of one kind that are listed
_GRADIENTS_ARE_ROUGHER = 100.0  # longer sums that cancel
_PIECE = 1 << 18  # numbers that are compared at a time
_FLOOR = 1e-4  # of the largest gradient: below, a gradient is what cancelling has left, as before a batch norm


@dataclass(frozen=True)
class Difference:
    """A tensor that differs, or what one of the nets raised.

    Args:
        channel: where it was looked for, one of ``compare.CHANNELS``; ``"domain"`` where only one net raises.
        mode: ``"eval"`` or ``"train"``.
        tensor: ``output[0]``, ``gradient of conv1.weight``, ``buffer bn1.running_mean``, in the reference's names;
            ``raised``, ``outputs`` or ``loading`` where it is not about one tensor; ``value [1]`` is a number.
        draw: the input.
        absolute: the largest difference of two numbers; infinite where they cannot be compared.
        relative: the same, to the largest number there.
        said: more about it, or nothing.
        raises: ``"reference"`` or ``"candidate"`` where that one raises and the other does not, else nothing.
    """

    channel: str
    mode: str
    tensor: str
    draw: Draw
    absolute: float
    relative: float
    said: str = ""
    raises: str = ""

    @property
    def slot(self) -> int | None:
        """Which returned tensor it is about, if it is about one."""
        return int(self.tensor[7:-1]) if self.tensor.startswith("output[") else None


def differences(
    transplant: Transplant, ours: Observation, theirs: Observation, channel: str, draw: Draw, tolerance: float
) -> list[Difference]:
    """The tensors that differ by more than the tolerance, outputs first.

    Args:
        transplant: says which tensors correspond.
        ours: what came of the trial on the reference.
        theirs: on the candidate.
        channel: of the trial.
        draw: likewise.
        tolerance: relative to the largest number of each tensor.
    """
    mode = "train" if channel in ("train", "dropout") else "eval"
    count, other = (sum(key.startswith("output") for key in side.tensors) for side in (ours, theirs))
    if count != other:
        said = f"{'1 tensor is' if other == 1 else f'{other} tensors are'} returned instead of {count}"
        return [Difference(channel, mode, "outputs", draw, float("inf"), float("inf"), said)]
    floor = _FLOOR * max((_largest(t) for key, t in ours.tensors.items() if key.startswith(GRADIENT)), default=0.0)
    found = []
    for name, one, another in _paired(transplant, ours, theirs):
        gradient = name.startswith(GRADIENT)
        absolute, relative, said = _apart(one, another, floor if gradient else 0.0)
        if relative > tolerance * (_GRADIENTS_ARE_ROUGHER if gradient else 1.0):
            found.append(Difference(channel, mode, name, draw, absolute, relative, said))
    for path, relative, said in values_that_differ(ours, theirs, tolerance):
        found.append(Difference(channel, mode, f"{VALUE}{path}", draw, relative, relative, said))
    for said in loading_differs(ours, theirs, transplant.keys):
        found.append(Difference(channel, mode, LOADING, draw, float("inf"), float("inf"), said))
    return found


def folded(found: list[Difference]) -> list[Difference]:
    """The first few of each kind of tensor; the last of them says how many more there are."""
    kinds: dict[str, list[Difference]] = {}
    for each in found:
        kinds.setdefault(each.tensor.partition(" ")[0].partition("[")[0], []).append(each)
    listed: list[Difference] = []
    for alike in kinds.values():
        more = len(alike) - _MOST
        few = alike[:_MOST]
        listed += [*few[:-1], replace(few[-1], said=f"and {more} more like it")] if more > 0 else few
    return listed


def _paired(transplant: Transplant, ours: Observation, theirs: Observation) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Corresponding tensors; a gradient that is missing is one of zeros."""
    for key, tensor in ours.tensors.items():
        if key.startswith("output"):
            yield key, tensor, theirs.tensors[key]
    name = f"{GRADIENT}input"
    yield from _both(name, ours.tensors.get(name), theirs.tensors.get(name))
    written = ours.tensors.get(INPUT_AFTERWARDS), theirs.tensors.get(INPUT_AFTERWARDS)
    for one, another in (written, written[::-1]):
        if one is not None:  # unless both write, they differ, whatever was written
            yield INPUT_AFTERWARDS, one, another if another is not None else torch.full_like(one, torch.nan)
    for other, key in transplant.keys.items():
        for prefix in (GRADIENT, _BUFFER):
            one, another = ours.tensors.get(f"{prefix}{key}"), theirs.tensors.get(f"{prefix}{other}")
            if one is not None and another is not None and one.numel() == another.numel():
                another = another.reshape(one.shape)
            if prefix == GRADIENT or other not in transplant.counters:
                yield from _both(f"{prefix}{key}", one, another)
        yield from _later(key, other, ours, theirs)
    for other, recipe in transplant.recipes.items():
        gradients = {key: ours.tensors.get(f"{GRADIENT}{key}") for key in recipe.keys}
        known = {key: tensor for key, tensor in gradients.items() if tensor is not None}
        if len(known) == len(gradients):
            name = f"{GRADIENT}{', '.join(recipe.keys)}"
            made = apply(recipe, known)
            another = theirs.tensors.get(f"{GRADIENT}{other}")
            yield from _both(name, made, None if another is None else another.reshape(made.shape))


def _later(key: str, other: str, ours: Observation, theirs: Observation) -> Iterator[tuple[str, Tensor, Tensor]]:
    """A buffer that the backward pass changed in either net; in the other it stays what it was before."""
    names = f"{_BUFFER}{key}", f"{_BUFFER}{other}"
    sides = [(side.tensors, name) for side, name in zip((ours, theirs), names, strict=True)]
    if any(f"{name}{_LATER}" in tensors for tensors, name in sides):
        one, another = (tensors.get(f"{name}{_LATER}", tensors.get(name)) for tensors, name in sides)
        yield from _both(f"{names[0]}{_LATER}", one, another)


def _both(name: str, one: Tensor | None, other: Tensor | None) -> Iterator[tuple[str, Tensor, Tensor]]:
    if one is not None or other is not None:
        given = one if one is not None else other
        assert given is not None
        yield (
            name,
            one if one is not None else torch.zeros_like(given),
            other if other is not None else torch.zeros_like(given),
        )


def _apart(one: Tensor, other: Tensor, floor: float) -> tuple[float, float, str]:
    """Largest absolute difference, relative to the largest number or the floor, and what else is to say."""
    if one.shape != other.shape:
        return float("inf"), float("inf"), f"size {tuple(other.shape)} instead of {tuple(one.shape)}"
    if torch.equal(one, other):
        return 0.0, 0.0, ""
    pieces = zip(one.flatten().split(_PIECE), other.flatten().split(_PIECE), strict=True)
    absolute, scale = 0.0, floor
    for piece, another in pieces:  # what is computed of a piece stays in a processor's cache
        found = _apart_in_a_piece(_wide(piece), _wide(another))
        if found is None:
            return float("inf"), float("inf"), "infinite or undefined in other places"
        absolute, scale = max(absolute, found[0]), max(scale, found[1])
    return absolute, absolute / scale if scale else 0.0, ""


def _apart_in_a_piece(one: Tensor, other: Tensor) -> tuple[float, float] | None:
    """The largest difference and the largest number; None where they are not undefined in the same places."""
    difference, *ends = ((one - other).abs().max().item(), *_ends(one), *_ends(other))
    if all(map(math.isfinite, (difference, *ends))):
        return difference, max(map(abs, ends))
    fine = torch.isfinite(one) & torch.isfinite(other)
    if not torch.equal(one[~fine].nan_to_num(nan=0.5), other[~fine].nan_to_num(nan=0.5)):
        return None
    if not fine.any():
        return 0.0, 0.0
    return (one - other)[fine].abs().max().item(), max(one[fine].abs().max().item(), other[fine].abs().max().item())


def _ends(tensor: Tensor) -> tuple[float, float]:
    """Its smallest and largest number, undefined if any number is."""
    low, high = tensor.aminmax()
    return low.item(), high.item()


def own_change(one: Tensor, other: Tensor) -> float:
    """The largest difference of two observations of one tensor, relative to its largest number."""
    return _apart(one, other, 0.0)[1]


def _wide(tensor: Tensor) -> Tensor:
    return torch.view_as_real(tensor).double() if tensor.is_complex() else tensor.double()


def _largest(tensor: Tensor) -> float:
    if not tensor.numel():
        return 0.0
    if tensor.is_floating_point() and all(map(math.isfinite, ends := _ends(tensor))):  # without a copy
        return max(map(abs, ends))
    return tensor.abs().nan_to_num().max().item()
