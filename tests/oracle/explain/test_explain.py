"""One mistake, one deviation: what a mistake brings along is not counted again, and the report says what to change."""

from dataclasses import replace

import pytest
import torch
from support.pairs import SHAPE, Net, conv, normal_form
from torch import nn
from torch.nn import functional as F

from arches.resnet import BasicBlock, ResNet
from properties.graph.torch.capture import capture
from properties.oracle.explain.comparison import Comparison
from properties.oracle.explain.explain import doubts, explain
from properties.oracle.structure.unread import idle
from properties.render.text import lines
from properties.report import Report


def _compared(right, wrong, mode="train") -> Comparison:
    ours, theirs = (normal_form(net, mode).graph for net in (right, wrong))
    return Comparison.of(mode, ours, theirs)


def _explained(right, wrong):
    return explain([_compared(right, wrong)])


def _block(stride=1, *, shortcut=None, middle=None, kernel=3):
    def run(n, x):
        return (n.c(n.b(n.a(x)).relu()) + (n.d(x) if shortcut is not None else x)).relu()

    members = {"a": conv(stride=stride, size=kernel), "b": nn.BatchNorm2d(8), "c": middle or conv()}
    return Net(run, **members, **({"d": shortcut} if shortcut is not None else {}))


def _projection(stride=2):
    return nn.Sequential(conv(size=1, stride=stride), nn.BatchNorm2d(8))


def _pooled_projection():
    return nn.Sequential(nn.AvgPool2d(2, 2), conv(size=1), nn.BatchNorm2d(8))


class _Hidden(nn.Module):
    """Layers that no method of the net finds."""

    def __init__(self, *layers):
        super().__init__()
        self.__dict__["layers"] = layers

    def forward(self, x):
        """One after another."""
        for layer in self.layers:
            x = layer(x)
        return x


ONE = {
    "stride and the shortcut's": (
        _block(2, shortcut=_projection()),
        _block(1, shortcut=_projection(1)),
        "stride is 1, but should be 2 in the convolution; with it stride 1 for 2 on d.0",
    ),
    "stride and a projection": (
        _block(2, shortcut=_projection()),
        _block(1),
        "stride is 1, but should be 2 in the convolution; with it d (convolution, batch norm) missing",
    ),
    "pool takes over a stride": (
        _block(2, shortcut=_projection()),
        _block(2, shortcut=_pooled_projection()),
        "the average pool should not be there; with it stride 1 for 2 on d.1",
    ),
    "window of a pool": (
        nn.MaxPool2d(3, 2, 1),
        nn.MaxPool2d(2, 2),
        "kernel_size is 2x2 and padding is 0, but should be 3x3 and 1 in the max pool",
    ),
    "norm without tensors": (
        nn.Sequential(conv(), nn.BatchNorm2d(8)),
        nn.Sequential(conv(), nn.BatchNorm2d(8, affine=False)),
        "there is no weight or bias, but should be one in the batch norm",
    ),
    "layer rebuilt": (
        nn.Sequential(conv(size=5), nn.BatchNorm2d(8)),
        nn.Sequential(nn.Sequential(conv(), nn.ReLU(), conv()), nn.BatchNorm2d(8)),
        "0 (convolution, ReLU, convolution) stands in place of the convolution (kernel_size 5x5, stride 1)",
    ),
    "layer moved": (
        Net(lambda n, x: n.d(n.b(n.a(x)).relu()), a=conv(), b=nn.BatchNorm2d(8), d=conv()),
        Net(lambda n, x: n.d(n.a(n.b(x)).relu()), a=conv(), b=nn.BatchNorm2d(8), d=conv()),
        "the convolution stands after b, but should stand after (input)",
    ),
    "one layer depthwise and 1x1": (
        nn.Sequential(conv(), nn.BatchNorm2d(8)),
        nn.Sequential(nn.Sequential(conv(groups=8), conv(size=1)), nn.BatchNorm2d(8)),
        "0 (convolution, convolution) stands in place of the convolution (kernel_size 3x3, stride 1)",
    ),
    "slice with another corner": (
        Net(lambda n, x: n.a(x)[:, :, 1:9], a=conv()),
        Net(lambda n, x: n.a(x)[:, :, 2:10], a=conv()),
        "start is 2 and end is 10, but should be 1 and 9 in the slice",
    ),
    "sides of a padding exchanged": (
        Net(lambda n, x: n.a(F.pad(x, (1, 2, 2, 1))), a=conv()),
        Net(lambda n, x: n.a(F.pad(x, (2, 1, 1, 2))), a=conv()),
        "padding is ((2, 3), (3, 2)), but should be ((3, 2), (2, 3)) in the convolution",
    ),
    "nothing registered": (
        nn.Sequential(conv(), nn.BatchNorm2d(8), nn.ReLU()),
        _Hidden(conv(), nn.BatchNorm2d(8), nn.ReLU()),
        "the tensors are not registered, but should be registered in 2 layers",
    ),
    "layers frozen": (
        nn.Sequential(conv(), nn.BatchNorm2d(8)),
        nn.Sequential(conv(), nn.BatchNorm2d(8)).requires_grad_(False),
        "requires_grad is False, but should be True in 2 layers",
    ),
    "halves exchanged": (
        Net(lambda n, x: torch.cat([n.a(x)[:, :4], n.d(n.a(x)[:, 4:])], 1), a=conv(), d=conv(4, 4)),
        Net(lambda n, x: torch.cat([n.a(x)[:, 4:], n.d(n.a(x)[:, :4])], 1), a=conv(), d=conv(4, 4)),
        "the convolution reads",
    ),
    "image written to": (
        Net(lambda n, x: n.a(x), a=conv()),
        Net(lambda n, x: n.a(x.sub_(0.5).mul_(2.0)), a=conv()),
        "the part (addition, product) should not be there; with it the forward pass changes its input",
    ),
}


