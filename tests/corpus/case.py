"""What a case of the corpus is: two nets, and what must be said about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

__all__ = ["Build", "Edit", "Mutant", "Original", "Rewrite", "mutant", "rewrite"]

Build = Callable[[], nn.Module]
Edit = Callable[[nn.Module], None]


@dataclass(frozen=True)
class Original:
    """A net without a mistake.

    Args:
        build: makes it.
        shape: one input, without the batch axis.
    """

    build: Build
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Mutant:
    """A net with one mistake.

    Args:
        name: the net and the mistake in a few words.
        original: the net without it.
        candidate: makes the net with it.
        where: dotted names of the mutated layer and of what stands beside it, in either net; "" is the whole net.
        mode: in which mode it shows: ``both``, ``train`` or ``eval``; ``any`` where that is a matter of words.
        row: the mistake's number in the catalogue of mistakes that were really made, if it is there.
        known_as: the reference that the candidate is in truth.
        many: how many mistakes it has, where one cannot be made without another.
    """

    name: str
    original: Original
    candidate: Build
    where: tuple[str, ...]
    mode: str = "both"
    row: int | None = None
    known_as: str | None = None
    many: int = 1

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


@dataclass(frozen=True)
class Rewrite:
    """The same net, written in another way.

    Args:
        name: the net and what was written in another way.
        original: the net.
        candidate: makes the same net.
        verdict: the strongest that can be expected.
    """

    name: str
    original: Original
    candidate: Build
    verdict: str = "identical"

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


@dataclass(frozen=True)
class _Edited:
    """A builder that edits what another one made."""

    build: Build
    edits: tuple[Edit, ...]

    def __call__(self) -> nn.Module:
        net = self.build()
        for edit in self.edits:
            edit(net)
        return net


def mutant(
    name: str, original: Original, where: str, *edits: Edit, mode: str = "both", row: int | None = None, many: int = 1
) -> Mutant:
    """The original with edits; ``where`` lists the places, separated by spaces, ``.`` for the net itself."""
    places = tuple("" if place == "." else place for place in where.split())
    return Mutant(name, original, _Edited(original.build, edits), places, mode, row, many=many)


def rewrite(name: str, original: Original, *edits: Edit, verdict: str = "identical") -> Rewrite:
    """The original with edits that change nothing."""
    return Rewrite(name, original, _Edited(original.build, edits), verdict)
