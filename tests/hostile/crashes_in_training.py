"""Crashes in forward, in train mode alone."""

import os
import signal

from arches.cifar10 import Cifar10Net


class Net(Cifar10Net):
    """Crashes in forward, in train mode alone."""

    def forward(self, x):
        """Misbehave."""
        if self.training:
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().forward(x)


def net():
    """Build it."""
    return Net()
