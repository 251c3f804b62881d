"""Tensors in the state_dict of one net alone: a checkpoint of one does not load into the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from properties.graph.ir import OpGraph, Param
from properties.report import Deviation, Place

__all__ = ["unsaved", "written"]

_NUMBERS = ("float", "bfloat", "complex")  # what layers compute with; an index or a mask follows from the sizes

Pair = tuple[Param, Param]


def unsaved(
    pairs: Mapping[str, str], reference: Sequence[Param], candidate: Sequence[Param], moving: Set[str]
) -> tuple[list[Deviation], list[str]]:
    """A deviation for what only one net saves, and notes where that is of no consequence.

    A table of integers or a mask of equal content is the same after loading, whether it was saved or not; what holds
    numbers, or moves while a net runs, is not.

    Args:
        pairs: the reference's key to the candidate's, for tensors that correspond.
        reference: the reference's tensors.
        candidate: the candidate's.
        moving: the reference's keys that a forward pass writes to.
    """
    ours, theirs = ({param.key: param for param in params} for params in (reference, candidate))
    both = [(ours[key], theirs[other]) for key, other in pairs.items() if key in ours and other in theirs]
    apart = [pair for pair in both if _differ(*pair)]
    fixed = [pair for pair in apart if not pair[0].dtype.startswith(_NUMBERS) and pair[0].key not in moving]
    found, notes = [], []
    for is_saved in (False, True):
        matter = [pair for pair in apart if pair not in fixed and pair[1].persistent is is_saved]
        if matter:
            found.append(_deviation(matter, is_saved))
        where = "candidate" if is_saved else "reference"
        notes += [f"only the {where} saves {other.key}, whose content is fixed" for _, other in fixed
                  if other.persistent is is_saved]  # fmt: skip
    return found, notes


def _differ(one: Param, other: Param) -> bool:
    alike = (one.kind, one.shape, one.dtype) == (other.kind, other.shape, other.dtype)
    return alike and one.kind != "constant" and one.persistent != other.persistent


def _deviation(pairs: Sequence[Pair], is_saved: bool) -> Deviation:
    first = pairs[0][1]
    places = tuple(Place(one.key, other.key) for one, other in pairs)
    many = len(pairs) > 1
    named = f"{len(pairs)} {first.kind}s, such as {first.key}," if many else f"the {first.kind} {first.key}"
    verb, should = "are" if many else "is", "should not be" if is_saved else "should be"
    return Deviation(
        kind="parameter",
        mode="both",
        where=places[0],
        message=f"{named} {verb}{'' if is_saved else ' not'} saved with the state_dict, but {should}",
        attribute="saved",
        reference=not is_saved,
        candidate=is_saved,
        count=len(pairs),
        places=places,
        repair=f"register {first.key} with persistent={not is_saved}" if first.kind == "buffer" else None,
    )


def written(graphs: Sequence[OpGraph]) -> frozenset[str]:
    """Keys of the tensors from which a forward pass makes the new content of a buffer."""
    return frozenset(key for graph in graphs for key in _written(graph))


def _written(graph: OpGraph) -> Iterator[str]:
    paths = graph.output.attributes.get("paths", ())
    outputs = zip(graph.output.inputs, paths, strict=False)
    waiting = [source for source, path in outputs if path.startswith("changes ")]
    seen: set[int] = set()
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += graph.ops[at].inputs
            yield from (param.key for param in graph.ops[at].params.values())
