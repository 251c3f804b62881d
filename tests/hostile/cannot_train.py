"""Raises where its mode is set."""

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Raises where its mode is set."""

    def train(self, mode=True):
        """Misbehave."""
        raise RuntimeError("finished learning")


def net():
    """Build it."""
    return Net()
