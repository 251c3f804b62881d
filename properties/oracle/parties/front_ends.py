"""Which party answers for a net: its front end's, which the prefix of the target tells, else torch's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from torch import nn

from properties.oracle.parties.local import LocalParty
from properties.oracle.parties.party import Party
from properties.targets.target import parse

__all__ = ["FRONT_ENDS", "Build", "imported", "party_of"]


class Build(Protocol):
    """Builds the net of a target whose code has been imported."""

    def __call__(self, *, is_reference: bool = ..., stage: Callable[[str], None] = ...) -> Party:
        """Its party; the arguments are those of ``LocalParty``."""


FRONT_ENDS: Mapping[str, Callable[[str], Build]] = {}
"""By prefix, what imports a target's code; nets of torch need none. ``targets/target.py`` knows the prefixes, too."""


def imported(target: str) -> Build:
    """What builds the target's net; its code is imported here.

    Raises:
        TargetError: if the target does not exist.
    """
    return FRONT_ENDS.get(parse(target).place, LocalParty.imported)(target)


def party_of(net: str | Callable[[], nn.Module] | nn.Module, role: str, *, is_reference: bool = False) -> Party:
    """The party that a target, a factory or an instance names.

    Args:
        net: what was given.
        role: what a net without a name is called.
        is_reference: as in ``LocalParty``.

    Raises:
        TargetError: if the target does not exist.
        CandidateError: if it cannot be built.
        TypeError: if it is none of the three.
    """
    if isinstance(net, str):
        return imported(net)(is_reference=is_reference)
    return LocalParty.of(net, role, is_reference=is_reference)
