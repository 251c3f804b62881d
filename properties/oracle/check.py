"""Is the candidate the reference's architecture? One check, from two parties to a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import nn

from properties.errors import CandidateError, last_line
from properties.oracle.divergence import divergence, with_divergence
from properties.oracle.explain.explain import doubts
from properties.oracle.parties.front_ends import party_of
from properties.oracle.parties.party import Party
from properties.oracle.parties.scope import Scope
from properties.oracle.parties.sizes import asked_for
from properties.oracle.side_by_side import compared
from properties.oracle.side_by_side import side_by_side as shown
from properties.oracle.structure.structure import Structure
from properties.oracle.transplant.counters import counters
from properties.oracle.verdict.judge import judge, with_starts
from properties.oracle.verdict.judgement import Judgement
from properties.oracle.verdict.scope import common_scope, limited, narrowed
from properties.oracle.verdict.variants import name_of, nearer
from properties.profiles import profile_named
from properties.report import Report
from properties.report.provenance import versions
from properties.report.side_by_side import SideBySide
from properties.report.timings import Clock
from properties.report.words import by
from properties.request import Progress, Request
from properties.targets.libraries import torchvision_note

__all__ = ["Net", "check", "check_parties"]

Net = str | Callable[[], nn.Module] | nn.Module


def check(
    candidate: Net,
    reference: Net,
    *,
    input_shape: tuple[int, ...] | None = None,
    profile: str = "default",
    seed: int = 0,
    strict_init: bool = False,
    side_by_side: bool = False,
    progress: Progress = lambda stage: None,
) -> Report:
    """Hold a candidate against a reference.

    Args:
        candidate: a target (``"mymodels.py:resnet50"``), a function that builds the net, or a net.
        reference: likewise; a name of ``arches.SPECS`` for one of the references here.
        input_shape: one input without its batch axis, ``(C, H, W)``; by default what the reference is made for.
        profile: ``"quick"``, ``"default"`` or ``"thorough"``: how much is tried beyond what is proved.
        seed: of weights and images.
        strict_init: whether other initialisation is a deviation; if not, the thorough profile notes it.
        side_by_side: whether the report has both nets whole, operator by operator, for a page that shows them.
        progress: called with the name of each stage as it begins.

    Returns:
        The report: one of six verdicts, the rules that a proof rests on, and every deviation.

    Raises:
        TargetError: if a name, file or keyword does not exist, or the reference does not accept ``input_shape``.
        CandidateError: if the candidate raises while it is built or run.
        ValueError: if there is no such profile.
    """
    request = Request(input_shape, profile_named(profile), seed, strict_init, side_by_side, Clock(progress))
    request.progress(f"building {reference}" if isinstance(reference, str) else "building the reference")
    ours = party_of(reference, "the reference", is_reference=True)
    request.progress(f"building {candidate}" if isinstance(candidate, str) else "building the candidate")
    theirs = party_of(candidate, "the candidate")
    return check_parties(theirs, ours, request)


def check_parties(candidate: Party, reference: Party, request: Request) -> Report:
    """Hold a built candidate against a built reference, wherever each of them lives.

    Args:
        candidate: one party.
        reference: the other.
        request: what is asked.

    Returns:
        The report, as ``check`` does, and raises what it raises.
    """
    progress = request.progress
    shape = reference.input_shape() if request.input_shape is None else request.input_shape
    scope = common_scope(reference, candidate, request.input_shape)
    if scope.input is not None:
        shape = scope.input[1:]
    structure = _begun(reference, candidate, shape, narrowed(request, scope), scope)
    found = limited(judge(structure), structure)
    if request.strict_init or request.profile.notes_starts:
        progress("comparing how the nets start")
        found = with_starts(found, structure)
    known_as = None
    if any(deviation.kind != "initialisation" for deviation in found.deviations):
        progress("looking for the reference it is")
        known_as = _told(found, structure)
    sides: tuple[SideBySide, ...] = ()
    if request.side_by_side:
        progress("putting both nets side by side")
        sides = _both(found, structure)
    note = torchvision_note()
    return Report(
        candidate=candidate.name,
        reference=reference.name,
        verdict=found.verdict,
        known_as=known_as,
        deviations=found.deviations,
        results=found.results,
        parameters={"candidate": candidate.num_params, "reference": reference.num_params},
        key_map=_whole_key_map(found.key_map, reference, candidate),
        weight_map=found.weight_map,
        rules=found.rules,
        compared=(*structure.compared, *found.numbers),
        domain=found.domain,
        counterexample=found.counterexample,
        notes=tuple(dict.fromkeys([*structure.notes, *found.notes, *([note] if note else [])])),
        profile=request.profile.name,
        seed=request.seed,
        reproduce=request.command(candidate.name, reference.name),
        versions=versions(),
        seconds=progress.seconds,
        timings=progress.timings(),
        sides=sides,
    )


def _begun(reference: Party, candidate: Party, shape: tuple[int, ...], request: Request, scope: Scope) -> Structure:
    """Both nets' first captures, at another size where the candidate rejects this one and has asked for that."""
    structure = Structure(reference, candidate, shape, request, scope)
    try:
        structure.first()
    except CandidateError:
        if request.input_shape is not None or scope.input is not None:
            raise
        home = (2, *shape)
        why = candidate.ask("eval", candidate.with_own_channels(home)).raised
        if why is None:
            raise
        other = asked_for(candidate, reference, shape, passes=request.profile.passes)
        if other is None:
            raise
        structure = Structure(reference, candidate, other, request, scope)
        structure.refused = home, why
        structure.notes.append(
            f"compared at {by(other[1:])}, which the candidate asks for; it rejects {by(shape[1:])} ({why})"
        )
    return structure


