"""Parameters that no mode reads: they count as parameters all the same, and one net may have them alone."""

from __future__ import annotations

from collections.abc import Sequence, Set
from math import prod

from properties.graph.ir import Param
from properties.report import Deviation, Place

__all__ = ["unread"]


def unread(reference: Sequence[Param], candidate: Sequence[Param], read: tuple[Set[str], Set[str]]) -> list[Deviation]:
    """What one net registers without reading it and the other does not.

    Args:
        reference: the reference's tensors.
        candidate: the candidate's.
        read: keys that some operator reads in some mode, of the reference and of the candidate.
    """
    ours, theirs = (
        [param for param in params if param.kind == "parameter" and param.key not in keys]
        for params, keys in zip((reference, candidate), read, strict=True)
    )
    missing, extra = _without(ours, theirs), _without(theirs, ours)
    return [_deviation(found, is_extra) for found, is_extra in ((missing, False), (extra, True)) if found]


def _without(params: Sequence[Param], others: Sequence[Param]) -> list[Param]:
    """Those without a partner of their size among the others."""
    left = [param.shape for param in others]
    found = []
    for param in params:
        if param.shape in left:
            left.remove(param.shape)
        else:
            found.append(param)
    return found


def _deviation(found: Sequence[Param], is_extra: bool) -> Deviation:
    places = tuple(Place(None, param.key) if is_extra else Place(param.key, None) for param in found)
    scalars = sum(prod(param.shape) for param in found)
    many = f"{len(found)} parameters, such as {found[0].key}," if len(found) > 1 else f"the parameter {found[0].key}"
    verb = "are" if len(found) > 1 else "is"
    said = f"{verb} registered but never read" if is_extra else "should be registered, even though never read"
    return Deviation(
        kind="parameter",
        mode="both",
        where=places[0],
        message=f"{many} {said}",
        attribute="registered",
        reference=not is_extra,
        candidate=is_extra,
        count=len(found),
        places=places,
        effect={"parameters": scalars if is_extra else -scalars},
    )
