"""Does the candidate initialise its tensors as the reference does? Both are built a few times, the values compared.

No graph shows this, and no forward pass with given weights: a net that is initialised otherwise computes the same and
trains otherwise. With the default bound a right candidate is blamed less than once in a million checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from properties.oracle.initialisation.initialisers import Start, named, plain
from properties.oracle.trials.samples import Sample, apart
from properties.report import Deviation, Place

__all__ = ["compared"]

_CHANCE = 1e-6  # of blaming a right candidate, over all its tensors
_LINK = "https://arxiv.org/abs/1706.02677"


@dataclass(frozen=True)
class _Pair:
    keys: tuple[str, str]  # the reference's and the candidate's
    samples: tuple[Sample, Sample]
    kind: str  # class of the reference's layer
    is_norm: bool  # whether that keeps statistics


def compared(
    ours: Mapping[str, Sample],
    theirs: Mapping[str, Sample],
    key_map: Mapping[str, str],
    classes: Mapping[str, str],
    keys: frozenset[str],
) -> tuple[Deviation, ...]:
    """Tensors that are initialised otherwise, one deviation for each kind of layer and of difference.

    Args:
        ours: samples of the reference's tensors, by key.
        theirs: of the candidate's, by key.
        key_map: reference key to candidate key, for the tensors to compare.
        classes: of the reference's layers, by path.
        keys: all of the reference's.

    Returns:
        Deviations of kind ``initialisation`` in the order of ``key_map``.
    """
    both = {
        (key, other): (ours[key], theirs[other])
        for key, other in key_map.items()
        if key in ours and other in theirs and prod(ours[key].shape) == prod(theirs[other].shape)
    }
    chance = _CHANCE / max(1, len(both))
    wrong = {keys: samples for keys, samples in both.items() if apart(*samples, chance)}
    if not wrong:
        return ()
    pairs = [
        _Pair(pair, samples, classes.get(_layer(pair[0]), ""), f"{_layer(pair[0])}.running_mean" in keys)
        for pair, samples in wrong.items()
    ]
    return tuple(_folded(pairs, ours, theirs))


def _layer(key: str) -> str:
    return key.rpartition(".")[0]


def _folded(pairs: Sequence[_Pair], ours: Mapping[str, Sample], theirs: Mapping[str, Sample]) -> Iterator[Deviation]:
    """One deviation for all tensors of one role that are initialised in the same wrong way."""
    sides = [
        named([(pair.samples[side], _weight(pair.keys[side], samples)) for pair in pairs])
        for side, samples in enumerate((ours, theirs))
    ]
    groups: dict[tuple[str, str, str, str], list[tuple[_Pair, Start, Start]]] = {}
    for pair, right, found in zip(pairs, *sides, strict=True):
        if right == found:  # one name for both says nothing
            right, found = plain(pair.samples[0]), plain(pair.samples[1])
        role = pair.keys[0].rpartition(".")[2]
        groups.setdefault((pair.kind, role, right.name, found.name), []).append((pair, right, found))
    for (kind, role, _, _), members in groups.items():
        yield _deviation(kind, role, members)


def _weight(key: str, samples: Mapping[str, Sample]) -> tuple[int, ...] | None:
    """The size of the weight in the tensor's layer, by which its fans are counted."""
    found = samples.get(f"{_layer(key)}.weight".removeprefix("."))
    return samples[key].shape if len(samples[key].shape) > 1 else found.shape if found is not None else None


def _deviation(kind: str, role: str, members: Sequence[tuple[_Pair, Start, Start]]) -> Deviation:
    pairs = [pair for pair, _, _ in members]
    right, found = _text([start for _, start, _ in members]), _text([start for _, _, start in members])
    places = tuple(Place(_layer(pair.keys[0]) or "(net)", _layer(pair.keys[1]) or "(net)") for pair in pairs)
    many = f" in {len(pairs)} layers ({kind})" if len(pairs) > 1 else ""
    is_zeroed_norm = right == "0 everywhere" and role == "weight" and all(pair.is_norm for pair in pairs)
    return Deviation(
        kind="initialisation",
        mode="both",
        where=places[0],
        message=f"{role} starts as {found}, but should start as {right}{many}",
        attribute=role,
        reference=right,
        candidate=found,
        count=len(pairs),
        places=places,
        known_as="no zero-initialised residual branches" if is_zeroed_norm else None,
        link=_LINK if is_zeroed_norm else None,
    )


def _text(starts: Sequence[Start]) -> str:
    """The common name, with the standard deviation or the range of them."""
    spread = [start.std for start in starts if start.std is not None]
    if not spread:
        return starts[0].name
    least, most = f"{min(spread):.3g}", f"{max(spread):.3g}"
    return f"{starts[0].name} with standard deviation {least}" + (f" to {most}" if least != most else "")
