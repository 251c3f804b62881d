"""Shortcuts: blocks are found by structure, and the rules hold for every drawn block."""

from __future__ import annotations

import pytest
import torch
from hypothesis import example, given
from support.subjects import subject_of
from torch import Tensor, nn

from arches.resnet import BasicBlock, Bottleneck, BottleneckV1
from properties.graph.analysis.residual import residual_blocks
from properties.strategies import BlockConfig, block_configs
from properties.subject import Subject
from properties.themes import shortcuts

BLOCKS = {"basic": BasicBlock, "bottleneck": Bottleneck}
RULES = (
    shortcuts.shortcut_is_the_identity_exactly_when_shapes_agree,
    shortcuts.projection_is_one_1x1_convolution_with_the_blocks_stride,
    shortcuts.projection_ends_in_a_norm,
    shortcuts.addition_comes_before_the_last_relu,
    shortcuts.zeroed_residual_branch_leaves_relu_of_the_shortcut,
)


def alone(config, blocks=BLOCKS):
    """One block as a net; a layer before it gives it a module of its own to stand in."""

    def build():
        planes = config.out_channels // config.expansion
        return nn.Sequential(nn.ReLU(), blocks[config.block](config.in_channels, planes, stride=config.stride))

    return Subject(build, name=str(config), input_shape=(config.in_channels, 9, 7))


@pytest.mark.parametrize("rule", RULES, ids=str)
@example(BlockConfig("basic", 4, 4, 1))
@example(BlockConfig("basic", 4, 4, 2))
@example(BlockConfig("bottleneck", 1, 4, 1))
@example(BlockConfig("bottleneck", 4, 4, 3))
@given(block_configs())
def test_every_drawn_block_keeps_the_rule(rule, config):
    """For every drawn (in, out, stride, block) the rule holds."""
    subject = alone(config)

    assert rule.concerns(subject)
    rule.verify(subject)


@given(block_configs())
def test_the_shortcut_of_a_drawn_block_is_what_the_rule_says(config):
    """A block found in its graph has the drawn channels and stride, and projects exactly when it has to."""
    (block,) = residual_blocks(alone(config).graph())

    assert block.channels == (config.in_channels, config.out_channels)
    assert block.stride == (config.stride, config.stride)
    assert bool(block.shortcut) == config.projects


@given(block_configs(blocks=("bottleneck",)))
def test_the_papers_bottleneck_has_the_same_shortcut(config):
    """Where a block's stride stands does not change its total."""
    ours, papers = (alone(config, {"bottleneck": kind}) for kind in (Bottleneck, BottleneckV1))
    (one,), (other,) = residual_blocks(ours.graph()), residual_blocks(papers.graph())

    assert (one.stride, one.channels, one.shortcut) == (other.stride, other.channels, other.shortcut)


def blocks_of(name):
    """The residual blocks of a reference net."""
    return residual_blocks(subject_of(name).graph())


def test_resnet50_projects_at_stride_1():
    """ResNet-50's ``layer1.0`` projects 64 to 256 channels at stride 1 (facts B)."""
    first = blocks_of("resnet50")[0]

    assert (first.where, first.stride, first.channels) == ("layer1.0", (1, 1), (64, 256))
    assert [op.kind for op in first.ops(first.shortcut)] == ["conv", "batch_norm"]


def test_resnet18_does_not_project_in_its_first_stage():
    """ResNet-18's ``layer1.0`` does not (facts B)."""
    projecting = [block.where for block in blocks_of("resnet18") if block.shortcut]

    assert projecting == ["layer2.0", "layer3.0", "layer4.0"]


def test_d2l_projects_with_bias_and_without_norm():
    """The book's projection is a convolution with bias and nothing else, on the first block of stages 2-4 (facts A)."""
    ends = {block.where: block.ops(block.shortcut) for block in blocks_of("resnet18_d2l") if block.shortcut}

    assert list(ends) == ["2.0", "3.0", "4.0"]
    assert [[op.kind for op in ops] for ops in ends.values()] == [["conv"]] * 3
    assert all("bias" in op.params for ops in ends.values() for op in ops)


class Positional(nn.Module):
    """Adds a tensor of its own, as a position embedding does."""

    def __init__(self) -> None:
        super().__init__()
        self.position = nn.Parameter(torch.zeros(3, 4, 4))

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum."""
        return x + self.position


def test_adding_a_parameter_is_no_shortcut():
    """A shortcut joins two ways from one value; a parameter is not a value of the image."""
    assert residual_blocks(Subject(Positional, name="net", input_shape=(3, 4, 4)).graph()) == ()


def test_names_and_operand_order_decide_nothing():
    """``shortcut + residual`` with other attribute names is the same block."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3)

        def forward(self, x: Tensor) -> Tensor:
            return torch.relu(x + self.b(self.a(x)))

    (block,) = residual_blocks(Subject(Block, name="net", input_shape=(3, 8, 8)).graph())

    assert [op.kind for op in block.ops(block.residual)] == ["conv", "batch_norm"]
    assert block.shortcut == ()


def test_weights_are_put_back():
    """After the zeroed branch the net has the weights and the hooks it had."""
    subject = alone(BlockConfig("basic", 4, 8, 2))
    before = {key: value.clone() for key, value in subject.net.state_dict().items()}
    shortcuts.zeroed_residual_branch_leaves_relu_of_the_shortcut.verify(subject)

    assert all(before[key].equal(value) for key, value in subject.net.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in subject.net.modules())
