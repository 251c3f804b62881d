"""Is the candidate the reference's architecture? The structural half: graphs, in eval and train mode, at two sizes."""

from __future__ import annotations

import importlib.metadata
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import nn

from properties.graph.align import Correspondence, align, isomorphism
from properties.graph.canonical import canonicalise
from properties.graph.edits import edits_between
from properties.graph.ir import OpGraph
from properties.graph.joint import join
from properties.oracle._captures import Subject, second_size
from properties.oracle._libraries import torchvision_note
from properties.oracle._unread import unread
from properties.oracle.explain import Comparison, explain
from properties.oracle.party import Party
from properties.oracle.variants import name_of
from properties.report import Deviation, Place, Report

__all__ = ["MODES", "Net", "check", "check_parties"]

MODES = ("eval", "train")
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
    comparison = _Check(reference, candidate, shape, progress).run()
    known_as = None
    if comparison.deviations:
        progress("looking for the reference it is")
        known_as = name_of(comparison.candidate, candidate.num_params, besides=reference.name)
    return Report(
        candidate=candidate.name,
        reference=reference.name,
        verdict="deviates" if comparison.deviations else "identical",
        known_as=known_as,
        deviations=comparison.deviations,
        parameters={"candidate": candidate.num_params, "reference": reference.num_params},
        key_map=comparison.key_map,
        rules=comparison.rules,
        compared=comparison.compared,
        notes=comparison.notes,
        reproduce=_reproduce(candidate.name, reference.name, input_shape),
        versions=versions(),
        seconds=time.perf_counter() - began,
    )


@dataclass(frozen=True)
class _Outcome:
    candidate: dict[str, OpGraph]  # the candidate's graphs at the first size, by mode
    deviations: tuple[Deviation, ...]
    key_map: dict[str, str]
    rules: tuple[str, ...]
    compared: tuple[str, ...]
    notes: tuple[str, ...]


class _Check:
    """One comparison, stage by stage."""

    def __init__(self, reference: Party, candidate: Party, shape: tuple[int, ...], progress: Progress) -> None:
        self.reference = reference
        self.candidate = candidate
        self.shape = shape
        self.progress = progress
        self.rules: dict[str, None] = {}
        self.compared: list[str] = []
        self.notes: list[str] = [ONLY_STRUCTURE]
        self.read: tuple[set[str], set[str]] = (set(), set())
        self.key_map: dict[str, str] = {}
        self.one_to_one = True  # whether all captures so far agree on which tensor stands for which
        self.captures: list[tuple[OpGraph, OpGraph]] = []

    def run(self) -> _Outcome:
        comparisons = [self._compare(mode, (2, *self.shape)) for mode in MODES]
        graphs = {comparison.mode: comparison.candidate for comparison in comparisons}
        deviations = [*explain(comparisons), *unread(self.reference.params, self.candidate.params, self.read)]
        if not deviations:
            deviations += self._at_another_size()
        if not deviations and not self.one_to_one:
            deviations += self._jointly()
        note = torchvision_note()
        notes = dict.fromkeys([*self.notes, *([note] if note else [])])
        return _Outcome(
            graphs, tuple(deviations), self._whole_key_map(), tuple(self.rules), tuple(self.compared), tuple(notes)
        )

    def _compare(self, mode: str, size: tuple[int, ...]) -> Comparison:
        self.progress(f"tracing in {mode} mode at {'x'.join(map(str, size))}")
        ours = canonicalise(self.reference.capture(mode, size))
        theirs = canonicalise(self.candidate.capture(mode, self.candidate.with_own_channels(size)))
        self.compared.append(f"{mode} at {size}")
        for captured, read in zip((ours, theirs), self.read, strict=True):
            self.rules.update(dict.fromkeys(captured.rules))
            self.notes += captured.graph.notes
            read |= captured.graph.used_params
        self.progress(f"aligning {len(ours.graph)} with {len(theirs.graph)} operators")
        found = align(ours.graph, theirs.graph)
        self._remember(ours.graph, theirs.graph, found)
        return Comparison(mode, ours.graph, theirs.graph, edits_between(ours.graph, theirs.graph, found))

    def _remember(self, reference: OpGraph, candidate: OpGraph, found: Correspondence) -> None:
        self.captures.append((reference, candidate))
        for key, other in _keys(reference, candidate, found).items():
            self.one_to_one &= self.key_map.setdefault(key, other) == other

    def _jointly(self) -> list[Deviation]:
        """One correspondence of tensors for all captures, where each alone was free to choose its own."""
        ours, theirs = zip(*self.captures, strict=True)
        found = isomorphism(join(ours), join(theirs))
        if found is not None:
            self.key_map = dict(found.tensors)
            return []
        message = "the same tensors serve other layers in one mode or size than in another"
        place = Place("(output)", "(output)")
        return [Deviation("parameter", "both", place, message, "shared", count=1, places=(place,))]

    def _at_another_size(self) -> list[Deviation]:
        """The same at a second, odd and non-square size, where code that depends on the size shows itself."""
        size = second_size(self.reference, self.shape)
        if size is None:
            self.notes.append(f"the reference accepts no size near {self.shape} but that one")
            size = self.shape
        accepted = self.candidate.accepts((1, *size))
        if accepted is not True:
            return [_rejects(size, accepted)]
        comparisons = [self._compare(mode, (batch, *size)) for mode, batch in (("eval", 1), ("train", 3))]
        found = explain(comparisons)
        return [_only_at(deviation, size) for deviation in found]

    def _whole_key_map(self) -> dict[str, str]:
        """In the reference's order, with the batch counters of paired norms."""
        ours = {param.key for param in self.reference.params}
        theirs = {param.key for param in self.candidate.params}
        whole = dict(self.key_map)
        for key, other in self.key_map.items():
            if key.endswith("running_mean"):
                counters = (
                    f"{key.removesuffix('running_mean')}num_batches_tracked",
                    f"{other.removesuffix('running_mean')}num_batches_tracked",
                )
                if counters[0] in ours and counters[1] in theirs:
                    whole[counters[0]] = counters[1]
        order = dict.fromkeys([*self.reference.keys, *whole])
        return {key: whole[key] for key in order if key in whole}


def _keys(reference: OpGraph, candidate: OpGraph, found: Correspondence) -> dict[str, str]:
    """Tensors of paired operators with equal sizes."""
    if found.exact:
        return dict(found.tensors)
    keys: dict[str, str] = {}
    for a, b in found.pairs.items():
        left, right = reference.ops[a].params, candidate.ops[b].params
        keys.update({left[r].key: right[r].key for r in left.keys() & right.keys() if left[r].shape == right[r].shape})
    return keys


def _rejects(size: tuple[int, ...], why: str | bool) -> Deviation:
    message = f"an input of {'x'.join(map(str, size))} is rejected ({why}), but should be accepted"
    return Deviation("domain", "eval", Place("(input)", "(input)"), message, "size", "accepted", "rejected")


def _only_at(deviation: Deviation, size: tuple[int, ...]) -> Deviation:
    return replace(deviation, kind="domain", message=f"{deviation.message}; at {'x'.join(map(str, size))} only")


def _reproduce(candidate: str, reference: str, input_shape: tuple[int, ...] | None) -> str:
    words = ["archproof", "check", candidate, "--against", reference]
    if input_shape is not None:
        words += ["--input", ",".join(map(str, input_shape))]
    return shlex.join(words)


def versions() -> dict[str, str]:
    """Of archproof and of the libraries whose code takes part, as far as they are installed."""
    found = {}
    for name in ("archproof", "torch", "torchvision", "timm"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
