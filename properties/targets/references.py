"""The references of ``arches``, which nothing else in this package asks for by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from properties.errors import TargetError, nearest

if TYPE_CHECKING:
    from arches._spec import Family, Spec

__all__ = ["families", "reference_named", "references", "require_reference"]


def references() -> tuple[Spec, ...]:
    """Every reference architecture; what is claimed of them is data, and loads no torch."""
    import arches

    return arches.SPECS


def families() -> tuple[Family, ...]:
    """Every table of arguments that builds references and nets without a name."""
    import arches

    return arches.FAMILIES


def require_reference(name: str) -> None:
    """Nothing, if there is a reference of this name. Loads no torch.

    Raises:
        TargetError: if there is none; the message suggests the nearest ones.
    """
    names = [spec.name for spec in references()]
    if name not in names:
        hint = "; for a file write path/file.py:FACTORY" if name.endswith("py") else ""
        raise TargetError(f"no reference is called {name!r}{nearest(name, names)}{hint}; see archproof list")


def reference_named(name: str) -> Callable[..., Any]:
    """The function that builds a reference.

    Raises:
        TargetError: if there is none of this name, as ``require_reference``.
    """
    import arches

    require_reference(name)
    found: Callable[..., Any] = getattr(arches, name)
    return found
