"""Forgets to return its logits."""

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Forgets to return its logits."""

    def forward(self, x):
        """Misbehave."""
        super().forward(x)


def net():
    """Build it."""
    return Net()
