"""What is registered and takes no part: parameters that no mode reads, modules that no operator comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from math import prod

from properties.graph.ir import OpGraph, Param
from properties.report import Deviation, Place

__all__ = ["idle", "is_left_over", "unread"]

_TORCHS = ("Identity", "Dropout", "Flatten", "Unflatten", "Sequential", "ModuleList", "ModuleDict", "Parameter")
_SILENT = (*_TORCHS, "GuardsFn")  # the last is what torch.export puts before an exported net
_NAMED = 4  # modules that a note names


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


def is_left_over(found: Deviation, reference: Sequence[Param], candidate: Sequence[Param], paired: Set[str]) -> bool:
    """Whether what the candidate registers and never reads are the tensors of layers that it should run, and does not.

    Args:
        found: a deviation of ``unread``.
        reference: the reference's tensors that some operator reads.
        candidate: the candidate's tensors.
        paired: the reference's keys whose tensor stands for one of the candidate's, and for that alone.
    """
    sizes = {param.key: param.shape for param in candidate}
    own = Counter(sizes[place.candidate] for place in found.places if place.candidate is not None)
    wanted = Counter(param.shape for param in reference if param.key not in paired)
    return found.candidate is True and bool(own) and own <= wanted


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


def idle(reference: Sequence[OpGraph], candidate: Sequence[OpGraph]) -> tuple[str, ...]:
    """A note that names the candidate's modules without effect, but for as many of a class as the reference has.

    Args:
        reference: the reference's graphs in both modes, as they were captured.
        candidate: the candidate's.
    """
    usual = Counter(name for _, name in _without_effect(reference))
    found = []
    for path, name in _without_effect(candidate):
        if usual[name]:
            usual[name] -= 1
        else:
            found.append(f"{path} ({name})")
    rest = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return (f"never run, or without effect: {', '.join(found[:_NAMED])}{rest}",) if found else ()


def _without_effect(graphs: Sequence[OpGraph]) -> Iterator[tuple[str, str]]:
    """Path and class of every module without children that runs no operator and has no tensor that is read."""
    ran = {op.where for graph in graphs for op in graph.ops}
    read = {key.rpartition(".")[0] for graph in graphs for key in graph.used_params}
    for path, name in graphs[0].modules.items() if graphs else ():
        is_leaf = path and path not in graphs[0].parents
        if is_leaf and path not in ran | read and not name.startswith(_SILENT):
            yield path, name
