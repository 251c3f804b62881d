"""A net that imports its neighbours relatively."""

from torch import nn

from ..settings import CLASSES
from .blocks import conv_and_pool


def net(classes=CLASSES):
    """Build it."""
    layers = [conv_and_pool(3, 32), conv_and_pool(32, 32), conv_and_pool(32, 64)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(1024, 64), nn.Linear(64, classes))
