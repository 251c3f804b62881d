"""Raises something that is no Exception."""


class Stop(BaseException):
    """Not an Exception."""


def net():
    """Raise."""
    raise Stop("here")
