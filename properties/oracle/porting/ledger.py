"""What becomes of every tensor of a checkpoint, and where every tensor of a candidate comes from."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from properties.errors import CheckpointError
from properties.graph.recipe import Recipe
from properties.oracle.transplant.counters import COUNTER
from properties.oracle.trials.recipes import apply

__all__ = ["Entry", "Holding", "move"]


@dataclass(frozen=True)
class Entry:
    """One line of the ledger.

    Args:
        action: ``"moved"`` under its own name, ``"renamed"``, ``"reshaped"``, ``"rearranged"`` (rows in another order,
            or parts of several tensors), ``"kept"`` as the candidate was built, ``"ignored"``.
        sources: the checkpoint's tensors.
        target: the candidate's tensor, or None.
        shape: its size; for an ignored tensor the checkpoint's.
        dtype: ``"float32"``, likewise.
        why: the reason, where the action alone does not say it.
    """

    action: str
    sources: tuple[str, ...]
    target: str | None
    shape: tuple[int, ...]
    dtype: str
    why: str | None = None


class Holding:
    """The tensors that a net owns.

    Args:
        net: built with real tensors.
        name: how messages call it.
    """

    def __init__(self, net: nn.Module, name: str) -> None:
        self.name = name
        whole = net.state_dict(keep_vars=True)
        state = {key: value for key, value in whole.items() if isinstance(value, Tensor)}
        self.versions: Mapping[str, Any] = getattr(whole, "_metadata", {})
        self.saved: Mapping[str, Tensor] = state
        self.unsaved = {key: value for key, value in net.named_buffers() if key not in state}
        self.parameters = {key for key, value in state.items() if isinstance(value, nn.Parameter)}
        first: dict[int, str] = {}
        self.first = {key: first.setdefault(id(value), key) for key, value in state.items()}  # of a tied tensor

    def state_dict(self, tensors: Mapping[str, Tensor]) -> OrderedDict[str, Tensor]:
        """The tensors with the versions of the net's modules, by which some of them decide how to load."""
        state = OrderedDict(tensors)
        state.__dict__["_metadata"] = self.versions
        return state


def move(
    tensors: Mapping[str, Tensor], reference: Holding, candidate: Holding, recipes: Mapping[str, Recipe]
) -> tuple[dict[str, Tensor], tuple[Entry, ...]]:
    """The candidate's state_dict, and the ledger of how it came about.

    Args:
        tensors: the reference's state_dict as a checkpoint holds it, complete but for counters.
        reference: the net that the checkpoint is of.
        candidate: the net that it goes to.
        recipes: for the candidate's tensors, how each is made of the reference's.

    Raises:
        CheckpointError: if a tensor has no place in the candidate, or one of the candidate's is decided by nothing.
    """
    return _Move(tensors, reference, candidate, recipes).run()


class _Move:
    def __init__(
        self, tensors: Mapping[str, Tensor], reference: Holding, candidate: Holding, recipes: Mapping[str, Recipe]
    ) -> None:
        self.tensors = tensors
        self.reference = reference
        self.candidate = candidate
        self.recipes = {candidate.first.get(key, key): recipe for key, recipe in recipes.items()}
        self.used: set[str] = set()
        self.made: dict[str, Tensor] = {}
        self.entries: list[Entry] = []

    def run(self) -> tuple[dict[str, Tensor], tuple[Entry, ...]]:
        rest = []
        for key in self.candidate.saved:
            if self.candidate.first[key] == key and not self._by_recipe(key):
                rest.append(key)
        for key in rest:
            self._without_recipe(key)
        for key in self.candidate.unsaved:
            self._stays(key)
        for key, first in self.candidate.first.items():
            if key != first:
                self._put(key, "moved", (), self.made[first], f"the same tensor as {first}")
        for key in self.tensors:
            if key not in self.used:
                self._ignore(key)
        order = {key: number for number, key in enumerate(self.candidate.saved)}
        entries = sorted(self.entries, key=lambda entry: order.get(entry.target or "", len(order)))
        return {key: self.made[key] for key in order}, tuple(entries)

    def _by_recipe(self, key: str) -> bool:
        """Make the tensor as the correspondence says, from the checkpoint where that holds what it needs."""
        recipe = self.recipes.get(key)
        if recipe is None:
            return False
        sources = recipe.keys
        if not all(source in self.tensors for source in sources):
            absent = next(source for source in sources if source not in self.tensors)
            why = "the checkpoint has no counter" if absent.endswith(COUNTER) else f"{absent} is in no state_dict"
            self._put(key, "kept", (), self.candidate.saved[key].detach(), why)
            return True
        self._put(key, _action(recipe, key), sources, apply(recipe, self.tensors))
        return True

    def _without_recipe(self, key: str) -> None:
        """A tensor that no operator reads, or one that the reference has as a constant."""
        value = self.candidate.saved[key].detach()
        left = [
            other
            for other, tensor in self.tensors.items()
            if other not in self.used and tensor.shape == value.shape and not other.endswith(COUNTER)
        ]
        source = key if key in left else left[0] if len(left) == 1 else None
        if key.endswith(COUNTER):
            self._put(key, "kept", (), value, "the checkpoint has no counter")
        elif key not in self.candidate.parameters:
            self._put(key, "kept", (), value, f"a buffer that {self.reference.name} does not save")
        elif source is not None:
            self._put(key, "moved" if source == key else "renamed", (source,), self.tensors[source], "never read")
        elif left:
            self._put(key, "kept", (), value, "never read, and several tensors could stand for it")
        else:
            raise CheckpointError(f"no tensor of {self.reference.name} decides {key} of {self.candidate.name}")

    def _stays(self, key: str) -> None:
        """A buffer outside the candidate's state_dict, which must hold already what the checkpoint says."""
        recipe = self.recipes.get(key)
        if recipe is None or not all(source in self.tensors for source in recipe.keys):
            return
        wanted, built = apply(recipe, self.tensors), self.candidate.unsaved[key]
        if wanted.shape != built.shape or not torch.equal(wanted.to(built.dtype), built):
            raise CheckpointError(
                f"{recipe.keys[0]} is {key} in {self.candidate.name}, which does not save it and builds another content"
            )
        self.used.update(recipe.keys)
        why = f"{key} in {self.candidate.name}, which builds the same content and does not save it"
        self.entries += [_ignored(source, self.tensors[source], why) for source in recipe.keys]

    def _ignore(self, key: str) -> None:
        first = self.reference.first.get(key, key)
        if first != key and first in self.used:
            why = f"the same tensor as {first}"
        elif key.endswith(COUNTER):
            why = f"{self.candidate.name} has no counter"
        elif key in self.reference.parameters:
            why = "never read"
        else:
            why = f"a buffer that {self.candidate.name} does not save"
        self.entries.append(_ignored(key, self.tensors[key], why))

    def _put(self, key: str, action: str, sources: tuple[str, ...], tensor: Tensor, why: str | None = None) -> None:
        self.made[key] = tensor
        self.used.update(sources)
        self.entries.append(Entry(action, sources, key, tuple(tensor.shape), _name(tensor.dtype), why))


def _action(recipe: Recipe, key: str) -> str:
    if recipe.is_stored:
        return "moved" if recipe.key == key else "renamed"
    return "reshaped" if recipe.step == "reshape" and recipe.of[0].is_stored else "rearranged"


def _ignored(key: str, tensor: Tensor, why: str) -> Entry:
    return Entry("ignored", (key,), None, tuple(tensor.shape), _name(tensor.dtype), why)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
