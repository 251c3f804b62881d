"""Says that it is of another class."""

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Not what it says."""

    @property
    def __class__(self):
        """Lie."""
        return dict


def net():
    """Build it."""
    return Net()