@pytest.mark.parametrize(("right", "wrong", "message"), ONE.values(), ids=ONE.keys())
def test_one_mistake_is_one_deviation(right, wrong, message):
    """What follows from a mistake is named with it."""
    (deviation,) = _explained(right, wrong)

    assert deviation.message.startswith(message)


def _late_stride():
    net = ResNet(BasicBlock, (1, 2, 1, 1))
    first, second = net.layer2
    first.conv1.stride = first.downsample[0].stride = (1, 1)
    second.conv1.stride = (2, 2)
    second.downsample = nn.Sequential(nn.Conv2d(128, 128, 1, stride=2, bias=False), nn.BatchNorm2d(128))
    return net


@pytest.mark.slow
def test_a_stride_in_another_block_takes_its_projection_along():
    """Both strides, the first shortcut's and the second's projection are one deviation, and all are repaired."""
    ours, theirs = (
        normal_form(net, "train", (2, 3, 64, 64)).graph for net in (ResNet(BasicBlock, (1, 2, 1, 1)), _late_stride())
    )
    (deviation,) = explain([Comparison.of("train", ours, theirs)])

    assert deviation.message.startswith(
        "stride 2 stands on layer2.1.conv1, but should stand on layer2.0.conv1; with it"
    )
    assert (
        "set stride=2 in layer2.0.conv1 and stride=1 in layer2.1.conv1; set stride=2 in layer2.0.downsample.0; "
        "remove layer2.1.downsample.0 to layer2.1.downsample.1"
    ) == deviation.repair


TWO = {
    "two layers": (_block(), _block(kernel=5, middle=conv(bias=False))),
    "stride and bias": (_block(2, shortcut=_projection()), _block(1, shortcut=_projection(1), middle=conv(bias=False))),
    "two settings of a norm": (
        nn.Sequential(conv(), nn.BatchNorm2d(8)),
        nn.Sequential(conv(), nn.BatchNorm2d(8, 1e-3, 0.2)),
    ),
    "a branch and no shortcut": (
        _block(1, shortcut=conv(size=1)),
        _block(1, shortcut=conv(size=1, bias=False), middle=conv(size=5)),
    ),
}


@pytest.mark.parametrize(("right", "wrong"), TWO.values(), ids=TWO.keys())
def test_two_mistakes_are_two_deviations(right, wrong):
    """Independent mistakes are not taken for one, however near they stand."""
    assert 2 == len(_explained(right, wrong))


class _ActivatesFirst(BasicBlock):
    """The ReLU stands before the addition."""

    def forward(self, x):
        """Two convolutions, each with its ReLU, and the shortcut."""
        out = self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))
        return out + (x if self.downsample is None else self.downsample(x))


def test_a_mistake_everywhere_hides_no_block():
    """Where no two layers' surroundings are equal any more, blocks are still held against blocks, and two is two."""
    with torch.device("meta"):
        right, wrong = ResNet(BasicBlock, (2, 2, 2, 2)), ResNet(_ActivatesFirst, (2, 2, 2, 2))
    for norm in [module for module in wrong.modules() if isinstance(module, nn.BatchNorm2d)]:
        norm.eps = 1e-3
    ours, theirs = (normal_form(net, "eval", (2, 3, 64, 64)).graph for net in (right, wrong))
    found = explain([Comparison.of("eval", ours, theirs)])

    assert [("attribute", 20), ("wiring", 8)] == [(deviation.kind, deviation.count) for deviation in found]


