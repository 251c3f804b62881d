"""Raises GeneratorExit in forward."""

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Raises GeneratorExit in forward."""

    def forward(self, x):
        """Misbehave."""
        raise GeneratorExit


def net():
    """Build it."""
    return Net()
