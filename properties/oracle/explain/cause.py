"""A mistake: the edit that stands for it, and those that it brings along."""

from __future__ import annotations

from dataclasses import dataclass

from properties.graph.alignment.edits import Edit

__all__ = ["Cause"]


@dataclass(frozen=True)
class Cause:
    """One edit, and those that it forces: the shortcut's stride where the residual branch's changed.

    Args:
        edit: the edit that stands for all of them.
        along: the others.
    """

    edit: Edit
    along: tuple[Edit, ...] = ()

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All of them."""
        return (self.edit, *self.along)
