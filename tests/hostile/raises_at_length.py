"""Raises with megabytes of text and with control characters."""


def net():
    """Raise."""
    raise ValueError("\x1b[2J\x07 far too long " + "x" * 2_000_000)
