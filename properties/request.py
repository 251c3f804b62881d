"""What is asked of a check, beside the two nets. Loads no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from properties.profiles import DEFAULT, Profile, profile_named
from properties.report.provenance import reproduce
from properties.report.timings import Clock

__all__ = ["Progress", "Request"]

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """What is asked of a check.

    Args:
        input_shape: one input without its batch axis, ``(C, H, W)``; None for what the reference is made for.
        profile: how much is tried beyond what is proved.
        seed: of weights and images.
        strict_init: whether tensors that start otherwise are deviations.
        side_by_side: whether the report has both nets whole, operator by operator; it changes nothing else.
        progress: called with the name of each stage as it begins, to keep its time.
    """

    input_shape: tuple[int, ...] | None = None
    profile: Profile = DEFAULT
    seed: int = 0
    strict_init: bool = False
    side_by_side: bool = False
    progress: Clock = field(default_factory=Clock)

    def to_plain(self) -> dict[str, Any]:
        """What another process needs of it, in JSON's own types."""
        return {
            "input_shape": self.input_shape,
            "profile": self.profile.name,
            "seed": self.seed,
            "strict_init": self.strict_init,
            "side_by_side": self.side_by_side,
        }

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any], *, progress: Clock) -> Request:
        """The request that ``to_plain`` wrote down."""
        shape = plain["input_shape"]
        return cls(
            input_shape=None if shape is None else tuple(shape),
            profile=profile_named(plain["profile"]),
            seed=plain["seed"],
            strict_init=plain["strict_init"],
            side_by_side=plain["side_by_side"],
            progress=progress,
        )

    def command(self, candidate: str, reference: str) -> str:
        """The command line that makes the same check again."""
        return reproduce(candidate, reference, self.input_shape, self.profile.name, self.seed, self.strict_init)
