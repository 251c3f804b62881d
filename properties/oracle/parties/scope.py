"""Where a net can be run at all: in both modes and on inputs of many sizes, unless its code says otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from properties.errors import readable
from properties.runs.borrowed import modes_kept
from properties.targets.programs import example, has_own_train

__all__ = ["MODES", "Scope", "scope_of"]

MODES = ("eval", "train")


@dataclass(frozen=True)
class Scope:
    """Where a net can be run.

    Args:
        modes: those that it has, of ``MODES`` and in their order.
        input: the one size that it takes, batch axis included; None if it takes more than one.
        why: what it raises in the mode that it has not.
    """

    modes: tuple[str, ...] = MODES
    input: tuple[int, ...] | None = None
    why: str = ""


def scope_of(net: nn.Module) -> Scope:
    """A net's, as ``targets.build`` made it; its modes are afterwards what they were."""
    if not has_own_train(net):
        return Scope()
    modes, why = [], ""
    for mode in MODES:
        try:
            with modes_kept(net):
                net.train(mode == "train")
        except Exception as error:  # whatever a stranger's code raises
            why = readable(error)
        else:
            modes.append(mode)
    found = example(net)
    return Scope(tuple(modes), found[0] if found is not None and found[1] else None, why)
