"""A library's layers under test, each made from its description: its output's shape, and what it rejects."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import nn

from properties.strategies.configs import ConvConfig, PoolConfig
from properties.subject import Subject

__all__ = ["LayerConfig", "LayerSubject", "torch_layer"]

LayerConfig = ConvConfig | PoolConfig

_CONVS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_MAX_POOLS = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
_AVG_POOLS = (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)


def torch_layer(config: LayerConfig) -> nn.Module:
    """PyTorch's own layer for a description."""
    axes = len(config.size) - 1
    if isinstance(config, ConvConfig):
        return _CONVS[axes](
            config.in_channels,
            config.out_channels,
            config.kernel_size,  # type: ignore[arg-type]
            stride=config.stride,  # type: ignore[arg-type]
            padding=config.padding,  # type: ignore[arg-type]
            dilation=config.dilation,  # type: ignore[arg-type]
            groups=config.groups,
            bias=config.bias,
        )
    if config.kind == "max":
        return _MAX_POOLS[axes](
            config.kernel_size, config.stride, config.padding, config.dilation, ceil_mode=config.ceil_mode
        )
    return _AVG_POOLS[axes](
        config.kernel_size,  # type: ignore[arg-type]
        config.stride,  # type: ignore[arg-type]
        config.padding,  # type: ignore[arg-type]
        config.ceil_mode,
        config.count_include_pad,
    )


class LayerSubject(Subject):
    """Layers under test, by a function that makes one from its description. It is no net and has no graph.

    Args:
        layer: makes the layer; ``torch_layer`` by default.
        name: how messages call it.
    """

    def __init__(self, layer: Callable[[LayerConfig], nn.Module] = torch_layer, *, name: str = "torch.nn") -> None:
        super().__init__(self._no_net, name=name)
        self.layer = layer

    def _no_net(self) -> nn.Module:
        raise TypeError(f"{self.name} is a set of layers, not a net")

    def output_shape(self, config: LayerConfig) -> tuple[int, ...] | None:
        """Shape of what the layer returns for one image; None if the layer or the image is rejected.

        On the CPU, whatever the subject's device: on meta a convolution accepts strides and sizes of 0.
        """
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]), torch.no_grad():
            warnings.simplefilter("ignore")  # empty weights; a copy for padding="same" with an even kernel
            try:
                return tuple(self.layer(config)(torch.zeros(config.input_shape)).shape)
            except (RuntimeError, ValueError, ZeroDivisionError):
                return None
