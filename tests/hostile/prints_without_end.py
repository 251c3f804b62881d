"""Prints megabytes, some of it for the terminal."""

import os
import sys

from arches.cifar10 import Cifar10Net

print("\x1b[31mhello\x07")
print("x" * 5_000_000)
print("y" * 5_000_000, file=sys.stderr)
os.write(1, b"straight\n" * 100_000)


def net():
    """Build it."""
    print("building")
    return Cifar10Net()
