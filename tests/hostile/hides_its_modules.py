"""Lists modules for ever."""

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Lists modules for ever."""

    def named_modules(self, *arguments, **keywords):
        """Misbehave."""
        while True:
            yield "", self


def net():
    """Build it."""
    return Net()
