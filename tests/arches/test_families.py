"""Family properties: two constructors make the same net for every configuration, not only for the named ones."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings

from arches.resnet import BasicBlock, Bottleneck, BottleneckV1, ResNet
from properties.property import Violation
from properties.strategies import ResNetConfig, resnet_configs
from properties.subject import Subject
from properties.targets.libraries import import_torchvision
from properties.themes.composition import twin_has_the_same_graph

BLOCKS = {"basic": BasicBlock, "bottleneck": Bottleneck}
NAMES = {"basic": "BasicBlock", "bottleneck": "Bottleneck"}


def ours(config, blocks=BLOCKS):
    """``arches.resnet``'s net."""
    return ResNet(
        blocks[config.block],
        config.depths,
        num_classes=config.num_classes,
        groups=config.groups,
        width_per_group=config.width_per_group,
    )


def theirs(config):
    """torchvision's net."""
    resnet = import_torchvision().models.resnet
    return resnet.ResNet(
        getattr(resnet, NAMES[config.block]),
        list(config.depths),
        num_classes=config.num_classes,
        groups=config.groups,
        width_per_group=config.width_per_group,
    )


def pair(build, twin, mode="eval"):
    """A subject and its twin, each captured at a small size."""
    other = Subject(twin, name="torchvision's", input_shape=(3, 64, 64))
    return Subject(build, name="arches.resnet's", input_shape=(3, 64, 64), twin=other)


@settings(max_examples=4)
@example(ResNetConfig("bottleneck", (1, 1, 1, 1), groups=2, width_per_group=128, num_classes=1))
@given(resnet_configs(max_depth=2))
def test_resnet_has_torchvisions_graph(config):
    """For every block, depths, width, groups and classes, ``arches.resnet``'s net and torchvision's have one graph."""
    twin_has_the_same_graph.verify(pair(lambda: ours(config), lambda: theirs(config)))


@pytest.mark.slow
@settings(max_examples=8)
@given(resnet_configs(max_depth=4, max_groups=32))
def test_resnet_has_torchvisions_graph_in_many_more_configurations(config):
    """The same over deeper and wider nets."""
    twin_has_the_same_graph.verify(pair(lambda: ours(config), lambda: theirs(config)))


@settings(max_examples=2)
@given(resnet_configs(blocks=("bottleneck",), max_depth=1))
def test_the_papers_stride_is_not_torchvisions(config):
    """With the stride on the first 1x1 no bottleneck net is torchvision's, so the family test can fail."""
    with pytest.raises(Violation, match=r"differs from its twin's at layer2\.0\.conv1"):
        twin_has_the_same_graph.verify(pair(lambda: ours(config, {"bottleneck": BottleneckV1}), lambda: theirs(config)))


@pytest.mark.parametrize(("groups", "width"), [(2, 64), (1, 128)])
def test_both_reject_a_grouped_basic_block(groups, width):
    """A basic block has neither groups nor another width, in either family."""
    config = ResNetConfig("basic", (1, 1, 1, 1), groups=groups, width_per_group=width, num_classes=2)

    for build in (ours, theirs):
        with pytest.raises(ValueError, match="groups=1"):
            build(config)
