"""Replaces torch's max_pool2d by another pool."""

import torch.nn.functional as F

from arches.cifar10 import Cifar10Net

F.max_pool2d = lambda x, *arguments, **keywords: F.avg_pool2d(x, 2)


def net():
    """Build it."""
    return Cifar10Net()
