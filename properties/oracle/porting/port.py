"""Move a checkpoint from one net to another that is the same under other names, shapes or orders."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from torch import Tensor

from properties.errors import CandidateError, TargetError
from properties.files import whole_file
from properties.graph.recipe import Recipe, stored
from properties.oracle.check import Net, check
from properties.oracle.parties.local import LocalParty
from properties.oracle.porting.checkpoints import failure, read_file, save
from properties.oracle.porting.fit import fitted
from properties.oracle.porting.ledger import Entry, Holding, move
from properties.oracle.porting.match import Match, match, own_net
from properties.oracle.porting.places import check_output
from properties.oracle.porting.state_dicts import the_state_dict
from properties.oracle.transplant.counters import counters
from properties.report import DeviationError, Report

__all__ = ["PortReport", "port"]

_ABOUT_FILES = ("saved", "state_dict")  # attributes of deviations that a port settles or meets by itself


@dataclass(frozen=True)
class PortReport:
    """What was written, and where every tensor of it comes from.

    Args:
        checkpoint: the file that was read.
        reference: the net that it is of.
        candidate: the net that the result is for.
        output: the file that was written.
        verdict: ``identical``, or ``equivalent`` where tensors had to be reshaped or rearranged.
        ledger: every tensor of the candidate in its order, then what of the checkpoint has no place in it.
        agreement: of the two nets' outputs, the candidate loaded with the file that was written.
        notes: what was done to read the checkpoint.
        seconds: wall time.
    """

    checkpoint: str
    reference: str
    candidate: str
    output: str
    verdict: str
    ledger: tuple[Entry, ...]
    agreement: Match
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def counts(self) -> dict[str, int]:
        """How many tensors met with each action."""
        return dict(Counter(entry.action for entry in self.ledger))

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON's own types."""
        return {"schema": 1, **asdict(self), "seconds": round(self.seconds, 3)}


def port(
    checkpoint: str | os.PathLike[str],
    reference: Net,
    candidate: Net,
    output: str | os.PathLike[str],
    *,
    input_shape: tuple[int, ...] | None = None,
    progress: Callable[[str], None] = lambda stage: None,
) -> PortReport:
    """Write a checkpoint of the reference as one of the candidate.

    The result holds the checkpoint's numbers bit for bit, in its types. It is written whole or not at all, and only
    after the candidate has loaded it and computed what the reference computes.

    Args:
        checkpoint: a .pth, .pt or .safetensors file; state_dicts inside training checkpoints are found.
        reference: the net that the checkpoint is of: a target, a function that builds it, or a net.
        candidate: the net that the result is for.
        output: the file to write; its suffix is .safetensors, .pth or .pt.
        input_shape: one input without its batch axis; by default what the reference is made for.
        progress: called with the name of each stage as it begins.

    Raises:
        CheckpointError: if the checkpoint cannot be read or does not fit the reference, or the output not be written.
        DeviationError: if the candidate is not the same as the reference; the message has the first deviation.
        TargetError: if a name, file or keyword does not exist.
        CandidateError: if a net raises.
    """
    began = time.perf_counter()
    source, place = Path(checkpoint), Path(output)
    check_output(place, source)
    progress(f"reading {source}")
    content = read_file(source)
    progress("building both nets")
    ours, theirs = (
        LocalParty.of(reference, "the reference", is_reference=True),
        LocalParty.of(candidate, "the candidate"),
    )
    nets = own_net(ours), own_net(theirs)
    holdings = Holding(nets[0], ours.name), Holding(nets[1], theirs.name)
    found = fitted(the_state_dict(content, holdings[0].saved, str(source)), holdings[0], str(source))
    shape = ours.input_shape() if input_shape is None else input_shape
    report = _same(check(candidate, reference, input_shape=shape, progress=progress))
    tensors, ledger = move(found.tensors, *holdings, _recipes(report, *holdings))
    counters = {key: tensor for key, tensor in holdings[0].saved.items() if key not in found.tensors}

    def verify(written: Mapping[str, Tensor]) -> Match:
        progress("running both nets")
        states = holdings[0].state_dict({**found.tensors, **counters}), holdings[1].state_dict(written)
        return match((nets[0], states[0], ours.name), (nets[1], states[1], theirs.name), shape)

    progress(f"writing {place}")
    agreed = _write(place, tensors, holdings[1], verify)
    return PortReport(
        checkpoint=str(source),
        reference=ours.name,
        candidate=theirs.name,
        output=str(place),
        verdict=report.verdict,
        ledger=ledger,
        agreement=agreed,
        notes=found.notes,
        seconds=time.perf_counter() - began,
    )


def _same(report: Report) -> Report:
    """The report, if it says that the two nets are the same.

    Raises:
        DeviationError: if it does not; one line with the first deviation.
        CandidateError: if there is no verdict.
    """
    if report.verdict in ("identical", "equivalent"):
        return report
    if report.deviations and all(deviation.attribute in _ABOUT_FILES for deviation in report.deviations):
        return replace(report, verdict="equivalent" if report.weight_map else "identical")
    if report.error is not None:
        raise CandidateError(report.error)
    why = ""
    if report.deviations:
        first = report.deviations[0]
        more = len(report.deviations) - 1
        rest = f" (and {more} more {'deviation' if more == 1 else 'deviations'})" if more else ""
        why = f": {first.where.reference or first.where.candidate}: {first.message}{rest}"
    known = f"; it is {report.known_as}" if report.known_as else ""
    raise DeviationError(
        f"{report.candidate} is not {report.reference}, the verdict is {report.verdict}{why}{known}; "
        f"nothing was written; see {report.reproduce}"
    )


def _recipes(report: Report, reference: Holding, candidate: Holding) -> dict[str, Recipe]:
    """How each tensor of the candidate is made, from the report's correspondence."""
    ours, theirs = ({**holding.saved, **holding.unsaved} for holding in (reference, candidate))
    recipes = {other: stored(key, tuple(ours[key].shape)) for key, other in report.key_map.items() if key in ours}
    recipes |= {key: Recipe.from_dict(recipe) for key, recipe in report.weight_map.items()}
    for key, other in counters([(key, recipe.keys[0]) for key, recipe in recipes.items()], theirs, ours).items():
        recipes.setdefault(key, stored(other, tuple(ours[other].shape)))
    return recipes


def _write(
    place: Path, tensors: Mapping[str, Tensor], holding: Holding, verify: Callable[[Mapping[str, Tensor]], Match]
) -> Match:
    """Write, read back and verify a temporary file; then give it its name.

    Raises:
        CheckpointError: if it cannot be written.
        DeviationError: if the nets do not agree.
    """
    try:
        with whole_file(place) as temporary:
            save(temporary, holding.state_dict(tensors), place.suffix)
            written = the_state_dict(read_file(temporary), holding.saved, str(place))
            agreed = verify(written.tensors)
            if not agreed.holds:
                raise DeviationError(
                    f"the outputs differ by {agreed.difference:.2g} of the largest one after the move, but should "
                    f"agree to {agreed.limit:.0g}; nothing was written"
                )
    except (TargetError, CandidateError, DeviationError):
        raise
    except (OSError, SafetensorError, RuntimeError) as error:
        raise failure(place, error) from error
    return agreed
