"""Calls sys.exit in forward."""

import sys

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Calls sys.exit in forward."""

    def forward(self, x):
        """Misbehave."""
        sys.exit(4)


def net():
    """Build it."""
    return Net()
