"""Layers."""

from torch import nn


def conv_and_pool(in_channels, out_channels):
    """A convolution and its pool."""
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 5, padding=2), nn.MaxPool2d(2))
