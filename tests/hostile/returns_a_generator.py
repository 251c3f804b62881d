"""Returns its logits one by one."""

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Returns its logits one by one."""

    def forward(self, x):
        """Misbehave."""
        return (row for row in super().forward(x))


def net():
    """Build it."""
    return Net()
