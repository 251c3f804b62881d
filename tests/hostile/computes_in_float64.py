"""Changes torch's default dtype for good."""

import torch

from arches.cifar10 import Cifar10Net

torch.set_default_dtype(torch.float64)


def net():
    """Build it."""
    return Cifar10Net()
