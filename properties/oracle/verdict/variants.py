"""Which net a candidate is in truth: a reference, one with other classes, or one of a family that has no name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from properties.errors import CandidateError, TargetError
from properties.graph.alignment.align import isomorphism
from properties.graph.ir import OpGraph
from properties.graph.rules.canonical import canonicalise
from properties.oracle.explain.comparison import Comparison
from properties.oracle.explain.explain import explain
from properties.oracle.parties.local import LocalParty
from properties.oracle.verdict.configurations import channels, classes, configuration, extra_scalars
from properties.targets.references import families, references

__all__ = ["name_of", "nearer"]

_FAR = 0.03  # nets whose scalars differ by more than this share are not held against each other to see which is nearer


@dataclass(frozen=True)
class _Variant:
    """A net that the candidate may be.

    Args:
        name: what it is called.
        build: makes it.
        difference: how many scalars the candidate has more, as far as its claim and its heads tell.
    """

    name: str
    build: Callable[[], Any]
    difference: int


def name_of(candidate: Mapping[str, OpGraph], num_params: int, *, besides: str) -> str | None:
    """What the candidate is, proven by isomorphism with the net of that name in every mode, or None.

    Args:
        candidate: its graphs by mode, in normal form, all captured at one size.
        num_params: its scalars; a net with another number is not captured.
        besides: the reference that it is already known not to be.
    """
    if not candidate:
        return None
    for variant in (*_named(candidate, num_params, besides), *_of_families(candidate, num_params)):
        if variant.difference == 0 and _is(variant, candidate):
            return variant.name
    return None


def nearer(candidate: Mapping[str, OpGraph], num_params: int, *, besides: str, deviations: int) -> tuple[str, ...]:
    """A note about a reference that the candidate is nearer to than to the one asked for, if there is one; else none.

    Args:
        candidate: its graphs by mode, in normal form, all captured at one size.
        num_params: its scalars.
        besides: the reference asked for.
        deviations: how many there are from that one.
    """
    if deviations < 2 or not candidate:
        return ()
    variants = [variant for variant in _named(candidate, num_params, besides) if variant.name != besides]
    nearest = min(variants, key=lambda variant: abs(variant.difference), default=None)
    if nearest is None or abs(nearest.difference) > _FAR * num_params:
        return ()
    try:
        comparisons = [_compared(mode, nearest, graph) for mode, graph in candidate.items()]
    except (TargetError, CandidateError):  # a net of another input size
        return ()
    found = len(explain(comparisons))
    if found >= deviations:
        return ()
    many = "1 deviation" if found == 1 else f"{found} deviations"
    return (f"nearer to {nearest.name}: {many} instead of {deviations}",)


def _named(candidate: Mapping[str, OpGraph], num_params: int, besides: str) -> Iterator[_Variant]:
    """The references, with the candidate's classes and channels."""
    graph = candidate.get("train") or next(iter(candidate.values()))
    own_classes, own_channels = classes(graph), channels(graph)
    for spec in references():
        usual = inspect.signature(spec.build).parameters["num_classes"].default
        keywords: dict[str, int] = {}
        if own_classes is not None and own_classes != usual:
            keywords["num_classes"] = own_classes
        if own_channels != spec.input_shape[0]:
            keywords["in_channels"] = own_channels
        if spec.name == besides and not keywords:
            continue
        extra = extra_scalars(graph, usual, spec.input_shape[0]) if keywords else 0
        said = " and ".join(f"{name}={value}" for name, value in keywords.items())
        name = f"{spec.name} with {said}" if said else spec.name
        yield _Variant(name, partial(spec.build, **keywords), num_params - extra - int(spec.num_params.value))


def _of_families(candidate: Mapping[str, OpGraph], num_params: int) -> Iterator[_Variant]:
    """Nets without a name that a family's table builds, with the configuration that the candidate shows."""
    graph = candidate.get("train") or next(iter(candidate.values()))
    own_classes, own_channels = classes(graph), channels(graph)
    if own_classes is None or not own_channels:
        return
    for family in families():
        found = configuration(graph, family.form)
        if found is None:
            continue
        build = partial(family.build, num_classes=own_classes, in_channels=own_channels, **found)
        try:
            scalars = LocalParty(build, family.name, is_reference=True).num_params
        except (TargetError, CandidateError):  # no such configuration
            continue
        usual = {"groups": 1, "width_per_group": 64}
        said = [f"{name} {value}" for name, value in found.items() if usual.get(name) != value]
        said += [f"{own_classes} classes"] if own_classes != 1000 else []
        said += [f"{own_channels} channels of input"] if own_channels != 3 else []
        yield _Variant(f"{family.name} with {', '.join(said)}", build, num_params - scalars)


def _is(variant: _Variant, candidate: Mapping[str, OpGraph]) -> bool:
    try:
        party = LocalParty(variant.build, variant.name, is_reference=True)
        return all(
            isomorphism(canonicalise(party.capture(mode, _size(graph))).graph, graph) is not None
            for mode, graph in candidate.items()
        )
    except (TargetError, CandidateError):  # a net of another input size
        return False


def _compared(mode: str, variant: _Variant, candidate: OpGraph) -> Comparison:
    party = LocalParty(variant.build, variant.name, is_reference=True)
    reference = canonicalise(party.capture(mode, _size(candidate))).graph
    return Comparison.of(mode, reference, candidate)


def _size(graph: OpGraph) -> tuple[int, ...]:
    return next(op.shape for _, op in graph.of_kind("input"))
