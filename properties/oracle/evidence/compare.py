"""Two nets on the same weights and images: outputs, gradients, statistics, kept state and the sizes they accept.

A difference is one that rounding cannot explain. The tolerance is relative to the largest number of the tensor: sums
of a few thousand terms in float64 are off by 1e-13, through a hundred layers by 1e-11 at most; what people get wrong is
above 1e-6 with the weights drawn here. What exceeds it is held against the reference's own sensitivity to rounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from properties.oracle.evidence.beside import additional_values
from properties.oracle.evidence.differences import GRADIENT, Difference, differences, folded, own_change
from properties.oracle.parties.party import Party
from properties.oracle.transplant.transplant import Moved, Transplant
from properties.oracle.trials.excitation import Excitation
from properties.oracle.trials.images import Images
from properties.oracle.trials.trial import DREW_AT_RANDOM, FORWARD_AGAIN, Draw, Observation, Trial
from properties.request import Progress

__all__ = ["CHANNELS", "SETTINGS", "Evidence", "compare", "confirm", "observe_both", "probe"]

CHANNELS = ("eval", "train", "dropout", "state", "domain")
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "eval": {"mode": "eval", "watched": True},
    "train": {"mode": "train", "gradients": True, "dropout": 0},
    "dropout": {"mode": "train", "dropout": 1},
    "state": {"mode": "eval", "forwards": 1, "reloads": True},
    "domain": {"mode": "eval", "dropout": 0},
}
"""How each channel's trials are run; the domain's in both modes."""
_SINGLE = 1e-3  # tolerance where a net computes in single precision only
_JITTER = 1e-14  # largest relative change of each number of the input
_SENSITIVITY = 10.0  # times what jitter does
_MOST_SEEDS = 6  # until a net that draws at random has shown that it matters
_OTHER_SEEDS = (104_729, 1_299_709)


@dataclass(frozen=True)
class Evidence:
    """What came of a comparison.

    Args:
        images: how many both nets computed and were compared on.
        differences: of each channel the first outputs, gradients and buffers that differ.
        undecided: what could not be compared, in words.
        unexcited: what the images did not reach, in words.
        aside: what differs and decides nothing, in words.
        effect: the largest relative difference of the first output in eval mode; None if it was not compared.
        ledger: what became of every tensor.
        tolerance: the relative difference up to which numbers count as equal.
        dtype: in which was computed.
    """

    images: int
    differences: tuple[Difference, ...]
    undecided: tuple[str, ...]
    unexcited: tuple[str, ...]
    effect: float | None
    ledger: tuple[Moved, ...]
    tolerance: float
    dtype: str
    aside: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether something was compared and nothing differs."""
        return self.images > 0 and not self.differences


def compare(
    reference: Party,
    candidate: Party,
    transplant: Transplant,
    draws: Images,
    *,
    progress: Progress = lambda stage: None,
    channels: Sequence[str] = CHANNELS,
) -> Evidence:
    """Hold a candidate's numbers against a reference's.

    Args:
        reference: one party.
        candidate: the other.
        transplant: the weights of both.
        draws: the images.
        progress: called with the name of each stage as it begins.
        channels: which of ``CHANNELS`` to compare, in this order. Each stops at the first image that differs.
    """
    judge = _Judge(reference, candidate, transplant)
    plan: dict[str, Iterable[Draw]] = {
        "eval": draws.eval,
        "train": draws.train,
        "dropout": draws.train[:1],
        "state": draws.train[:1],
    }
    for channel in channels:
        progress(f"comparing numbers: {channel}")
        if channel == "domain":
            judge.borders(draws.borders)
            continue
        for draw in plan[channel]:
            if judge.look(channel, draw):
                break
    return judge.evidence(draws.unmet)


def confirm(reference: Party, candidate: Party, transplant: Transplant, draw: Draw) -> Evidence:
    """The short comparison of two nets whose graphs agree: eval mode, after another image, and train mode.

    Args:
        reference: one party.
        candidate: the other.
        transplant: the weights of both.
        draw: small; two images or more.
    """
    judge = _Judge(reference, candidate, transplant)
    judge.look("state", draw)
    judge.look("train", draw)
    return judge.evidence()


