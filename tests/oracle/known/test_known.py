"""The catalogue of known deviations: each is recognised by its structure, and what only looks like it is not."""

import re

import pytest
import torch
from support.pairs import SHAPE, Net, conv, normal_form
from torch import nn
from torch.nn import functional as F

from properties.oracle.explain.comparison import Comparison
from properties.oracle.explain.explain import explain
from properties.oracle.known import KNOWN


def found(right, wrong, mode="train", shape=SHAPE):
    """The deviations of one net from another in one mode."""
    ours, theirs = (normal_form(net, mode, shape).graph for net in (right, wrong))
    return explain([Comparison.of(mode, ours, theirs)])


def _bottleneck(first=1, second=1, *, groups=(1, 1)):
    def run(n, x):
        return (n.c(n.b(n.a(x).relu()).relu()) + n.d(x)).relu()

    return Net(
        run,
        a=conv(size=1, stride=first, groups=groups[0]),
        b=conv(stride=second, groups=groups[1]),
        c=conv(out=16, size=1),
        d=conv(out=16, size=1, stride=first * second),
    )


def _stem(*layers):
    return nn.Sequential(*layers, conv(), nn.ReLU())


def _residual(run):
    return Net(run, a=conv(), b=conv(), n=nn.BatchNorm2d(8))


def _branches(*sizes):
    def run(n, x):
        return torch.cat([n.a(x), n.b(x)], 1)

    return Net(run, a=conv(size=sizes[0]), b=conv(size=sizes[1]))


def _concatenation(turn):
    return Net(lambda n, x: n.c(torch.cat([n.a(x), x][::turn], 1)), a=conv(), c=conv(16))


def _heads(turn):
    return Net(lambda n, x: (n.a(x).relu(), n.b(x).tanh())[::turn], a=conv(), b=conv())


def _normed(**settings):
    return nn.Sequential(conv(bias=False), nn.BatchNorm2d(8, **settings), nn.ReLU())


def _biased(*, bias):
    return nn.Sequential(conv(bias=bias), nn.BatchNorm2d(8))


def _gated(*, gate):
    def run(n, x):
        y = n.a(x)
        return y * n.b(F.adaptive_avg_pool2d(y, 1)).sigmoid() if gate else y

    return Net(run, a=conv(), b=conv(size=1))


def _classifier(*layers):
    return nn.Sequential(conv(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), *layers)


CASES = {
    "v1": (_bottleneck(1, 2), _bottleneck(2, 1), "ResNet v1:"),
    "v1.5": (_bottleneck(2, 1), _bottleneck(1, 2), "ResNet v1.5:"),
    "first grouped": (_bottleneck(), _bottleneck(groups=(4, 1)), "first 1x1 convolution of the block is grouped"),
    "groups ignored": (_bottleneck(groups=(1, 4)), _bottleneck(), "groups is ignored"),
    "eps": (_normed(), _normed(eps=1e-3), "TensorFlow's batch norm epsilon"),
    "eps back": (_normed(eps=1e-3), _normed(), "PyTorch's batch norm epsilon"),
    "eps of width": (_normed(), _normed(eps=8), "eps was given the number of channels"),
    "momentum": (_normed(), _normed(momentum=0.9), "TensorFlow's convention"),
    "ceil": (nn.MaxPool2d(3, 2), nn.MaxPool2d(3, 2, ceil_mode=True), "Caffe's pooling"),
    "count of padding": (
        nn.AvgPool2d(3, 1, 1),
        nn.AvgPool2d(3, 1, 1, count_include_pad=False),
        "without the padding in its count",
    ),
    "gelu": (nn.GELU(), nn.GELU("tanh"), "tanh approximation"),
    "5x5 as 3x3": (_branches(1, 5), _branches(1, 3), "5x5 branch built as 3x3"),
    "3x3 as 5x5": (_branches(1, 3), _branches(1, 5), "5x5 branch as in the paper"),
    "bias before norm": (_biased(bias=False), _biased(bias=True), "bias before a batch norm"),
    "heads": (_heads(1), _heads(-1), "outputs are swapped"),
    "order": (_concatenation(1), _concatenation(-1), "concatenation is in another order"),
    "stem relu": (_stem(conv(), nn.ReLU()), _stem(conv()), "stem's ReLU is missing"),
    "relu6": (_stem(conv(), nn.ReLU6()), _stem(conv(), nn.ReLU()), "ReLU for ReLU6"),
    "leaky": (_stem(conv(), nn.ReLU()), _stem(conv(), nn.LeakyReLU()), "leaky ReLU for ReLU"),
    "relu before addition": (
        _residual(lambda n, x: n.b(n.a(x).relu()) + x),
        _residual(lambda n, x: n.b(n.a(x).relu()).relu() + x),
        "ReLU is before the addition",
    ),
    "relu after addition": (
        _residual(lambda n, x: n.a((n.b(n.a(x).relu()) + x).relu())),
        _residual(lambda n, x: n.a(n.b(n.a(x).relu()) + x)),
        "ReLU after the addition is missing",
    ),
    "relu in place": (
        _residual(lambda n, x: (lambda y: n.b(y.relu()) + y)(n.a(x))),
        _residual(lambda n, x: (lambda y: n.b(y) + y)(n.a(x).relu())),
        "in-place ReLU changes what the shortcut adds",
    ),
    "gate": (_gated(gate=True), _gated(gate=False), "squeeze-and-excitation is missing"),
    "dropout": (
        _classifier(nn.Linear(8, 4)),
        _classifier(nn.Dropout(), nn.Linear(8, 4)),
        "dropout is there in one net",
    ),
    "softmax": (_classifier(nn.Linear(8, 4)), _classifier(nn.Linear(8, 4), nn.Softmax(1)), "probabilities"),
    "transform input": (
        nn.Sequential(conv()),
        Net(lambda n, x: n.a(x * 0.5 + 0.25), a=conv()),
        "transform_input is on",
    ),
}

