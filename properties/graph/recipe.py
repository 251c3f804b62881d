"""How a tensor is made of stored ones: reshaped, permuted, indexed, concatenated. Plain data, no framework.

Every step only moves numbers, so a recipe can be undone: ``solve`` says what the stored tensors must hold for the made
one to hold something given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import prod
from typing import Any

__all__ = ["Recipe", "Share", "joined", "permuted", "reshaped", "solve", "stored", "taken"]

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One step, and what it is applied to. Make one by ``stored``, ``reshaped``, ``permuted``, ``taken`` or ``joined``.

    Args:
        step: ``"stored"``, ``"reshape"``, ``"permute"``, ``"take"`` or ``"cat"``.
        shape: of the result.
        of: what it is applied to: one recipe, several for ``"cat"``, none for ``"stored"``.
        key: the stored tensor's name.
        axis: of ``"take"`` and ``"cat"``.
        order: of ``"permute"`` the axes, of ``"take"`` the positions along its axis.
    """

    step: str
    shape: Shape
    of: tuple[Recipe, ...] = ()
    key: str = ""
    axis: int = 0
    order: tuple[int, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The stored tensors that it needs, each once."""
        return tuple(dict.fromkeys(self._keys()))

    def _keys(self) -> Iterator[str]:
        if self.step == "stored":
            yield self.key
        for part in self.of:
            yield from part._keys()

    @property
    def is_stored(self) -> bool:
        """Whether it is a stored tensor as it stands."""
        return self.step == "stored"

    def to_dict(self) -> dict[str, Any]:
        """The recipe in JSON's own types."""
        if self.step == "stored":
            return {"stored": self.key, "shape": list(self.shape)}
        of = [part.to_dict() for part in self.of]
        settings: dict[str, dict[str, Any]] = {
            "reshape": {"shape": list(self.shape)},
            "permute": {"dims": list(self.order)},
            "take": {"axis": self.axis, "positions": list(self.order)},
            "cat": {"axis": self.axis},
        }
        return {"step": self.step, **settings[self.step], "of": of if self.step == "cat" else of[0]}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Recipe:
        """Read back what ``to_dict`` wrote.

        Raises:
            ValueError: if it names a step that there is not.
        """
        if "stored" in data:
            return stored(data["stored"], tuple(data["shape"]))
        step = data.get("step")
        if step == "cat":
            return joined([Recipe.from_dict(part) for part in data["of"]], data["axis"])
        if step not in ("reshape", "permute", "take"):
            raise ValueError(f"a step must be reshape, permute, take or cat, got {step!r}")
        of = Recipe.from_dict(data["of"])
        if step == "reshape":
            return reshaped(of, tuple(data["shape"]))
        return permuted(of, data["dims"]) if step == "permute" else taken(of, data["axis"], data["positions"])


@dataclass(frozen=True, slots=True)
class Share:
    """What is known of one stored tensor.

    Args:
        key: the stored tensor.
        shape: the stored tensor's.
        rows: which of its rows are known, or None for all of it.
        value: what they hold.
    """

    key: str
    shape: Shape
    rows: tuple[int, ...] | None
    value: Recipe


def stored(key: str, shape: Shape) -> Recipe:
    """A stored tensor as it stands."""
    return Recipe("stored", shape, key=key)


def reshaped(of: Recipe, shape: Shape) -> Recipe:
    """The same numbers in the same order, in another shape.

    Raises:
        ValueError: if the two shapes hold different numbers of scalars.
    """
    if prod(shape) != prod(of.shape):
        raise ValueError(f"a tensor of {of.shape} cannot be reshaped to {shape}")
    while of.step == "reshape":
        of = of.of[0]
    return of if of.shape == shape else Recipe("reshape", shape, (of,))


def permuted(of: Recipe, dims: Sequence[int]) -> Recipe:
    """Its axes in another order."""
    order = tuple(dims)
    if of.step == "permute":
        of, order = of.of[0], tuple(of.order[dim] for dim in order)
    if order == tuple(range(len(order))):
        return of
    return Recipe("permute", tuple(of.shape[dim] for dim in order), (of,), order=order)


def taken(of: Recipe, axis: int, positions: Sequence[int]) -> Recipe:
    """These positions along one axis, in this order."""
    order = tuple(positions)
    if order == tuple(range(of.shape[axis])):
        return of
    if of.step == "take" and of.axis == axis:
        return taken(of.of[0], axis, [of.order[position] for position in order])
    if of.step == "take" and axis == 0:  # rows first, so that what is known of a stored tensor is rows of it
        return taken(taken(of.of[0], 0, order), of.axis, of.order)
    if of.step == "reshape" and axis == 0 and of.shape[0] == of.of[0].shape[0]:
        return reshaped(taken(of.of[0], 0, order), (len(order), *of.shape[1:]))
    if of.step == "cat" and axis != of.axis:
        return joined([taken(part, axis, order) for part in of.of], of.axis)
    if of.step == "cat":
        alone = _within_one_part(of, order)
        if alone is not None:
            return taken(*alone)
    shape = (*of.shape[:axis], len(order), *of.shape[axis + 1 :])
    return Recipe("take", shape, (of,), axis=axis, order=order)


def _within_one_part(of: Recipe, order: tuple[int, ...]) -> tuple[Recipe, int, list[int]] | None:
    start = 0
    for part in of.of:
        end = start + part.shape[of.axis]
        if all(start <= position < end for position in order):
            return part, of.axis, [position - start for position in order]
        start = end
    return None


def joined(parts: Sequence[Recipe], axis: int) -> Recipe:
    """Concatenated along an axis."""
    flat: list[Recipe] = []
    for part in parts:
        flat += part.of if part.step == "cat" and part.axis == axis else (part,)
    if len(flat) == 1:
        return flat[0]
    total = sum(part.shape[axis] for part in flat)
    return Recipe("cat", (*flat[0].shape[:axis], total, *flat[0].shape[axis + 1 :]), tuple(flat), axis=axis)


def solve(made: Recipe, value: Recipe) -> list[Share] | None:
    """What the stored tensors of ``made`` must hold for it to hold ``value``; None where that is not decided.

    Args:
        made: how a tensor is made of the stored ones that are asked for.
        value: what that tensor is to hold.
    """
    if made.step == "stored":
        return [Share(made.key, made.shape, None, value)]
    if made.step == "cat":
        return _solve_parts(made, value)
    (of,) = made.of
    if made.step == "reshape":
        return solve(of, reshaped(value, of.shape))
    if made.step == "permute":
        return solve(of, permuted(value, _inverse(made.order)))
    if len(set(made.order)) != len(made.order):
        return None
    if len(made.order) == of.shape[made.axis]:
        return solve(of, taken(value, made.axis, _inverse(made.order)))
    if made.axis == 0 and of.is_stored:
        return [Share(of.key, of.shape, made.order, value)]
    return None


def _solve_parts(made: Recipe, value: Recipe) -> list[Share] | None:
    found: list[Share] = []
    ends = list(accumulate(part.shape[made.axis] for part in made.of))
    for part, end in zip(made.of, ends, strict=True):
        shares = solve(part, taken(value, made.axis, range(end - part.shape[made.axis], end)))
        if shares is None:
            return None
        found += shares
    return found


def _inverse(order: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(range(len(order)), key=order.__getitem__))
