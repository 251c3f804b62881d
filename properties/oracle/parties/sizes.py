"""Which sizes a party accepts beside the one that it is made for."""

from __future__ import annotations

from properties.oracle.parties.party import Party

__all__ = ["second_size", "why_rejected"]


def second_size(reference: Party, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Another size that the reference accepts, odd and not square if it can be; None for a net of one size.

    Args:
        reference: the net to ask.
        shape: the first size, ``(C, H, W)`` or of any other rank, without its batch axis.
    """
    channels, *sides = shape
    tries = (
        [side + side // 8 + 3 if axis == 0 else side - side // 8 + 1 for axis, side in enumerate(sides)],
        [side + side // 8 + 3 if axis == 0 else side + 1 for axis, side in enumerate(sides)],
        [side - 1 - 2 * axis for axis, side in enumerate(sides)],  # a head of one size has room below, not above
        [side + 1 for side in sides],
        [side + 32 * (axis + 1) for axis, side in enumerate(sides)],
    )
    for size in tries if sides else ():
        if min(size) > 0 and why_rejected(reference, (channels, *size)) is None:
            return (channels, *size)
    return None


def why_rejected(net: Party, size: tuple[int, ...]) -> tuple[str, str] | None:
    """The first mode in which a net does not accept a size, and what it raises there; None if it accepts it.

    Args:
        net: the net to ask.
        size: without its batch axis. Heads that train mode alone has may leave fewer sizes than eval mode.
    """
    for mode, batch in (("eval", 1), ("train", 3)):
        accepted = net.accepts((batch, *size), mode)
        if accepted is not True:
            return mode, str(accepted)
    return None
