"""How two parties initialise their tensors, asked of each."""

from __future__ import annotations

from collections.abc import Mapping

from properties.graph.ir import OpGraph
from properties.oracle.initialisation.deviations import compared
from properties.oracle.parties.party import Party
from properties.oracle.trials.samples import Sample
from properties.oracle.trials.trial import Observation
from properties.report import Deviation

__all__ = ["starts"]


def starts(
    reference: Party, candidate: Party, graph: OpGraph, key_map: Mapping[str, str], seed: int
) -> tuple[tuple[Deviation, ...], str | None]:
    """Where the initialisation differs, or why it was not compared.

    Args:
        reference: one party.
        candidate: the other.
        graph: one of the reference's, for the classes of its layers.
        key_map: reference key to candidate key.
        seed: of the first build.
    """
    candidate.expect("fresh", seed)
    ours, theirs = reference.fresh(seed), candidate.fresh(seed)
    reason = ours.raised or theirs.raised
    if reason is not None:
        return (), f"initialisation was not compared: {reason}"
    samples = _samples(reference, ours), _samples(candidate, theirs)
    return compared(*samples, key_map, graph.modules, frozenset(reference.keys)), None


def _samples(party: Party, seen: Observation) -> dict[str, Sample]:
    found = {}
    for param in party.params:
        values, constant = seen.tensors.get(f"values {param.key}"), seen.tensors.get(f"constant {param.key}")
        if values is not None:
            found[param.key] = Sample(param.shape, values, None if constant is None else float(constant))
    return found
