"""Reads an address that there is not."""

import ctypes


def net():
    """Crash."""
    ctypes.string_at(0)
