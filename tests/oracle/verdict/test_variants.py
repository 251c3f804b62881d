"""What a candidate is in truth: a reference, one with other classes, or one of a family without a name."""

from functools import partial

import pytest
from torch import nn

import arches
from arches.resnet import BasicBlock, ResNet
from properties.graph.rules.canonical import canonicalise
from properties.oracle.parties.local import LocalParty
from properties.oracle.verdict.variants import name_of, nearer


def _graphs(build, shape):
    subject = LocalParty(build, "the candidate")
    graphs = {mode: canonicalise(subject.capture(mode, (2, *shape))).graph for mode in ("eval", "train")}
    return graphs, subject.num_params


def _name(build, shape, besides=""):
    graphs, num_params = _graphs(build, shape)
    return name_of(graphs, num_params, besides=besides)


SMALL = (3, 32, 32)


@pytest.mark.parametrize(
    ("build", "shape", "name"),
    [
        (arches.cifar10_net, SMALL, "cifar10_net"),
        (partial(arches.cifar10_net, num_classes=7), SMALL, "cifar10_net with num_classes=7"),
    ],
)
def test_a_net_is_named_by_what_builds_it(build, shape, name):
    """With the keywords that differ from the usual ones."""
    assert name == _name(build, shape)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("build", "name"),
    [
        (arches.resnet50_v1, "resnet50_v1"),
        (partial(ResNet, BasicBlock, (1, 2, 1, 1)), "a ResNet of basic blocks with depths (1, 2, 1, 1)"),
        (
            partial(arches.resnet18_cifar, num_classes=4, in_channels=1),
            "resnet18_cifar with num_classes=4 and in_channels=1",
        ),
        (partial(arches.vgg11_bn, num_classes=10), "vgg11_bn with num_classes=10"),
        (
            lambda: arches.FAMILIES[1].build(depths=(1, 2, 1, 1), groups=32, width_per_group=4, num_classes=10),
            "a ResNet of bottleneck blocks with depths (1, 2, 1, 1), groups 32, width_per_group 4, 10 classes",
        ),
        (
            lambda: arches.FAMILIES[2].build(depths=(1, 1, 1, 1)),
            "a ResNet of v1 bottleneck blocks with depths (1, 1, 1, 1)",
        ),
        (
            lambda: arches.FAMILIES[3].build(((64,), (64,), (128,), (256,), (512,)), num_classes=1000, in_channels=3),
            "a VGG with column ((64,), (64,), (128,), (256,), (512,))",
        ),
    ],
)
def test_families_are_recognised_too(build, name):
    """Block counts, groups, widths and classes are read from the graph and proven by building the net."""
    channels = build.keywords.get("in_channels", 3) if isinstance(build, partial) else 3

    assert name == _name(build, (channels, 64, 64))


@pytest.mark.slow
def test_a_net_with_a_mistake_has_no_name():
    """The right number of scalars is no proof."""

    def wrong():
        net = ResNet(BasicBlock, (1, 1, 1, 1))
        net.layer2[0].bn1.eps = 1e-3
        return net

    assert _name(wrong, SMALL) is None


def test_the_reference_asked_for_is_not_named():
    """A net is not said to be what it was already found not to be; the other one with its graph is."""
    assert "cifar10_net_sequential" == _name(arches.cifar10_net, SMALL, besides="cifar10_net")


def _twice_wrong():
    net = arches.resnet18_cifar()
    net.bn1 = nn.BatchNorm2d(64, eps=1e-3)
    return net


@pytest.mark.slow
def test_a_nearer_reference_is_noted():
    """A reference with fewer deviations is named beside the one asked for, and none with as many."""
    graphs, num_params = _graphs(_twice_wrong, SMALL)
    notes = [nearer(graphs, num_params, besides="resnet18", deviations=many) for many in (3, 1)]

    assert [("nearer to resnet18_cifar: 1 deviation instead of 3",), ()] == notes
