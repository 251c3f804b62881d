"""Calls itself until Python stops it."""


def net():
    """Recurse."""
    return net()
