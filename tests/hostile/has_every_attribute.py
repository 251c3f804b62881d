"""Has a value for every name."""

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Answers to everything."""

    def __getattr__(self, name):
        """Find it, or make it up."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            return 7


def net():
    """Build it."""
    return Net()
