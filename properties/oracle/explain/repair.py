"""What to change in the candidate, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from properties.graph.alignment.edits import Edit
from properties.graph.ir import OpGraph
from properties.graph.kinds import LINEAR_MAPS
from properties.oracle.explain.words import group, sources_of

__all__ = ["repair"]

_LISTED = 3  # layers that are written out


Graphs = tuple[OpGraph, OpGraph]


def repair(edits: Sequence[Edit], graphs: Sequence[Graphs]) -> str:
    """One sentence in the imperative that undoes a folded cause.

    Args:
        edits: the repetitions, in data-flow order.
        graphs: the reference and the candidate that the positions of each refer to.
    """
    return _REPAIRS[edits[0].kind](edits, graphs)


def _attribute(edits: Sequence[Edit], graphs: Sequence[Graphs]) -> str:
    first = edits[0]
    if len(first.reference) == 2:
        return f"set {_swap(first, graphs[0][1])}{_elsewhere(len(edits))}"
    by_value: dict[str, list[str]] = {}
    for edit, (reference, candidate) in zip(edits, graphs, strict=True):
        padding = reference.ops[edit.reference[0]].attributes.get("padding")
        moves = "kernel_size" in edit.attribute and "padding" not in edit.attribute
        differs = moves and padding != candidate.ops[edit.candidate[0]].attributes.get("padding")
        settings = _settings(edit) + (f" and padding={_code(padding)}" if differs else "")
        by_value.setdefault(settings, []).append(candidate.label(edit.candidate[0]))
    return "set " + "; ".join(f"{settings} in {_listed(places)}" for settings, places in by_value.items())


def _swap(edit: Edit, candidate: OpGraph) -> str:
    values = (edit.before, edit.after)
    places = [candidate.label(position) for position in edit.candidate]
    return " and ".join(
        f"{edit.attribute}={_code(value)} in {place}" for value, place in zip(values, places, strict=True)
    )


def _settings(edit: Edit) -> str:
    names = edit.attribute.split(" and ")
    values = edit.before if len(names) > 1 else (edit.before,)
    return " and ".join(f"{name}={_code(value)}" for name, value in zip(names, values, strict=True))


def _code(value: Any) -> str:
    """As one would type it: 3 for (3, 3)."""
    if isinstance(value, tuple) and value and len(set(value)) == 1:
        return repr(value[0])
    return repr(value)


def _missing(edits: Sequence[Edit], graphs: Sequence[Graphs]) -> str:
    places = []
    for edit, (_, candidate) in zip(edits, graphs, strict=True):
        receiver = len(candidate) - 1 if edit.receiver is None else edit.receiver
        places.append(candidate.label(receiver))
    return f"add {group(graphs[0][0], edits[0].reference, detailed=True)} before {_listed(places)}"


def _extra(edits: Sequence[Edit], graphs: Sequence[Graphs]) -> str:
    return f"remove {_regions(edits, graphs)}"


def _places(edits: Sequence[Edit], graphs: Sequence[Graphs]) -> str:
    return _listed([theirs.label(edit.candidate[0]) for edit, (_, theirs) in zip(edits, graphs, strict=True)])


def _regions(edits: Sequence[Edit], graphs: Sequence[Graphs]) -> str:
    return _listed([_region(theirs, edit.candidate) for edit, (_, theirs) in zip(edits, graphs, strict=True)])


def _region(graph: OpGraph, positions: tuple[int, ...]) -> str:
    first, last = graph.label(positions[0]), graph.label(positions[-1])
    return first if len(positions) == 1 else f"{first} to {last}"


def _replaced(edits: Sequence[Edit], graphs: Sequence[Graphs]) -> str:
    there = group(graphs[0][0], edits[0].reference, detailed=True)
    return f"put {there} in place of {_regions(edits, graphs)}"


def _wiring(edits: Sequence[Edit], graphs: Sequence[Graphs]) -> str:
    first, reference = edits[0], graphs[0][0]
    places = _places(edits, graphs)
    if first.attribute == "order":
        return f"give {places} its operands in the reference's order: {sources_of(reference, first.reference[0])} there"
    if first.attribute in ("moved", "operands"):
        return f"let {places} read what is {sources_of(reference, first.reference[0])} in the reference"
    return "wire the operators as in the reference"


def _parameter(edits: Sequence[Edit], graphs: Sequence[Graphs]) -> str:
    first, reference = edits[0], graphs[0][0]
    places = _places(edits, graphs)
    has_none = first.before in (False, (False, False))
    if first.attribute in ("shape", "content"):
        return f"give the tensor of {places} the reference's {first.attribute}"
    if first.attribute == "registered":
        return f"assign {places} as modules, parameters or buffers, so that the net finds them"
    if first.attribute == "shared":
        return f"give {places} {'the tensors of another layer' if first.before else 'tensors of its own'}"
    if first.attribute == "bias" and reference.ops[first.reference[0]].kind in LINEAR_MAPS:
        return f"set bias={not has_none} in {places}"
    if first.attribute == "weight and bias":
        return f"set affine={not has_none} in {places}"
    if first.attribute == "running_mean and running_var":
        return f"set track_running_stats={not has_none} in {places}"
    return f"{'remove' if has_none else 'add'} the {first.attribute} of {places}"


def _training(edits: Sequence[Edit], graphs: Sequence[Graphs]) -> str:
    first = edits[0]
    places = _places(edits, graphs)
    if first.attribute == "requires_grad":
        return f"set requires_grad={first.before} for the tensors of {places}"
    return f"let gradients {'pass' if first.after else 'stop at'} {places}, as in the reference"


def _output(edits: Sequence[Edit], graphs: Sequence[Graphs]) -> str:
    first = edits[0]
    if first.attribute == "order":
        return "return the outputs in the reference's order"
    if first.attribute == "names":
        return "return each output under the reference's name for it"
    if first.attribute == "effect":
        if not first.before:
            return "change no input and no buffer in the forward pass"
        return f"let the forward pass do what the reference's does: it {' and '.join(dict.fromkeys(first.before))}"
    return f"return {first.before} tensors"


def _listed(places: Sequence[str]) -> str:
    """``a, b and c``; or the first few and how many more."""
    names = list(dict.fromkeys(places))
    if len(names) > _LISTED:
        return f"{', '.join(names[:_LISTED])} and {len(names) - _LISTED} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _elsewhere(count: int) -> str:
    return f", and likewise in {count - 1} more places" if count > 2 else ", and likewise in 1 more place" * (count - 1)


_REPAIRS: Mapping[str, Callable[[Sequence[Edit], Sequence[Graphs]], str]] = {
    "attribute": _attribute,
    "operator-missing": _missing,
    "operator-extra": _extra,
    "operator-replaced": _replaced,
    "wiring": _wiring,
    "parameter": _parameter,
    "training": _training,
    "output": _output,
}