def probe(
    reference: Party,
    candidate: Party,
    transplant: Transplant,
    channel: str,
    draw: Draw,
    *,
    mode: str = "eval",
    dtype: str | None = None,
) -> list[Difference]:
    """What differs in one channel on one draw.

    Args:
        reference: one party.
        candidate: the other.
        transplant: the weights of both.
        channel: one of ``CHANNELS``.
        draw: the input.
        mode: the domain's.
        dtype: in which both are known to compute; None if that is still to be seen.
    """
    judge = _Judge(reference, candidate, transplant, dtype)
    if channel == "domain":
        judge.borders([(mode, draw.shape)])
    else:
        judge.look(channel, draw)
    return judge.differences


def observe_both(reference: Party, candidate: Party, trials: tuple[Trial, Trial]) -> tuple[Observation, Observation]:
    """Both parties' observations of a trial; a candidate in another process computes at the same time."""
    candidate.expect("observe", trials[1])
    return reference.observe(trials[0]), candidate.observe(trials[1])


class _Judge:
    """Compares trial by trial and remembers what came of it."""

    def __init__(self, reference: Party, candidate: Party, transplant: Transplant, dtype: str | None = None) -> None:
        self.reference = reference
        self.candidate = candidate
        self.transplant = transplant
        self.dtype = dtype or "float64"
        self.knows_dtype = dtype is not None
        self.images = 0
        self.differences: list[Difference] = []
        self.undecided: dict[str, None] = {}
        self.aside: dict[str, None] = {}
        self.excitation = Excitation()
        self.effect: float | None = None

    @property
    def tolerance(self) -> float:
        return self.transplant.tolerance if self.dtype == "float64" else _SINGLE

    def look(self, channel: str, draw: Draw) -> bool:
        """Compare one draw in one channel; whether it differs."""
        settings = {**SETTINGS[channel], "dtype": self.dtype}
        ours, theirs = self._observed(draw, settings)
        if ours.raised is not None or theirs.raised is not None:
            if self._only_in_double(draw, settings):
                return self.look(channel, draw)
            return self._one_raised(channel, draw, ours, theirs)
        self.images += draw.shape[0]
        self.excitation.see(ours)
        self._look_aside(ours, theirs)
        found = differences(self.transplant, ours, theirs, channel, draw, self.tolerance)
        if channel in ("eval", "state"):
            self._remember_effect(ours, theirs, draw)
        found = self._beyond_rounding(found, ours, draw, settings)
        if found and all(each.tensor.startswith(GRADIENT) for each in found):
            found = self._with_other_seeds(found, channel, draw, settings)
        if found and self._is_random((ours, theirs), draw, settings):
            self.undecided[f"{channel}: what the nets compute depends on random operators other than dropout"] = None
            return False
        self.differences += folded(found)
        return bool(found)

    def borders(self, borders: Iterable[tuple[str, tuple[int, ...]]]) -> None:
        """Compare which sizes are accepted, and what sizes come out."""
        for mode, size in borders:
            settings = {"mode": mode, "dropout": 0, "dtype": self.dtype}
            draw = Draw(size)
            ours, theirs = self._observed(draw, settings)
            if (ours.raised is None) != (theirs.raised is None):
                self._one_raised("domain", draw, ours, theirs, mode)
                return
            if ours.raised is None and _sizes(ours) != _sizes(theirs):
                said = f"outputs of {_sizes(theirs)} instead of {_sizes(ours)}"
                self.differences.append(Difference("domain", mode, "output[0]", draw, float("inf"), float("inf"), said))
                return

    def evidence(self, unmet: tuple[str, ...] = ()) -> Evidence:
        """All that was seen."""
        return Evidence(
            self.images,
            tuple(self.differences),
            tuple(self.undecided),
            (*self.excitation.missing(), *unmet),
            self.effect,
            self.transplant.ledger,
            self.tolerance,
            self.dtype,
            tuple(self.aside),
        )

    def _look_aside(self, ours: Observation, theirs: Observation) -> None:
        """What is no part of the function that is learnt: steps made twice, and counts that nothing reads."""
        if FORWARD_AGAIN in theirs.tensors and FORWARD_AGAIN not in ours.tensors:
            said = "backward runs parts of forward again (checkpointing): running statistics move twice in each step"
            self.aside[said] = None
        self.aside.update(dict.fromkeys(additional_values(ours, theirs)))
        keys = {other: key for other, key in self.transplant.keys.items() if other in self.transplant.counters}
        for other, key in keys.items():
            one, another = ours.tensors.get(f"buffer {key}"), theirs.tensors.get(f"buffer {other}")
            if one is not None and another is not None and not torch.equal(one, another):
                self.aside[
                    "the batches are not counted alike (num_batches_tracked); with a momentum nothing reads it"
                ] = None
                return

    def _observed(self, draw: Draw, settings: dict[str, Any]) -> tuple[Observation, Observation]:
        return observe_both(self.reference, self.candidate, self.transplant.trials(draw, **settings))

    def _one_raised(
        self, channel: str, draw: Draw, ours: Observation, theirs: Observation, mode: str | None = None
    ) -> bool:
        """Where one net or both raise: both may, as long as they do so together."""
        mode = mode or str(SETTINGS[channel]["mode"])
        if ours.raised is not None and theirs.raised is not None:
            if channel != "domain":
                self.undecided[f"{channel}: both nets raise at {draw.shape} in {mode} mode ({ours.raised})"] = None
            return False
        said, raises = (
            (f"the candidate raises {theirs.raised}", "candidate")
            if ours.raised is None
            else (f"only the reference raises {ours.raised}", "reference")
        )
        self.differences.append(Difference("domain", mode, "raised", draw, float("inf"), float("inf"), said, raises))
        return True

    def _only_in_double(self, draw: Draw, settings: dict[str, Any]) -> bool:
        """Whether a net cannot compute in float64 at all; from then on everything is float32."""
        if self.knows_dtype or self.dtype != "float64":
            return False
        singly = self._observed(draw, {**settings, "dtype": "float32"})
        if any(each.raised is not None for each in singly):
            return False
        self.dtype = "float32"
        self.undecided["a net cannot compute in float64; float32 was compared, less closely"] = None
        return True

    def _remember_effect(self, ours: Observation, theirs: Observation, draw: Draw) -> None:
        one, other = ours.tensors.get("output[0]"), theirs.tensors.get("output[0]")
        if draw.regime == "normal" and one is not None and other is not None and one.shape == other.shape:
            self.effect = max(self.effect or 0.0, own_change(one, other))

    def _beyond_rounding(
        self, found: list[Difference], ours: Observation, draw: Draw, settings: dict[str, Any]
    ) -> list[Difference]:
        """Those that are larger than what the reference makes of an input that is off by rounding."""
        if not found or max(each.relative for each in found) > 0.01:
            return found
        jitter = _JITTER if self.dtype == "float64" else 1e-6
        trial, _ = self.transplant.trials(replace(draw, jitter=jitter), **settings)
        shaken = self.reference.observe(trial)
        if shaken.raised is not None:
            return found
        noise = {each: own_change(ours.tensors[each], shaken.tensors[each]) for each in shaken.tensors}
        return [each for each in found if each.relative > _SENSITIVITY * noise.get(each.tensor, 0.0)]

    def _with_other_seeds(
        self, found: list[Difference], channel: str, draw: Draw, settings: dict[str, Any]
    ) -> list[Difference]:
        """Those that differ at every seed: gradients alone can differ by chance, where an activation bends."""
        for seed in _OTHER_SEEDS:
            other = replace(draw, seed=draw.seed + seed)
            ours, theirs = self._observed(other, settings)
            if ours.raised is not None or theirs.raised is not None:
                continue
            again = {each.tensor for each in differences(self.transplant, ours, theirs, channel, other, self.tolerance)}
            found = [each for each in found if each.tensor in again]
        return found

    def _is_random(self, seen: tuple[Observation, Observation], draw: Draw, settings: Mapping[str, Any]) -> bool:
        """Whether one of the nets computes something else under another seed."""
        for party, observation, trial in zip(
            (self.reference, self.candidate), seen, self.transplant.trials(draw, **settings), strict=True
        ):
            for seed in range(1, _MOST_SEEDS) if DREW_AT_RANDOM in observation.tensors else ():
                again = party.observe(replace(trial, gradients=False, watched=False, random=seed))
                if any(own_change(observation.tensors[key], again.tensors[key]) > 0 for key in _outputs(again)):
                    return True
        return False


def _outputs(observation: Observation) -> list[str]:
    return [key for key in observation.tensors if key.startswith("output")]


def _sizes(observation: Observation) -> list[tuple[int, ...]]:
    tensors: list[torch.Tensor] = [observation.tensors[key] for key in sorted(_outputs(observation))]
    return [tuple(tensor.shape) for tensor in tensors]
