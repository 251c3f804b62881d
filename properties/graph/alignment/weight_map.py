"""What each tensor of a candidate is made of, once its normal form is proved to be the reference's.

A normal form of tier B may hold a tensor reshaped, its rows in another order, or rows of several tensors as one. Each
``Param`` records that as a ``Recipe``; here the two nets' recipes are put together: the reference's forwards, the
candidate's backwards.
"""

from __future__ import annotations

from properties.graph.alignment.isomorphism import Correspondence
from properties.graph.ir import OpGraph
from properties.graph.recipe import Recipe, Share, joined, solve, stored, taken

__all__ = ["made_of", "weight_map"]


def made_of(graph: OpGraph) -> dict[str, Recipe]:
    """For every tensor that some operator reads, by its name in this graph: how it is made of the stored ones."""
    found: dict[str, Recipe] = {}
    for op in graph.ops:
        for param in op.params.values():
            found.setdefault(param.key, param.made or stored(param.key, param.shape))
    return found


def weight_map(reference: OpGraph, candidate: OpGraph, found: Correspondence) -> dict[str, Recipe]:
    """For each stored tensor of the candidate, by its key: how to make it of the reference's stored tensors.

    Args:
        reference: its normal form.
        candidate: its normal form, of the same tier.
        found: the isomorphism between the two.

    Returns:
        The recipes, in the order in which the candidate reads its tensors. A tensor of which the graphs decide only a
        part is not among them.

    Raises:
        ValueError: if the correspondence is not exact.
    """
    if not found.exact:
        raise ValueError("a weight map needs an isomorphism, got a partial correspondence")
    ours, theirs = made_of(reference), made_of(candidate)
    back = {other: key for key, other in found.tensors.items()}
    shares: dict[str, list[Share]] = {}
    undecided: set[str] = set()
    for key, made in theirs.items():
        solved = solve(made, ours[back[key]]) if key in back else None
        if solved is None:
            undecided.update(made.keys)
        for share in solved or ():
            shares.setdefault(share.key, []).append(share)
    whole = {key: _whole(known) for key, known in shares.items() if key not in undecided}
    return {key: recipe for key, recipe in whole.items() if recipe is not None}


def _whole(known: list[Share]) -> Recipe | None:
    """One recipe of what is known of one tensor, if each of its rows is known, and no row in two ways."""
    first = known[0]
    if all(share.rows is None for share in known):
        return first.value if all(share.value == first.value for share in known) else None
    parts = dict.fromkeys((share.rows, share.value) for share in known)
    rows = [row for chosen, _ in parts if chosen is not None for row in chosen]
    if any(chosen is None for chosen, _ in parts) or sorted(rows) != list(range(first.shape[0])):
        return None
    together = joined([value for _, value in parts], 0)
    return taken(together, 0, sorted(range(len(rows)), key=rows.__getitem__))
