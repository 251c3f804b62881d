"""Writes rubbish to every file that is open."""

import contextlib
import os

from arches.cifar10 import Cifar10Net

for descriptor in range(3, 4096):
    with contextlib.suppress(OSError):
        os.write(descriptor, b"rubbish " * 16)


def net():
    """Build it."""
    return Cifar10Net()
