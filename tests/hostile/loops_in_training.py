"""Never comes back from forward in train mode."""

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Never comes back from forward in train mode."""

    def forward(self, x):
        """Misbehave."""
        while self.training:
            pass
        return super().forward(x)


def net():
    """Build it."""
    return Net()
