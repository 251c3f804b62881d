"""Returns the name of a class."""

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Returns the name of a class."""

    def forward(self, x):
        """Misbehave."""
        return "cat"


def net():
    """Build it."""
    return Net()
