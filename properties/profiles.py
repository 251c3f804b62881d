"""What ``quick``, ``default`` and ``thorough`` mean: how much a check tries beyond what it proves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["DEFAULT", "PROFILES", "Profile", "profile_named"]


@dataclass(frozen=True)
class Profile:
    """How much is tried.

    Args:
        name: as it is typed.
        timeout: seconds that are more than enough for a large net on a small machine.
        traces_all: whether train mode is traced at the second size even where both nets call the same operators there
            as at the first.
        compares_all: whether nets whose graphs agree are compared in all ``channels``, or confirmed by one image.
        measures_effect_only: whether two images are enough where numbers cannot decide, but say how large an effect is.
        channels: what is compared in numbers.
        factors: multiples of the reference's size at which both are asked which operators they call.
        captures: how many of those sizes are captured because other operators are called; 0: they are not asked.
        borders: how many sizes around the smallest that is accepted both are asked about; None for all.
        shrinking: trials for a smaller counterexample; a limit in seconds would be another on every machine.
        properties: which of the candidate's own properties are checked.
        properties_if_proved: whether they are checked also where the graphs are one.
        notes_starts: whether the report notes where fresh tensors start otherwise.
    """

    name: str
    timeout: float
    traces_all: bool
    compares_all: bool
    measures_effect_only: bool
    channels: tuple[str, ...]
    factors: tuple[float, ...]
    captures: int
    borders: int | None
    shrinking: int
    properties: Literal["cheap", "all"]
    properties_if_proved: bool
    notes_starts: bool


_QUICK = Profile(
    "quick",
    timeout=300.0,
    traces_all=False,
    compares_all=False,
    measures_effect_only=False,
    channels=("eval", "train"),
    factors=(),
    captures=0,
    borders=0,
    shrinking=6,
    properties="cheap",
    properties_if_proved=False,
    notes_starts=False,
)
DEFAULT = Profile(
    "default",
    timeout=300.0,
    traces_all=False,
    compares_all=False,
    measures_effect_only=True,
    channels=("eval", "train", "dropout", "domain"),
    factors=(2.0, 4.0),
    captures=2,
    borders=4,
    shrinking=12,
    properties="cheap",
    properties_if_proved=True,
    notes_starts=False,
)
_THOROUGH = Profile(
    "thorough",
    timeout=3600.0,
    traces_all=True,
    compares_all=True,
    measures_effect_only=False,
    channels=("eval", "train", "dropout", "state", "domain"),
    factors=(0.5, 0.75, 1.5, 2.0, 3.0, 4.0, 8.0),
    captures=8,
    borders=None,
    shrinking=60,
    properties="all",
    properties_if_proved=True,
    notes_starts=True,
)
PROFILES = {profile.name: profile for profile in (_QUICK, DEFAULT, _THOROUGH)}


def profile_named(name: str) -> Profile:
    """The profile of a name.

    Raises:
        ValueError: if there is none.
    """
    if name not in PROFILES:
        raise ValueError(f"profile must be one of {', '.join(PROFILES)}, got {name!r}")
    return PROFILES[name]
