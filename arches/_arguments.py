"""Checks of the arguments that every builder takes."""

from __future__ import annotations

__all__ = ["require_at_least_one"]


def require_at_least_one(name: str, value: object) -> None:
    """Reject a count that is not a whole number of things.

    Args:
        name: how the caller knows the argument.
        value: what was passed.

    Raises:
        TypeError: if ``value`` is not an int (``True`` is not a count either).
        ValueError: if ``value`` is smaller than 1.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an int, got {value!r} ({type(value).__name__})")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")
