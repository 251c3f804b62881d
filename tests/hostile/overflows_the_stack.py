"""Calls itself until the stack ends."""

import sys


class Deep:
    """Compares itself with another of its kind, in C all the way down."""

    def __init__(self, inner):
        self.inner = inner


def net():
    """Recurse in C."""
    import ctypes

    callback = ctypes.CFUNCTYPE(ctypes.c_int)
    sys.setrecursionlimit(10**9)

    def again():
        return function()

    function = callback(again)
    return again()
