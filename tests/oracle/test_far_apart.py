"""Nets with several mistakes, or one in every layer, are still held layer against layer: no mistake is invented."""

import pytest
import torch
from support.pairs import conv, normal_form
from torch import nn

from arches.resnet import BasicBlock, Bottleneck, ResNet
from properties import check
from properties.oracle.explain.comparison import Comparison
from properties.oracle.explain.explain import doubts, explain


def _compared(right, wrong, size) -> Comparison:
    ours, theirs = (normal_form(net, "train", (2, 3, size, size)).graph for net in (right, wrong))
    return Comparison.of("train", ours, theirs)


def _compared_at(right, wrong) -> Comparison:
    return Comparison.of("train", *(normal_form(net, "train").graph for net in (right, wrong)))


def _said(comparison: Comparison) -> list[tuple[str, str | None, int]]:
    return [(one.kind, one.attribute, one.count) for one in explain([comparison])]


class _ActivatesTwice(Bottleneck):
    """A ReLU before the addition, and the one after it."""

    def forward(self, x):
        """Three convolutions, each with its ReLU, and the shortcut."""
        out = self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))
        out = self.relu(self.bn3(self.conv3(out)))
        return self.relu(out + (x if self.downsample is None else self.downsample(x)))


def _with_biases(net):
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            module.bias = nn.Parameter(torch.empty(module.out_channels))
    return net


