"""Imports a module that lies beside it."""

from shared_layers import head
from torch import nn
from zoo.models.blocks import conv_and_pool


def net():
    """Build it."""
    return nn.Sequential(conv_and_pool(3, 32), conv_and_pool(32, 32), conv_and_pool(32, 64), *head(10))
