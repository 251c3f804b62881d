"""A net with one mistake, beside the same net without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from properties.property import Property
from properties.subject import Subject

__all__ = ["Mutant"]


@dataclass(frozen=True)
class Mutant:
    """The evidence that a property can fail.

    Args:
        caught_by: the property that catches it alone, or first of its theme in the catalogue's order.
        original: makes the subject without the mistake, which the property accepts.
        mutated: makes the subject with it, which the property rejects.
        mistake: what was changed, in a few words; part of the test's id.
        needs: the device without which the mistake does not show.
    """

    caught_by: Property
    original: Callable[[], Subject]
    mutated: Callable[[], Subject]
    mistake: str
    needs: str = "cpu"

    def __str__(self) -> str:
        return f"{self.caught_by.name}-{self.mistake}"