class _PoolsFirst(ResNet):
    """The stem's norm and ReLU come after its pool."""

    def forward(self, x):
        """As usual but for the stem."""
        x = self.relu(self.bn1(self.maxpool(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def test_no_block_is_lost_where_every_layer_has_a_bias():
    """A bias everywhere, a ReLU in every block and another stem: no layer's surroundings are what they should be."""
    with torch.device("meta"):
        right = ResNet(Bottleneck, (3, 4, 6, 3))
        wrong = _with_biases(_PoolsFirst(_ActivatesTwice, (3, 4, 6, 3)))
    compared = _compared(right, wrong, 64)
    found = _said(compared)

    assert ("parameter", "bias", 53) == found[0]
    assert 53 + 53 == sum(
        op.kind in ("conv", "batch_norm") for op in map(compared.reference.ops.__getitem__, compared.pairs)
    )
    assert {"parameter", "wiring", "operator-extra"} == {kind for kind, _, _ in found}
    assert () == doubts([compared])


class _ShortcutFirst(_ActivatesTwice):
    """The same, with the shortcut computed first."""

    def forward(self, x):
        """The shortcut, then three convolutions, each with its ReLU."""
        shortcut = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))
        return self.relu(self.relu(self.bn3(self.conv3(out))) + shortcut)


def test_equal_layers_of_parallel_branches_are_not_crossed():
    """Two 1x1 convolutions of one size end in one addition, one of them past a ReLU more: each keeps its norm."""
    wrong = _with_biases(_PoolsFirst(_ShortcutFirst, (2, 1, 1, 1)))
    found = check(wrong, ResNet(Bottleneck, (2, 1, 1, 1)), input_shape=(3, 64, 64), profile="quick")

    kinds = [("parameter", 20), ("wiring", 1), ("operator-extra", 5)]
    assert kinds == [(one.kind, one.count) for one in found.deviations]


def _chain(widths, *end):
    layers: list[nn.Module] = []
    for number, (own, out) in enumerate(zip((3, *widths), widths, strict=False)):
        layers += [nn.Conv2d(own, out, 3, padding=1), nn.ReLU(), *([nn.MaxPool2d(2)] if number in (0, 1, 4) else [])]
    return nn.Sequential(*layers, *end, nn.Flatten(), nn.Linear(widths[-1] * 4, 5))


def test_a_changed_width_is_no_layer_elsewhere():
    """A layer that has become as wide as another one was is not taken for that one."""
    right, wrong = _chain((4, 12, 24, 16, 16), nn.AdaptiveAvgPool2d(2)), _chain((6, 16, 24, 24, 16))
    found = _said(_compared(right, wrong, 16))

    widths = [("attribute", "out_channels", 2), ("attribute", "out_channels", 1)]
    assert [*widths, ("operator-missing", None, 1)] == found


class _SharesItsNorm(BasicBlock):
    """One norm serves both convolutions; the shortcut's has a bias."""

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.bn1 = self.bn2
        if self.downsample is not None:
            _with_biases(self.downsample)


def test_the_branches_of_an_addition_are_not_taken_for_one_another():
    """Both end in a norm of one width: the convolutions before them tell them apart, whatever else is wrong."""
    with torch.device("meta"):
        right, wrong = ResNet(BasicBlock, (1, 1, 1, 1)), ResNet(_SharesItsNorm, (1, 1, 1, 1))
    found = _said(_compared(right, wrong, 64))

    assert [("parameter", "shared", 4), ("parameter", "bias", 3)] == found


def _classifier(*end):
    return nn.Sequential(*end, nn.Flatten(), nn.Linear(8 * 36, 8), nn.ReLU())


def test_a_dropout_elsewhere_is_no_part_of_what_is_missing_beside_it():
    """The pool is missing, and the dropout beside it stands after the hidden layer: two mistakes."""
    right = nn.Sequential(conv(), _classifier(nn.AdaptiveAvgPool2d(6), nn.Dropout()), nn.Linear(8, 4))
    wrong = nn.Sequential(conv(stride=2), _classifier(), nn.Dropout(), nn.Linear(8, 4))
    right[0].stride = (2, 2)
    compared = [
        Comparison.of(mode, *(normal_form(net, mode).graph for net in (right, wrong))) for mode in ("eval", "train")
    ]

    assert [("operator-missing", "both"), ("wiring", "train")] == [(one.kind, one.mode) for one in explain(compared)]


def test_what_several_edits_of_a_layer_add_is_counted_once():
    """A bias that should not be there, in a layer whose width is wrong as well."""
    right, wrong = nn.Sequential(conv(bias=False), nn.ReLU()), nn.Sequential(conv(out=10), nn.ReLU())
    found = {one.attribute: one.effect["parameters"] for one in explain([_compared_at(right, wrong)])}

    assert {"out_channels": 2 * 8 * 9, "bias": 10} == found


def test_of_two_layers_the_one_that_differs_less_is_taken():
    """Where a layer is missing and every layer has a bias, it is the missing one that is named."""
    right = nn.Sequential(nn.Sequential(conv(out=8, size=1, bias=False), nn.ReLU()), conv(out=12, bias=False))
    wrong = nn.Sequential(conv(out=12))
    found = _said(_compared_at(right, wrong))

    assert [("operator-missing", None, 1), ("parameter", "bias", 1)] == found


@pytest.mark.parametrize(("padding", "bordered"), [(1, True), (0, False)])
def test_a_border_is_named_where_there_is_one(padding, bordered):
    """A stem with a 1x1 kernel adds a border if it kept its padding, and only then."""
    right, wrong = nn.Sequential(conv(), conv()), nn.Sequential(conv(size=1, padding=padding), conv())
    (deviation,) = explain([_compared_at(right, wrong)])

    assert bordered == ("adds a border" in (deviation.known_as or ""))


class _Joined(nn.Module):
    """A block that joins its two branches in one way, with its ReLU at the end."""

    def __init__(self, join) -> None:
        super().__init__()
        self.conv = conv()
        self.join = join

    def forward(self, x):
        """The branch and the shortcut."""
        return self.join(self.conv(x), x).relu()


def _joined(join) -> nn.Module:
    return nn.Sequential(conv(3), nn.ReLU(), *(_Joined(join) for _ in range(3)))


def test_a_relu_that_has_no_effect_because_of_a_mistake_is_not_missing():
    """A maximum with what a ReLU made is never negative: the ReLU after it does nothing, and is there all the same."""
    found = check(lambda: _joined(torch.maximum), lambda: _joined(torch.add), input_shape=(3, 8, 8), profile="quick")

    assert [("operator-replaced", "add", "maximum", 3)] == [
        (one.kind, one.reference, one.candidate, one.count) for one in found.deviations
    ]