UNKNOWN = {
    "stride of a plain layer": (nn.Sequential(conv(stride=2), conv()), nn.Sequential(conv(), conv(stride=2))),
    "another momentum": (_normed(), _normed(momentum=0.2)),
    "bias without norm": (nn.Sequential(conv(bias=False)), nn.Sequential(conv())),
    "kernel outside branches": (nn.Sequential(conv(), conv(size=5)), nn.Sequential(conv(), conv())),
    "activation": (_stem(conv(), nn.ReLU()), _stem(conv(), nn.SiLU())),
    "second relu": (_stem(conv(), nn.ReLU(), conv(), nn.ReLU()), _stem(conv(), nn.ReLU(), conv())),
    "p of dropout": (nn.Sequential(conv(), nn.Dropout(0.5)), nn.Sequential(conv(), nn.Dropout(0.4))),
    "width": (nn.Sequential(conv(), conv()), nn.Sequential(conv(out=12), conv(12))),
}


@pytest.mark.parametrize(("right", "wrong", "name"), CASES.values(), ids=CASES.keys())
def test_it_is_called_by_its_name(right, wrong, name):
    """One deviation, with the name that people use and a link to read about it."""
    (deviation,) = found(right, wrong)

    assert name in (deviation.known_as or "")
    assert (deviation.link or "").startswith("https://")


@pytest.mark.parametrize(("right", "wrong"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_only_looks_like_it_has_no_name(right, wrong):
    """A deviation that nobody is known for is none of the catalogue's."""
    assert [None] == [deviation.known_as for deviation in found(right, wrong)]


def test_every_repetition_has_to_fit():
    """ReLUs missing everywhere are not the stem's."""
    right = nn.Sequential(*(layer for _ in range(3) for layer in (conv(), nn.ReLU())))
    (deviation,) = found(right, nn.Sequential(conv(), conv(), conv()))

    assert (3, None) == (deviation.count, deviation.known_as)


def test_widths_of_norms_as_eps_are_one_mistake():
    """Each norm's own number of channels as its eps is one deviation."""

    def net(*eps):
        return nn.Sequential(conv(), nn.BatchNorm2d(8, eps=eps[0]), conv(out=16), nn.BatchNorm2d(16, eps=eps[1]))

    (deviation,) = found(net(1e-5, 1e-5), net(8, 16))

    assert 2 == deviation.count


def test_entries_have_a_name_and_a_link_of_their_own():
    """Names differ, and links are addresses."""
    assert len(KNOWN) == len({known.says for known in KNOWN})
    assert all(re.fullmatch(r"https://[^\s]+", known.link) for known in KNOWN)
