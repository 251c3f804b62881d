"""Layers and nets with one mistake in their sizes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from mutants.mutant import Mutant
from mutants.nets import RESNET18, cifar10, claimed, plain
from torch import Tensor, nn
from torch.nn import functional as F

from arches.cifar10 import Cifar10Net
from arches.resnet import BasicBlock, ResNet
from properties.measures.layer_subject import LayerSubject, torch_layer
from properties.strategies import ConvConfig
from properties.themes import sizes

__all__ = ["MUTANTS"]


def _forgets_dilation(config: Any) -> nn.Module:
    return torch_layer(replace(config, dilation=(1,) * len(config.size)))


def _pads_same_evenly(config: Any) -> nn.Module:
    if isinstance(config, ConvConfig) and isinstance(config.padding, str):
        padding = tuple(d * (k - 1) // 2 for k, d in zip(config.kernel_size, config.dilation, strict=True))
        config = replace(config, padding=padding)
    return torch_layer(config)


def _ignores_the_sign_of_padding(config: Any) -> nn.Module:
    if not isinstance(config.padding, str):
        config = replace(config, padding=tuple(abs(size) for size in config.padding))
    return torch_layer(config)


def _ignores_ceil_mode(config: Any) -> nn.Module:
    if isinstance(config, ConvConfig):
        return torch_layer(config)
    return torch_layer(replace(config, ceil_mode=False))


def _keeps_the_last_window(config: Any) -> nn.Module:
    return torch_layer(config) if isinstance(config, ConvConfig) else KeepsTheLastWindow(config)


class KeepsTheLastWindow(nn.Module):
    """A pool in ceil_mode that also counts a window that starts in the padding."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.config = config
        self.pool = torch_layer(config)

    def forward(self, x: Tensor) -> Tensor:
        """Return as many windows as the division says when it rounds up."""
        config, out = self.config, self.pool(x)
        if not config.ceil_mode:
            return out
        missing = []
        for axis, (size, k, s, p, d) in enumerate(
            zip(config.size, config.kernel_size, config.stride, config.padding, config.dilation, strict=True)
        ):
            windows = -(-(size + 2 * p - d * (k - 1) - 1) // s) + 1
            missing = [0, windows - out.shape[2 + axis], *missing]
        return F.pad(out, missing)


def _lowers_large_padding(config: Any) -> nn.Module:
    if isinstance(config, ConvConfig):
        return torch_layer(config)
    padding = tuple(min(p, k // 2) for p, k in zip(config.padding, config.kernel_size, strict=True))
    return torch_layer(replace(config, padding=padding))


def _layers(layer: Any = torch_layer) -> Any:
    return lambda: LayerSubject(layer, name=layer.__name__)


def _stem_without_stride(net: nn.Module) -> None:
    net.conv1.stride = (1, 1)


class ResizesSmallImages(Cifar10Net):
    """An image that is too small is made larger."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of a 32x32 image for every smaller one."""
        return super().forward(F.interpolate(x, 32) if min(x.shape[2:]) < 32 else x)


class HasAnAuxiliaryHead(ResNet):
    """In train mode a head is computed that small maps do not feed."""

    def __init__(self) -> None:
        super().__init__(BasicBlock, (2, 2, 2, 2))

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits; in train mode also pool a map as an auxiliary head does."""
        if self.training:
            F.avg_pool2d(self.maxpool(x), 5)
        return super().forward(x)


class Tiny(nn.Module):
    """Two convolutions and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(4, 4, 5, padding=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(4, 5)

    def features(self, x: Tensor) -> Tensor:
        """Return the last map."""
        return torch.relu(self.conv2(torch.relu(self.conv1(x))))

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        return self.fc(torch.flatten(self.pool(self.features(x)), 1))


class CropsToASquare(Tiny):
    """Images that are not square are cropped."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of the upper left square."""
        side = min(x.shape[2:])
        return super().forward(x if x.shape[2] == x.shape[3] else x[:, :, :side, :side])


class PadsOddImages(Tiny):
    """Images with an odd number of rows get two more."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, of a taller image where the number of rows is odd."""
        return super().forward(F.pad(x, (0, 0, 0, 2)) if x.shape[2] % 2 else x)


class Squeezes(Tiny):
    """The logits are squeezed, so that those of one image lose their batch axis."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits, without the batch axis where it is 1."""
        return super().forward(x).squeeze()


class Branches(nn.Module):
    """A wide branch beside the identity."""

    def __init__(self, *, blind: bool = False) -> None:
        super().__init__()
        self.blind = blind
        self.wide = nn.Conv2d(4, 4, 5, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum; a blind branch passes no gradient."""
        wide = self.wide(x)
        return torch.relu((wide.detach() if self.blind else wide) + x)


class Branching(Tiny):
    """A net with a branch."""

    def __init__(self, *, blind: bool = False) -> None:
        super().__init__()
        self.conv2 = nn.Sequential(Branches(blind=blind), nn.Conv2d(4, 4, 3, padding=1))


def _blind() -> nn.Module:
    return Branching(blind=True)


def _tiny(build: Any = Tiny) -> Any:
    return lambda: plain(build, 3, 32, 32)


def _cifar(build: Any = Cifar10Net) -> Any:
    return lambda: plain(build, 3, 32, 32)


_RESNET18_AUX = replace(RESNET18, build=HasAnAuxiliaryHead)

MUTANTS = (
    Mutant(sizes.convolution_sizes_equal_the_closed_form, _layers(), _layers(_forgets_dilation), "dilation forgotten"),
    Mutant(sizes.convolution_sizes_equal_the_closed_form, _layers(), _layers(_pads_same_evenly), "same padded evenly"),
    Mutant(
        sizes.convolution_accepts_exactly_what_the_closed_form_accepts,
        _layers(),
        _layers(_ignores_the_sign_of_padding),
        "negative padding accepted",
    ),
    Mutant(sizes.pool_sizes_equal_the_closed_form, _layers(), _layers(_ignores_ceil_mode), "no ceil_mode"),
    Mutant(sizes.pool_sizes_equal_the_closed_form, _layers(), _layers(_keeps_the_last_window), "last window kept"),
    Mutant(
        sizes.pool_accepts_exactly_what_the_closed_form_accepts,
        _layers(),
        _layers(_lowers_large_padding),
        "padding over half accepted",
    ),
    Mutant(
        sizes.stages_have_the_published_sizes, claimed(RESNET18), claimed(RESNET18, _stem_without_stride), "stem stride"
    ),
    Mutant(
        sizes.smallest_and_largest_input_in_eval_mode_are_the_published_ones,
        cifar10(),
        cifar10(ResizesSmallImages),
        "small images resized",
    ),
    Mutant(
        sizes.smallest_input_in_train_mode_is_the_published_one,
        claimed(RESNET18),
        claimed(_RESNET18_AUX),
        "head in train mode",
    ),
    Mutant(sizes.every_layer_has_the_predicted_size, _tiny(), _tiny(CropsToASquare), "cropped to a square"),
    Mutant(sizes.every_layer_has_the_predicted_size, _tiny(), _tiny(PadsOddImages), "odd rows padded"),
    Mutant(sizes.logits_have_the_predicted_size, _tiny(), _tiny(Squeezes), "batch of 1 squeezed"),
    Mutant(
        sizes.exactly_the_predicted_sizes_are_accepted, _cifar(), _cifar(ResizesSmallImages), "small images resized"
    ),
    Mutant(sizes.receptive_field_and_total_stride_equal_the_closed_form, _tiny(Branching), _tiny(_blind), "detached"),
)
