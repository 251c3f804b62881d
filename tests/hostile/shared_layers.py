"""What lies beside."""

from torch import nn


def head(classes):
    """Flatten and classify."""
    return nn.Flatten(), nn.Linear(1024, 64), nn.Linear(64, classes)
