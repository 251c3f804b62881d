"""Goes on in two processes at once."""

import os

from arches.cifar10 import Cifar10Net

os.fork()


def net():
    """Build it."""
    return Cifar10Net()
