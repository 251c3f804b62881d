"""Which sizes a party accepts beside the one that it is made for."""

from __future__ import annotations

from math import gcd

from properties.oracle.parties.answers import Answers
from properties.oracle.parties.party import Party

__all__ = ["asked_for", "second_size", "why_rejected"]


def second_size(reference: Party, shape: tuple[int, ...], stride: int = 2, least: int = 1) -> tuple[int, ...] | None:
    """Another size that the reference accepts, not square if it can be; None for a net of one size.

    Args:
        reference: the net to ask.
        shape: the first size, ``(C, H, W)`` or of any other rank, without its batch axis.
        stride: the product of all strides: where that can be, both sizes leave another rest at each of its factors.
        least: how far both are apart where that can be: as far as the coarsest map needs to be of another size.
    """
    channels, *sides = shape
    tries = (
        [side + side // 8 + 3 if axis == 0 else side - side // 8 + 1 for axis, side in enumerate(sides)],
        [side + side // 8 + 3 if axis == 0 else side + 1 for axis, side in enumerate(sides)],
        [side - 1 - 2 * axis for axis, side in enumerate(sides)],  # a head of one size has room below, not above
        [side + 1 for side in sides],
    )
    apart = [[_apart(side, other, stride, least) for side, other in zip(sides, tried, strict=True)] for tried in tries]
    for size in (*apart, [side + 32 * (axis + 1) for axis, side in enumerate(sides)]) if sides else ():
        if min(size) > 0 and why_rejected(reference, (channels, *size)) is None:
            return (channels, *size)
    return None


def _apart(side: int, other: int, stride: int, least: int) -> int:
    """The other side, moved on until its distance is large enough and shares no factor with the stride."""
    step, far = (1, least) if other > side else (-1, min(least, side // 2))
    while gcd(other - side, stride) != 1 or abs(other - side) < far:
        other += step
    return other


def asked_for(candidate: Party, reference: Party, shape: tuple[int, ...], *, passes: int) -> tuple[int, ...] | None:
    """A size that a net which rejects the one it is given has asked for, if both take it.

    Args:
        candidate: the net that rejects it.
        reference: the other.
        shape: what it was given, without its batch axis.
        passes: how many sizes are tried.
    """
    home = (2, *shape)
    answers = Answers(home)
    tried: dict[tuple[int, ...], bool] = {}
    size: tuple[int, ...] | None = home
    while size is not None and len(tried) <= passes:
        asked = candidate.ask("eval", candidate.with_own_channels(size))
        tried[size] = asked.raised is None
        if tried[size]:
            return size[1:] if why_rejected(reference, size[1:]) is None else None
        answers.add(size, asked)
        size = next((other for _, other in answers.proposals(tried, passes) if other[0] == home[0]), None)
    return None


def why_rejected(net: Party, size: tuple[int, ...]) -> tuple[str, str] | None:
    """The first mode in which a net does not accept a size, and what it raises there; None if it accepts it.

    Args:
        net: the net to ask.
        size: without its batch axis. Heads that train mode alone has may leave fewer sizes than eval mode.
    """
    for mode, batch in (("eval", 1), ("train", 3)):
        if mode not in net.scope.modes:
            continue
        accepted = net.accepts((batch, *size), mode)
        if accepted is not True:
            return mode, str(accepted)
    return None
