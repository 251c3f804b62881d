"""Closes every file there is."""

import os

from arches.cifar10 import Cifar10Net

os.closerange(0, 4096)


def net():
    """Build it."""
    return Cifar10Net()
