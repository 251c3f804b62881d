"""Whether nets that differ somewhere are equal where they are at home: at the size the reference is made for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from properties.graph.ir import Shape
from properties.graph.rules.canonical import TIERS
from properties.oracle.evidence.compare import Evidence, compare, probe
from properties.oracle.evidence.differences import Difference
from properties.oracle.structure.structure import Structure
from properties.oracle.transplant.transplant import Transplant
from properties.oracle.trials.images import Images
from properties.oracle.trials.trial import Draw
from properties.report.words import by

__all__ = ["crossed", "equal_at_home", "raises_at_home"]


def raises_at_home(structure: Structure, moved: Transplant, differences: Sequence[Difference]) -> bool:
    """Whether what one net raises elsewhere, a graph's backward pass say, is no matter of the size.

    Args:
        structure: both nets.
        moved: the content that both get.
        differences: found elsewhere.
    """
    for raised in {each.mode: each for each in differences if each.tensor == "raised"}.values():
        at_home = replace(raised.draw, shape=structure.home)
        found = probe(structure.reference, structure.candidate, moved, raised.mode, at_home)
        if any(each.tensor == "raised" for each in found):
            return True
    return False


def equal_at_home(structure: Structure, moved: Transplant, evidence: Evidence, *, seed: int) -> str | None:
    """Where two nets are equal and where not, in words; None unless they are equal at home, by proof or by numbers.

    Args:
        structure: both nets, whose graphs differ.
        moved: the content that both get.
        evidence: with differences.
        seed: of images.
    """
    shape = structure.shape
    differs = [each for each in evidence.differences if each.draw.shape[1:] != shape]
    if not differs or len(differs) < len(evidence.differences):
        return None
    if raises_at_home(structure, moved, differs):
        return None
    captures = structure.first()
    agreement = next(filter(None, (structure.agrees(tier, captures) for tier in TIERS)), None)
    if agreement is None:
        regimes = dict.fromkeys(["normal", *(each.draw.regime for each in differs)])
        draws = [Draw((batch, *shape), regime, seed) for regime in regimes for batch in (1, 2)]
        at_home = Images(eval=tuple(draws), train=tuple(draws[1::2]), borders=())
        found = compare(structure.reference, structure.candidate, moved, at_home, channels=("eval", "train", "dropout"))
        if not found.agrees or found.undecided:
            return None
    elif all(each.draw.shape[0] == 1 for each in differs) and _differs_alone(structure, moved, seed):
        return "equal for several images at once; differs for one image by itself"
    why = "" if agreement is None or not agreement.conditions else f" ({'; '.join(agreement.conditions)})"
    where = min((each.draw.shape for each in differs), key=lambda size: size[2:])
    return f"equal at {crossed(shape[1:])}{why}; differs at {crossed(where[2:])}"


def _differs_alone(structure: Structure, moved: Transplant, seed: int) -> bool:
    """Whether it is not the size that makes the difference but the batch of one image."""
    one = Images(eval=(Draw((1, *structure.shape), seed=seed),), train=(), borders=())
    return bool(compare(structure.reference, structure.candidate, moved, one, channels=("eval",)).differences)


def crossed(size: Shape) -> str:
    """``224x224``."""
    return by(size) or "its one size"
