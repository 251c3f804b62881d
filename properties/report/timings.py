"""How long each stage of a check took. Standard library alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Clock", "Timing"]


@dataclass(frozen=True)
class Timing:
    """One stage.

    Args:
        stage: as it was announced.
        seconds: wall time from there to the next, all turns of a stage together.
        waited: how much of it the judge waited for the candidate's process.
    """

    stage: str
    seconds: float
    waited: float = 0.0


class Clock:
    """Announces the stages of a check and keeps the time of each. Called with the name of a stage as it begins.

    Args:
        announce: told each stage.
        began: when the check began, by ``now``; what comes before the first stage is ``starting``.
        now: the time in seconds.
    """

    def __init__(
        self,
        announce: Callable[[str], None] = lambda stage: None,
        began: float | None = None,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.announce = announce
        self._now = now
        self.began = now() if began is None else began
        self._stage = "starting"
        self._since = self.began
        self._seconds: dict[str, float] = {}
        self._waited: dict[str, float] = {}
        self._waits_since: float | None = None

    def __call__(self, stage: str) -> None:
        """A stage begins."""
        self._turn()
        self._stage = stage
        self.announce(stage)

    def wait(self, waits: bool) -> None:
        """The judge begins to wait for the candidate, or does no longer.

        Args:
            waits: which of them.
        """
        self._turn()
        self._waits_since = self._since if waits else None

    @property
    def seconds(self) -> float:
        """Since the check began."""
        return self._now() - self.began

    def timings(self) -> tuple[Timing, ...]:
        """Every stage in the order in which they first began, the present one up to now."""
        self._turn()
        return tuple(Timing(stage, took, self._waited.get(stage, 0.0)) for stage, took in self._seconds.items())

    def _turn(self) -> None:
        """Credit the present stage with the time up to now."""
        now = self._now()
        self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + now - self._since
        if self._waits_since is not None:
            self._waited[self._stage] = self._waited.get(self._stage, 0.0) + now - self._waits_since
            self._waits_since = now
        self._since = now
