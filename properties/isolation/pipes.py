"""Pipes from processes with code of others: what comes in is handled as it comes, and nobody waits for one of them."""

from __future__ import annotations

import contextlib
import os
import selectors
from collections.abc import Callable

__all__ = ["Pipes"]


class Pipes:
    """Reading ends, each with a function for what comes in.

    Args:
        stack: closes them.
    """

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._selector = stack.enter_context(selectors.DefaultSelector())

    def listen(self, passed: contextlib.ExitStack, handle: Callable[[bytes], None]) -> int:
        """A new pipe, whose reading end is handled here.

        Args:
            passed: closes the other end here, once the process has it.
            handle: called with each piece.

        Returns:
            the other end, for a process to write to.
        """
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        self._stack.callback(os.close, reading)
        passed.callback(os.close, writing)
        self._selector.register(reading, selectors.EVENT_READ, handle)
        return writing

    def hear(self, wait: float) -> None:
        """Handle what has come, or wait for it so many seconds."""
        for key, _ in self._selector.select(wait):
            try:
                piece = os.read(key.fd, 2**16)
            except BlockingIOError:
                continue
            if piece:
                key.data(piece)
            else:
                self._selector.unregister(key.fd)
