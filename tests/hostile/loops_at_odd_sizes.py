"""Never comes back from forward at sizes that it does not know."""

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Never comes back from forward at sizes that it does not know."""

    def forward(self, x):
        """Misbehave."""
        while x.shape[-1] != 32:
            pass
        return super().forward(x)


def net():
    """Build it."""
    return Net()
