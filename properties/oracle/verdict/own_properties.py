"""What holds of the candidate alone, beside what it shares with the reference."""

from __future__ import annotations

from properties.oracle.parties.party import Party
from properties.report import Deviation, Place, Result

__all__ = ["alone"]


def alone(
    reference: Party, candidate: Party, size: tuple[int, ...], *, profile: str, seed: int, one_graph: bool
) -> tuple[tuple[Result, ...], list[Deviation]]:
    """Check the properties of a net by itself; what fails and decides is a deviation unless the reference fails too.

    Args:
        reference: asked only where the candidate fails.
        candidate: whose properties they are.
        size: of an input that both accept, batch axis included.
        profile: how many are checked.
        seed: of what is drawn.
        one_graph: whether both have one graph in both modes, so that what follows from it is implied.
    """
    from properties.oracle.parties.properties import FOLLOW_FROM_THE_GRAPH, decides  # loads Hypothesis

    implied = tuple(sorted(FOLLOW_FROM_THE_GRAPH)) if one_graph else ()
    results = candidate.properties(candidate.with_own_channels(size), profile, seed, implied)
    failed = [result for result in results if result.status == "failed" and decides(result.name)]
    if not failed:
        return results, []
    others = tuple(result.name for result in results if result not in failed)
    ours = reference.properties(size, profile, seed, others)
    shared = {result.name for result in ours if result.status == "failed"}
    return results, [_deviation(result) for result in failed if result.name not in shared]


def _deviation(result: Result) -> Deviation:
    from properties.oracle.parties.properties import theme

    place = Place("(net)", "(net)")
    kind = "training" if theme(result.name) == "training" else "behaviour"
    return Deviation(
        kind, "both", place, result.counterexample or result.sentence, result.name, "holds", "fails", places=(place,)
    )
