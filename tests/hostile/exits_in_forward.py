"""Leaves in forward."""

import os

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Leaves in forward."""

    def forward(self, x):
        """Misbehave."""
        os._exit(3)


def net():
    """Build it."""
    return Net()
