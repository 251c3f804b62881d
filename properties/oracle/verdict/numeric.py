"""What numbers show of nets whose graphs agree, as deviations; and what was computed, in words."""

from __future__ import annotations

from properties.oracle.evidence.compare import Evidence
from properties.oracle.evidence.differences import GRADIENT, LOADING, Difference
from properties.oracle.trials.trial import VALUE
from properties.report import Deviation, Place
from properties.report.words import by

__all__ = ["deviations_of", "in_words"]


def deviations_of(evidence: Evidence, culprit: Place | None, *, everywhere: bool) -> list[Deviation]:
    """One deviation for what graphs do not show: hooks, kept state, code that the trace did not meet.

    Args:
        evidence: with differences.
        culprit: the layer that was found to make them, if one was.
        everywhere: whether what one net raises it raises at the size both were captured at too.
    """
    first = evidence.differences[0]
    if everywhere and first.tensor == "raised":
        place = Place("(net)", "(net)")
        kind = "training" if first.mode == "train" else "behaviour"
        return [Deviation(kind, first.mode, place, f"in {first.mode} mode {first.said}", "raised", places=(place,))]
    if first.channel == "domain" or first.tensor == "raised":
        message = f"at {by(first.draw.shape)} in {first.mode} mode {first.said}"
        return [Deviation("domain", first.mode, Place("(input)", "(input)"), message, "size", "accepted", "rejected")]
    if first.tensor == LOADING or first.tensor.startswith(VALUE):
        place = Place("(output)", "(output)") if first.tensor != LOADING else Place("(net)", "(net)")
        kind, what = ("output", "value") if first.tensor != LOADING else ("behaviour", "state_dict")
        modes = {each.mode for each in evidence.differences if each.tensor == first.tensor}
        mode = "both" if first.tensor == LOADING or len(modes) > 1 else first.mode
        return [Deviation(kind, mode, place, first.said, what, places=(place,))]
    gradients_only = all(not each.tensor.startswith("output") for each in evidence.differences)
    kind = "training" if gradients_only and first.mode == "train" else "behaviour"
    place = culprit or Place(f"({first.tensor})", f"({first.tensor})")
    message = f"the graphs are the same, but {_said(first)}"
    effect = {} if evidence.effect is None else {"logits": float(f"{evidence.effect:.3g}")}
    return [Deviation(kind, first.mode, place, message, "numbers", places=(place,), effect=effect)]


def _said(difference: Difference) -> str:
    what = f"the {difference.tensor}" if difference.tensor.startswith(GRADIENT) else difference.tensor
    what = what.replace("buffer ", "the buffer ", 1)
    size = f"differs by {difference.relative:.2g} of its size" if difference.relative < float("inf") else "differs"
    after = " after a forward pass on another image" if difference.channel == "state" else ""
    return f"{what} {size} in {difference.mode} mode{after}{f' ({difference.said})' if difference.said else ''}"


def in_words(evidence: Evidence) -> tuple[str, ...]:
    """What was computed and compared; nothing if nothing was."""
    if not evidence.images:
        return ()
    what = "outputs, gradients and statistics"
    agree = "agree" if evidence.agrees else "differ"
    return (f"{evidence.images} drawn images in {evidence.dtype}: {what} {agree} (tolerance {evidence.tolerance:.0e})",)
