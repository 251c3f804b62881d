"""Is the candidate the reference's architecture? The structural half: graphs, in eval and train mode, at two sizes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from torch import nn

from properties.oracle._captures import Subject
from properties.oracle._libraries import torchvision_note
from properties.oracle._record import reproduce, versions
from properties.oracle._structure import MODES, Structure
from properties.oracle.party import Party
from properties.oracle.variants import name_of
from properties.report import Report

__all__ = ["MODES", "Net", "check", "check_parties"]

Net = str | Callable[[], nn.Module] | nn.Module
Progress = Callable[[str], None]

ONLY_STRUCTURE = "only structure was compared: no numbers, no initialisation"


def check(
    candidate: Net,
    reference: Net,
    *,
    input_shape: tuple[int, ...] | None = None,
    progress: Progress = lambda stage: None,
) -> Report:
    """Hold a candidate against a reference.

    Args:
        candidate: a target (``"mymodels.py:resnet50"``), a function that builds the net, or a net.
        reference: likewise; a name of ``arches.SPECS`` for one of the references here.
        input_shape: one input without its batch axis, ``(C, H, W)``; by default what the reference is made for.
        progress: called with the name of each stage as it begins.

    Returns:
        The report: ``identical`` with the rules it rests on, or ``deviates`` with every deviation.

    Raises:
        TargetError: if a name, file or keyword does not exist, or the reference does not accept ``input_shape``.
        CandidateError: if the candidate raises while it is built or run.
    """
    began = time.perf_counter()
    progress(f"building {reference}" if isinstance(reference, str) else "building the reference")
    ours = Subject.of(reference, "the reference", is_reference=True)
    progress(f"building {candidate}" if isinstance(candidate, str) else "building the candidate")
    theirs = Subject.of(candidate, "the candidate")
    return check_parties(theirs, ours, input_shape=input_shape, progress=progress, began=began)


def check_parties(
    candidate: Party,
    reference: Party,
    *,
    input_shape: tuple[int, ...] | None = None,
    progress: Progress = lambda stage: None,
    began: float | None = None,
) -> Report:
    """Hold a built candidate against a built reference, wherever each of them lives.

    Args:
        candidate: one side.
        reference: the other.
        input_shape: as for ``check``.
        progress: as for ``check``.
        began: when the check began, by ``time.perf_counter``; by default now.

    Returns:
        The report, as ``check`` does, and raises what it raises.
    """
    began = time.perf_counter() if began is None else began
    shape = reference.input_shape() if input_shape is None else input_shape
    structure = Structure(reference, candidate, shape, progress)
    deviations = tuple(structure.deviations())
    known_as = None
    if deviations:
        progress("looking for the reference it is")
        graphs = {comparison.mode: comparison.candidate for comparison in structure.comparisons}
        known_as = name_of(graphs, candidate.num_params, besides=reference.name)
    note = torchvision_note()
    return Report(
        candidate=candidate.name,
        reference=reference.name,
        verdict="deviates" if deviations else "identical",
        known_as=known_as,
        deviations=deviations,
        parameters={"candidate": candidate.num_params, "reference": reference.num_params},
        key_map=_whole_key_map(structure.key_map, reference, candidate),
        rules=tuple(structure.rules),
        compared=tuple(map(str, structure.captures.values())),
        notes=tuple(dict.fromkeys([ONLY_STRUCTURE, *structure.notes, *([note] if note else [])])),
        reproduce=reproduce(candidate.name, reference.name, input_shape),
        versions=versions(),
        seconds=time.perf_counter() - began,
    )


def _whole_key_map(key_map: Mapping[str, str], reference: Party, candidate: Party) -> dict[str, str]:
    """In the reference's order, with the batch counters of paired norms."""
    ours = {param.key for param in reference.params}
    theirs = {param.key for param in candidate.params}
    whole = dict(key_map)
    for key, other in key_map.items():
        if key.endswith("running_mean"):
            counters = (
                f"{key.removesuffix('running_mean')}num_batches_tracked",
                f"{other.removesuffix('running_mean')}num_batches_tracked",
            )
            if counters[0] in ours and counters[1] in theirs:
                whole[counters[0]] = counters[1]
    order = dict.fromkeys([*reference.keys, *whole])
    return {key: whole[key] for key in order if key in whole}
