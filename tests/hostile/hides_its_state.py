"""Raises where its state_dict is asked for."""

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Raises where its state_dict is asked for."""

    def state_dict(self, *arguments, **keywords):
        """Misbehave."""
        raise RuntimeError("not yours")


def net():
    """Build it."""
    return Net()
