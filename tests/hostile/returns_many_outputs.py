"""Returns its logits two thousand times."""

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Returns its logits two thousand times."""

    def forward(self, x):
        """Misbehave."""
        logits = super().forward(x)
        return [logits] * 2000


def net():
    """Build it."""
    return Net()
