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
        captures_all: whether train mode is captured at the second size even where neither net asks for any size.
        compares_all: whether nets whose graphs agree are compared in all ``channels``, or confirmed by one image.
        measures_effect_only: whether two images are enough where numbers cannot decide, but say how large an effect is.
        channels: what is compared in numbers.
        passes: how many inputs are tried in each mode to answer the nets' questions about their input otherwise.
        tries: how many of them for the sake of one line that asks.
        captures: how many of those are captured in each mode.
        borders: how many sizes around the smallest that is accepted both are asked about; None for all.
        shrinking: trials for a smaller counterexample; a limit in seconds would be another on every machine.
        properties: which of the candidate's own properties are checked.
        properties_if_proved: whether they are checked also where the graphs are one.
        notes_starts: whether the report notes where fresh tensors start otherwise.
    """

    name: str
    timeout: float
    captures_all: bool
    compares_all: bool
    measures_effect_only: bool
    channels: tuple[str, ...]
    passes: int
    tries: int
    captures: int
    borders: int | None
    shrinking: int
    properties: Literal["cheap", "all"]
    properties_if_proved: bool
    notes_starts: bool


_QUICK = Profile(
    "quick",
    timeout=300.0,
    captures_all=False,
    compares_all=False,
    measures_effect_only=False,
    channels=("eval", "train"),
    passes=8,
    tries=4,
    captures=2,
    borders=0,
    shrinking=6,
    properties="cheap",
    properties_if_proved=False,
    notes_starts=False,
)
DEFAULT = Profile(
    "default",
    timeout=300.0,
    captures_all=False,
    compares_all=False,
    measures_effect_only=True,
    channels=("eval", "train", "dropout", "domain"),
    passes=24,
    tries=8,
    captures=6,
    borders=4,
    shrinking=12,
    properties="cheap",
    properties_if_proved=True,
    notes_starts=False,
)
_THOROUGH = Profile(
    "thorough",
    timeout=3600.0,
    captures_all=True,
    compares_all=True,
    measures_effect_only=False,
    channels=("eval", "train", "dropout", "state", "domain"),
    passes=96,
    tries=32,
    captures=24,
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