def _told(found: Judgement, structure: Structure) -> str | None:
    """The reference that the candidate is in truth; notes on the deviations. No verdict is lost where this fails."""
    graphs = {comparison.mode: comparison.candidate for comparison in structure.comparisons}
    besides, num_params = structure.reference.name, structure.candidate.num_params
    if not any(comparison.edits for comparison in structure.comparisons):
        return None  # where it was traced it is the reference
    try:
        structure.notes += doubts(structure.told)
        known_as = name_of(graphs, num_params, besides=besides)
        if known_as is None:
            structure.notes += nearer(graphs, num_params, besides=besides, deviations=len(found.deviations))
    except Exception as error:  # a stranger's graph may be one that nobody thought of
        structure.notes.append(f"no reference was looked for that fits better: {last_line(error)}")
        return None
    return known_as


def _both(found: Judgement, structure: Structure) -> tuple[SideBySide, ...]:
    """Both nets in each mode, with how far apart they are after each layer; no verdict is lost where this fails."""
    try:
        comparisons = compared(structure, mapped=found.verdict == "equivalent")
        sides = [shown(comparison, found.deviations) for comparison in comparisons]
    except Exception as error:  # a stranger's graph may be one that nobody thought of
        structure.notes.append(f"the nets cannot be shown side by side: {last_line(error)}")
        return ()
    try:
        run = divergence(structure, comparisons, found, seed=structure.request.seed)
    except Exception as error:  # likewise
        structure.notes.append(f"the nets were not compared layer by layer: {last_line(error)}")
        run = None
    return tuple(with_divergence(one, run) if run is not None and one.mode == run.mode else one for one in sides)


def _whole_key_map(key_map: Mapping[str, str], reference: Party, candidate: Party) -> dict[str, str]:
    """In the reference's order, with the batch counters of paired norms."""
    ours = {param.key for param in reference.params}
    theirs = {param.key for param in candidate.params}
    whole = {**key_map, **counters(key_map.items(), ours, theirs)}
    order = dict.fromkeys([*reference.keys, *whole])
    return {key: whole[key] for key in order if key in whole}
