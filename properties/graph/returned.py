"""What a net returns: which of one net's outputs stands for which of another's, by name where they have one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from properties.graph.ir import Op

__all__ = ["effects", "has_name", "in_order_of", "returned"]

_NUMBERED = re.compile(r"(\[\d+\])*")


def effects(output: Op) -> tuple[str, ...]:
    """What the net changes apart from what it returns; these stand last."""
    return tuple(path for path in output.attributes.get("paths", ()) if path.startswith("changes "))


def returned(output: Op) -> tuple[str, ...]:
    """The paths of what it returns."""
    return tuple(path for path in output.attributes.get("paths", ()) if not path.startswith("changes "))


def has_name(path: str) -> bool:
    """Whether some part of a path is a key or a field, and not a number alone."""
    return _NUMBERED.fullmatch(path) is None


def in_order_of(ours: Sequence[str], theirs: Sequence[str]) -> tuple[int, ...]:
    """For each of one net's outputs the position of the other's that stands for it.

    Equal names belong together, in whatever order they stand. What has no namesake goes by its place, as what has no
    name does: a plain tuple, or fields that are called otherwise.

    Args:
        ours: paths of the one, without effects.
        theirs: as many of the other.
    """
    alike = sorted(ours) == sorted(theirs)
    common = {path for path in ours if (alike or has_name(path)) and ours.count(path) == theirs.count(path) == 1}
    rest = iter([position for position, path in enumerate(theirs) if path not in common])
    return tuple(theirs.index(path) if path in common else next(rest) for path in ours)
