"""What a check says of nets of which one has a single mode, or takes a single input: where they were compared."""

from __future__ import annotations

from dataclasses import replace

from properties.errors import CandidateError, TargetError
from properties.oracle.parties.party import Party
from properties.oracle.parties.scope import MODES, Scope
from properties.oracle.structure.structure import Structure
from properties.oracle.trials.images import Images
from properties.oracle.trials.trial import Draw
from properties.oracle.verdict.judgement import Judgement
from properties.report.words import by
from properties.request import Request

__all__ = ["common_scope", "draws_within", "limited", "narrowed"]

_CHANNELS = {"eval": ("eval", "state"), "train": ("train", "dropout")}
_REGIMES = ("normal", "large", "sparse", "constant", "impulse")


def common_scope(reference: Party, candidate: Party, shape: tuple[int, ...] | None) -> Scope:
    """Where both nets can be run.

    Args:
        reference: one party.
        candidate: the other.
        shape: the input that was asked for, without its batch axis.

    Raises:
        TargetError: if a net does not take that input.
        CandidateError: if there is nothing that both can do.
    """
    ours, theirs = reference.scope, candidate.scope
    modes = tuple(mode for mode in MODES if mode in ours.modes and mode in theirs.modes)
    if not modes:
        said = [f"{p.name} runs {_in(p.scope.modes)}" for p in (reference, candidate)]
        raise CandidateError(f"there is nothing to compare: {', and '.join(said)}")
    for party in (reference, candidate):
        size = party.scope.input
        if size is not None and shape is not None and shape != size[1:]:
            raise TargetError(f"{party.name} takes inputs of {by(size[1:])} alone; leave --input out")
    if ours.input is not None and theirs.input is not None and ours.input != theirs.input:
        raise CandidateError(
            f"there is nothing to compare: {reference.name} takes an input of {by(ours.input)} alone,"
            f" and {candidate.name} one of {by(theirs.input)}"
        )
    return Scope(modes, ours.input or theirs.input)


def narrowed(request: Request, scope: Scope) -> Request:
    """The request without what the scope leaves no room for."""
    if scope == Scope():
        return request
    profile = request.profile
    kept = [name for mode in scope.modes for name in _CHANNELS[mode]]
    channels = [name for name in profile.channels if name in kept]
    if "domain" in profile.channels and scope.input is None:
        channels.append("domain")
    return replace(
        request,
        profile=replace(profile, channels=tuple(channels), compares_all=True, properties_if_proved=False),
    )


def draws_within(found: Images, scope: Scope, seed: int) -> Images:
    """The draws that the scope leaves, or others at the one size that it has."""
    if scope.input is None:
        return replace(found, borders=tuple(each for each in found.borders if each[0] in scope.modes))
    draws = tuple(Draw(scope.input, regime, seed + number) for number, regime in enumerate(_REGIMES))
    return Images(eval=draws, train=draws[:2], borders=())


def limited(found: Judgement, structure: Structure) -> Judgement:
    """A judgement, with what was not compared: equal nets are equal under that condition."""
    said = list(_not_compared(structure))
    if not said:
        return found
    if found.verdict in ("identical", "equivalent"):
        scope = structure.scope
        where = "" if scope.input is None else f" for an input of {by(scope.input)}"
        return replace(found, verdict="conditional", domain="; ".join([f"equal{where} {_in(scope.modes)}", *said]))
    if found.domain is not None:
        return replace(found, domain="; ".join([found.domain, *said]))
    return replace(found, notes=(*found.notes, *said))


def _not_compared(structure: Structure) -> list[str]:
    said = []
    for party in (structure.reference, structure.candidate):
        scope = party.scope
        said += [
            f"in {mode} mode {party.name} cannot be run ({scope.why}) and was not compared"
            for mode in MODES
            if mode not in scope.modes
        ]
        if scope.input is not None:
            said.append(f"{party.name} takes no other input")
    return said


def _in(modes: tuple[str, ...]) -> str:
    return f"in {modes[0]} mode" if len(modes) == 1 else "in both modes"
