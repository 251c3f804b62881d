"""Residual nets with one mistake in their shortcuts."""

from __future__ import annotations

from typing import Any

import torch
from mutants.mutant import Mutant
from mutants.nets import RESNET18, claimed, residual
from torch import Tensor, nn

from arches.resnet import BasicBlock
from properties.themes import shortcuts

__all__ = ["MUTANTS"]


class ActivatesBeforeAdding(BasicBlock):
    """The last ReLU stands before the addition."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``relu(residual(x)) + shortcut(x)``."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        return out + (x if self.downsample is None else self.downsample(x))


class ForgetsTheLastRelu(BasicBlock):
    """Nothing follows the addition."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``residual(x) + shortcut(x)``."""
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return out + (x if self.downsample is None else self.downsample(x))


class ShiftsAfterTheNorm(BasicBlock):
    """A scalar of its own is added after the residual branch's norm, as Fixup does without one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shift = nn.Parameter(torch.full((1,), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``relu(residual(x) + shift + shortcut(x))``."""
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))) + self.shift
        return self.relu(out + (x if self.downsample is None else self.downsample(x)))


def _projects_everywhere(net: Any) -> None:
    net.layer1[1].downsample = nn.Sequential(nn.Conv2d(64, 64, 1, bias=False), nn.BatchNorm2d(64))


def _projects_by_3x3(net: Any) -> None:
    net.layer2[0].downsample[0] = nn.Conv2d(64, 128, 3, stride=2, padding=1, bias=False)


def _pools_in_the_shortcut(net: Any) -> None:
    net.layer2[0].downsample = nn.Sequential(
        nn.AvgPool2d(2, ceil_mode=True), nn.Conv2d(64, 128, 1, bias=False), nn.BatchNorm2d(128)
    )


def _activates_the_projection(net: Any) -> None:
    net.layer2[0].downsample.append(nn.ReLU())


def _projects_without_norm(net: Any) -> None:
    net.layer2[0].downsample = nn.Conv2d(64, 128, 1, stride=2, bias=True)


def _loses_a_block(net: Any) -> None:
    del net.layer4[1]


_count = shortcuts.there_are_as_many_residual_blocks_as_the_table_has
_identity = shortcuts.shortcut_is_the_identity_exactly_when_shapes_agree
_projection = shortcuts.projection_is_one_1x1_convolution_with_the_blocks_stride
_norm = shortcuts.projection_ends_in_a_norm
_relu = shortcuts.addition_comes_before_the_last_relu
_zeroed = shortcuts.zeroed_residual_branch_leaves_relu_of_the_shortcut

MUTANTS = (
    Mutant(_count, claimed(RESNET18), claimed(RESNET18, _loses_a_block), "one block fewer in the last stage"),
    Mutant(_identity, residual(), residual(_projects_everywhere), "projection where shapes agree"),
    Mutant(_projection, residual(), residual(_projects_by_3x3), "3x3 projection"),
    Mutant(_projection, residual(), residual(_pools_in_the_shortcut), "pooled shortcut"),
    Mutant(_projection, residual(), residual(_activates_the_projection), "ReLU after the projection"),
    Mutant(_norm, residual(), residual(_projects_without_norm), "projection with bias instead of norm"),
    Mutant(_relu, residual(), residual(block=ActivatesBeforeAdding), "ReLU before the addition"),
    Mutant(_relu, residual(), residual(block=ForgetsTheLastRelu), "no ReLU after the addition"),
    Mutant(_zeroed, residual(), residual(block=ShiftsAfterTheNorm), "shift after the last norm"),
)
