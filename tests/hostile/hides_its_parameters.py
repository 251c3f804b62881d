"""Raises where its parameters are asked for."""

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Raises where its parameters are asked for."""

    def parameters(self, recurse=True):
        """Misbehave."""
        raise RuntimeError("not yours")


def net():
    """Build it."""
    return Net()
