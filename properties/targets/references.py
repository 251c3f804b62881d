"""The references of ``arches``, which nothing else in this package asks for by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from properties.errors import TargetError, nearest

if TYPE_CHECKING:
    from arches._spec import Family, Spec

__all__ = ["families", "reference_named", "references"]


def references() -> tuple[Spec, ...]:
    """Every reference architecture."""
    import arches

    return arches.SPECS


def families() -> tuple[Family, ...]:
    """Every table of arguments that builds references and nets without a name."""
    import arches

    return arches.FAMILIES


def reference_named(name: str) -> Callable[..., Any]:
    """The function that builds a reference.

    Raises:
        TargetError: if there is none of this name; the message suggests the nearest ones.
    """
    import arches

    names = [spec.name for spec in arches.SPECS]
    if name not in names:
        raise TargetError(f"no reference is called {name!r}{nearest(name, names)}; see archproof list")
    found: Callable[..., Any] = getattr(arches, name)
    return found
