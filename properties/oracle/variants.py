"""Which of the references a net is in truth, when it is not the one it was held against."""

from __future__ import annotations

from properties.graph.align import isomorphism
from properties.oracle._captures import Subject

__all__ = ["name_of"]


def name_of(candidate: Subject, shape: tuple[int, ...], *, besides: str) -> str | None:
    """The name of the first spec with the candidate's graph in both modes, if there is one.

    Args:
        candidate: the net in question.
        shape: ``(C, H, W)`` at which it was captured.
        besides: the reference that it is already known not to be.
    """
    import arches

    for spec in arches.SPECS:
        if spec.name == besides or spec.num_params.value != candidate.num_params or spec.input_shape[0] != shape[0]:
            continue
        reference = Subject(spec.build, spec.name, is_reference=True)
        if all(_same(reference, candidate, mode, (2, *shape)) for mode in ("eval", "train")):
            return spec.name
    return None


def _same(reference: Subject, candidate: Subject, mode: str, size: tuple[int, ...]) -> bool:
    try:
        ours = reference.capture(mode, size)
    except ValueError:  # a net of another input size
        return False
    return isomorphism(ours.graph, candidate.capture(mode, size).graph) is not None
