"""What a process with a stranger's code may take."""

from __future__ import annotations

from dataclasses import dataclass, field

from properties.isolation.processes import usual_memory

__all__ = ["Limits"]

_TIMEOUT = 300.0  # seconds


@dataclass(frozen=True)
class Limits:
    """What may be taken.

    Args:
        timeout: seconds, for all of it.
        memory: GiB, for each process; by default half of what the machine or the container has.
    """

    timeout: float = _TIMEOUT
    memory: float = field(default_factory=usual_memory)

    @classmethod
    def given(cls, timeout: float | None, memory: float | None, *, usual: float = _TIMEOUT) -> Limits:
        """Those that somebody asked for, and usual ones in place of the others.

        Args:
            timeout: seconds, or None.
            memory: GiB, or None.
            usual: seconds in place of None.
        """
        return cls(timeout or usual, memory or usual_memory())
