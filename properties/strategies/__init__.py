"""Hypothesis strategies, each named as the plural of what it draws.

They draw descriptions of images, layers and nets, never tensors: a description shrinks at once and prints well, and
whoever checks builds the tensor or the net from it. Impossible arguments raise ``ValueError`` at once, with the bounds.
"""

from properties.strategies.configs import BlockConfig as BlockConfig
from properties.strategies.configs import ConvConfig as ConvConfig
from properties.strategies.configs import Images as Images
from properties.strategies.configs import PoolConfig as PoolConfig
from properties.strategies.configs import ResNetConfig as ResNetConfig
from properties.strategies.layers import conv_configs as conv_configs
from properties.strategies.layers import pool_configs as pool_configs
from properties.strategies.nets import block_configs as block_configs
from properties.strategies.nets import devices as devices
from properties.strategies.nets import dtypes as dtypes
from properties.strategies.nets import images as images
from properties.strategies.nets import memory_formats as memory_formats
from properties.strategies.nets import resnet_configs as resnet_configs
