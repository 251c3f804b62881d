"""Which of the references a net is in truth, when it is not the one it was held against."""

from __future__ import annotations

from collections.abc import Mapping

from properties.graph.align import isomorphism
from properties.graph.canonical import canonicalise
from properties.graph.ir import OpGraph
from properties.oracle._captures import Subject
from properties.oracle.errors import CandidateError, TargetError

__all__ = ["name_of"]


def name_of(candidate: Mapping[str, OpGraph], num_params: int, *, besides: str) -> str | None:
    """The name of the first spec with the candidate's graph in every mode, if there is one.

    Args:
        candidate: its graphs by mode, all captured at one size.
        num_params: its scalars; a spec that claims another number is not captured.
        besides: the reference that it is already known not to be.
    """
    import arches

    size = next(op.shape for graph in candidate.values() for _, op in graph.of_kind("input"))
    for spec in arches.SPECS:
        if spec.name == besides or spec.num_params.value != num_params or spec.input_shape[0] != size[1]:
            continue
        reference = Subject(spec.build, spec.name, is_reference=True)
        if all(_same(reference, graph, mode, size) for mode, graph in candidate.items()):
            return spec.name
    return None


def _same(reference: Subject, candidate: OpGraph, mode: str, size: tuple[int, ...]) -> bool:
    try:
        return isomorphism(canonicalise(reference.capture(mode, size)).graph, candidate) is not None
    except (TargetError, CandidateError):  # a net of another input size
        return False
