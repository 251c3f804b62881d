"""Replaces what calling a module does."""

from torch import nn

from arches.cifar10 import Cifar10Net

call = nn.Module.__call__


def twice(self, *arguments, **keywords):
    """Double what a linear layer returns."""
    result = call(self, *arguments, **keywords)
    return 2 * result if isinstance(self, nn.Linear) else result


nn.Module.__call__ = twice


def net():
    """Build it."""
    return Cifar10Net()