REPAIRS = {
    "setting": (conv(), conv(size=5), "set kernel_size=3 and padding=1 in (conv)"),
    "missing": (_block(), _block(middle=nn.Identity()), "add the convolution (kernel_size 3x3, stride 1) before (add)"),
    "extra": (conv(), nn.Sequential(conv(), nn.ReLU()), "remove 1"),
    "bias": (nn.Sequential(conv()), nn.Sequential(conv(bias=False)), "set bias=True in 0"),
    "replaced": (
        nn.Sequential(conv(), nn.ReLU()),
        nn.Sequential(conv(), nn.SiLU()),
        "put the ReLU in place of 1",
    ),
}


@pytest.mark.parametrize(("right", "wrong", "repair"), REPAIRS.values(), ids=REPAIRS.keys())
def test_the_repair_is_said(right, wrong, repair):
    """In the candidate's own names, as one would type it."""
    (deviation,) = _explained(right, wrong)

    assert (deviation.repair or "").startswith(repair)


def test_the_excerpt_marks_what_differs():
    """The layer before, the layer itself with its setting, and the layer after, on both sides."""
    right = nn.Sequential(conv(), nn.BatchNorm2d(8), nn.ReLU())
    (deviation,) = _explained(right, nn.Sequential(conv(), nn.BatchNorm2d(8, eps=1e-3), nn.ReLU()))

    assert [
        ("0  conv 3x3, padding 1, 8x12x12", "0  conv 3x3, padding 1, 8x12x12", False),
        ("1  batch_norm, eps 1e-05, 8x12x12", "1  batch_norm, eps 0.001, 8x12x12", True),
        ("2  relu, 8x12x12", "2  relu, 8x12x12", False),
    ] == [(row.reference, row.candidate, row.differs) for row in deviation.excerpt]


def test_a_long_region_is_cut_to_seven_rows():
    """Four operators and how many more, between their neighbours."""
    long = nn.Sequential(conv(), *(layer for _ in range(4) for layer in (conv(size=1), nn.BatchNorm2d(8))), nn.ReLU())
    (deviation,) = _explained(nn.Sequential(conv(), nn.ReLU()), long)
    shown = [row.candidate for row in deviation.excerpt]

    assert (7, "... 4 more") == (len(shown), shown[-2])


@pytest.mark.parametrize(("width", "texts"), [(120, 1), (60, 2)])
def test_narrow_terminals_stack_the_two_nets(width, texts):
    """Side by side where there is room, one below the other where there is none; nothing is cut."""
    found = _explained(nn.Sequential(conv()), nn.Sequential(conv(bias=False)))
    printed = [line.plain for line in lines(Report("mine", "theirs", "deviates", deviations=found), width)]

    assert texts == len([line for line in printed if line.startswith("      > ")])
    assert any("conv 3x3, padding 1, bias, 8x12x12" in line for line in printed)


def test_a_complete_explanation_leaves_no_doubt():
    """A list that lacks an edit is doubted, in the mode where it does."""
    whole = _compared(_block(), _block(kernel=5, middle=conv(bias=False)))
    part = replace(whole, edits=whole.edits[:1])

    assert () == doubts([whole])
    assert ("the deviations listed do not account for every difference in train mode",) == doubts([part])


def test_modules_without_effect_are_named():
    """Those that the reference has as well, and those that do nothing anywhere, are not."""

    def graphs(**spare):
        net = Net(lambda n, x: n.a(x), a=conv(), **spare)
        return [capture(net, input_shape=SHAPE, mode=mode) for mode in ("eval", "train")]

    used, idle_relu, two = graphs(), graphs(r=nn.ReLU(), i=nn.Identity()), graphs(r=nn.ReLU(), s=nn.ReLU())

    assert () == idle(used, used) == idle(idle_relu, idle_relu)
    assert ("never run, or without effect: r (ReLU)",) == idle(used, idle_relu)
    assert ("never run, or without effect: s (ReLU)",) == idle(idle_relu, two)


def test_what_is_missing_before_a_dropout_counts_once():
    """In train mode the dropout follows, in eval mode the layer behind it: one place all the same."""
    right = nn.Sequential(conv(), nn.ReLU(), nn.Dropout(), conv())
    wrong = nn.Sequential(conv(), nn.Dropout(), conv())

    (deviation,) = explain([_compared(right, wrong, mode) for mode in ("eval", "train")])

    assert ("operator-missing", "both", 1) == (deviation.kind, deviation.mode, deviation.count)
    assert "the ReLU is missing" == deviation.message


def test_two_in_one_place_count_twice_in_both_modes():
    """Operators without a layer of their own go by the module, which does not tell them apart."""
    right = Net(lambda n, x: F.dropout(n.b(n.a(x)), training=n.training), a=conv(), b=conv())
    wrong = Net(lambda n, x: F.dropout(n.b(n.a(x).relu()).relu(), training=n.training), a=conv(), b=conv())

    (deviation,) = explain([_compared(right, wrong, mode) for mode in ("eval", "train")])

    assert ("operator-extra", "both", 2) == (deviation.kind, deviation.mode, deviation.count)
