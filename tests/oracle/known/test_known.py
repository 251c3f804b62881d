"""The catalogue of known deviations: each is recognised by its structure, and what only looks like it is not."""

import importlib
import re
from collections import Counter

import pytest
from oracle.known.activations import TRIOS as ACTIVATIONS
from oracle.known.branches import TRIOS as BRANCHES
from oracle.known.dropout import TRIOS as DROPOUT
from oracle.known.ends import TRIOS as ENDS
from oracle.known.kernels import TRIOS as KERNELS
from oracle.known.norms import TRIOS as NORMS
from oracle.known.pools import TRIOS as POOLS
from oracle.known.shortcuts import TRIOS as SHORTCUTS
from oracle.known.strides import TRIOS as STRIDES
from oracle.known.widths import TRIOS as WIDTHS
from support.blocks import Branches, Residual
from support.pairs import SHAPE, Net, conv, normal_form
from torch import nn

from properties.oracle.explain.comparison import Comparison
from properties.oracle.explain.explain import explain
from properties.oracle.known import KNOWN, dropout, ends, kernels, norms, shortcuts, widths
from properties.oracle.known.case import Known

FAMILIES = {  # by the module of the predicates
    "strides": STRIDES,
    "kernels": KERNELS,
    "widths": WIDTHS,
    "pools": POOLS,
    "norms": NORMS,
    "activations": ACTIVATIONS,
    "shortcuts": SHORTCUTS,
    "branches": BRANCHES,
    "dropout": DROPOUT,
    "ends": ENDS,
}


def found(right, wrong, mode="train", shape=SHAPE):
    """The deviations of one net from another in one mode."""
    ours, theirs = (normal_form(net, mode, shape).graph for net in (right, wrong))
    return explain([Comparison.of(mode, ours, theirs)])


def _stem(*layers):
    return nn.Sequential(*layers, conv(), nn.ReLU())


def _residual(run):
    return Net(run, a=conv(), b=conv(), n=nn.BatchNorm2d(8))


def _normed(**settings):
    return nn.Sequential(conv(bias=False), nn.BatchNorm2d(8, **settings), nn.ReLU())


def _heads(turn):
    return Net(lambda n, x: (n.a(x).relu(), n.b(x).tanh())[::turn], a=conv(), b=conv())


def _biased(*, bias):
    return nn.Sequential(conv(bias=bias), nn.BatchNorm2d(8))


def _classifier(*layers):
    return nn.Sequential(conv(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), *layers)


TRIOS = tuple(trio for trios in FAMILIES.values() for trio in trios)
OTHERS = {  # what else one entry is told by
    "first convolution grouped where none is": (
        widths.first_1x1_grouped,
        Residual(conv(size=1), nn.ReLU(), conv(), nn.ReLU(), conv(size=1)),
        Residual(conv(size=1, groups=4), nn.ReLU(), conv(), nn.ReLU(), conv(size=1)),
    ),
    "groups ignored in a bottleneck": (
        widths.groups_ignored,
        Residual(conv(size=1), nn.ReLU(), conv(groups=4), nn.ReLU(), conv(size=1)),
        Residual(conv(size=1), nn.ReLU(), conv(), nn.ReLU(), conv(size=1)),
    ),
    "stem of half the width, by dense blocks": (
        widths.width_of_densenet_stem,
        nn.Sequential(conv(8, 16), Branches(nn.Identity(), conv(16, 4)), conv(20, 6, size=1), nn.AvgPool2d(2)),
        nn.Sequential(conv(8, 8), Branches(nn.Identity(), conv(8, 4)), conv(12, 6, size=1), nn.AvgPool2d(2)),
    ),
    "uneven padding where it should be even": (
        kernels.uneven_padding,
        conv(stride=2),
        nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), conv(stride=2, padding=0)),
    ),
    "shortcut after the activation, which should leave before it": (
        shortcuts.shortcut_of_other_activation,
        nn.Sequential(conv(), nn.BatchNorm2d(8), nn.ReLU(), Residual(conv())),
        nn.Sequential(conv(), Residual(nn.BatchNorm2d(8), nn.ReLU(), conv())),
    ),
    "relu on a separable projection": (
        shortcuts.relu_on_shortcut,
        Residual(conv(), nn.ReLU(), conv(), shortcut=nn.Sequential(conv(groups=8), conv(size=1))),
        Residual(conv(), nn.ReLU(), conv(), shortcut=nn.Sequential(conv(groups=8), conv(size=1), nn.ReLU())),
    ),
    "projection with a norm": (
        shortcuts.projection_for_identity,
        Residual(conv(), nn.ReLU(), conv()),
        Residual(conv(), nn.ReLU(), conv(), shortcut=nn.Sequential(conv(size=1), nn.BatchNorm2d(8))),
    ),
    "layer norm that is missing": (
        norms.layer_norm_elsewhere,
        Residual(nn.LayerNorm(12), nn.Linear(12, 12)),
        Residual(nn.Linear(12, 12)),
    ),
    "dropout that a block lacks": (
        dropout.dropout_in_block,
        Residual(conv(), nn.ReLU(), nn.Dropout(0.3), conv()),
        Residual(conv(), nn.ReLU(), conv()),
    ),
    "relu before addition, none after": (
        shortcuts.relu_before_addition,
        _residual(lambda n, x: n.b(n.a(x).relu()) + x),
        _residual(lambda n, x: n.b(n.a(x).relu()).relu() + x),
    ),
    "relu after addition, above a layer that is called twice": (
        shortcuts.no_relu_after_addition,
        _residual(lambda n, x: n.a((n.b(n.a(x).relu()) + x).relu())),
        _residual(lambda n, x: n.a(n.b(n.a(x).relu()) + x)),
    ),
    "relu in place, by assignment": (
        shortcuts.relu_in_place_on_shortcut,
        _residual(lambda n, x: (lambda y: n.b(y.relu()) + y)(n.a(x))),
        _residual(lambda n, x: (lambda y: n.b(y) + y)(n.a(x).relu())),
    ),
    "dropout that should not be there": (
        dropout.dropout_in_one_net,
        _classifier(nn.Linear(8, 4)),
        _classifier(nn.Dropout(), nn.Linear(8, 4)),
    ),
    "softmax after a pool": (
        ends.probabilities_for_logits,
        _classifier(nn.Linear(8, 4)),
        _classifier(nn.Linear(8, 4), nn.Softmax(1)),
    ),
    "log of probabilities": (
        ends.probabilities_for_logits,
        _classifier(nn.Linear(8, 4)),
        _classifier(nn.Linear(8, 4), nn.LogSoftmax(1)),
    ),
    "input transformed as a whole": (
        ends.input_transformed,
        nn.Sequential(conv()),
        Net(lambda n, x: n.a(x * 0.5 + 0.25), a=conv()),
    ),
    "outputs of two heads": (ends.outputs_swapped, _heads(1), _heads(-1)),
    "bias that a bare norm takes away": (norms.bias_before_norm, _biased(bias=False), _biased(bias=True)),
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


def _slug(trio):
    return trio.known.slug


@pytest.mark.parametrize("trio", TRIOS, ids=_slug)
def test_what_is_wrong_is_called_by_its_name(trio):
    """One deviation, with the name that people use and a link to read about it."""
    (deviation,) = trio.deviations(trio.wrong)

    assert (trio.known.says, trio.known.link) == (deviation.known_as, deviation.link)


@pytest.mark.parametrize("trio", TRIOS, ids=_slug)
def test_what_only_looks_like_it_is_not_called_so(trio):
    """The third net deviates, too, by something that is not the entry."""
    deviations = trio.deviations(trio.near)

    assert deviations
    assert trio.known.says not in [deviation.known_as for deviation in deviations]


@pytest.mark.parametrize(("known", "right", "wrong"), OTHERS.values(), ids=OTHERS.keys())
def test_another_spelling_is_called_by_the_same_name(known, right, wrong):
    """One deviation, with the name and the link of the entry."""
    (deviation,) = found(right, wrong)

    assert (known.says, known.link) == (deviation.known_as, deviation.link)


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


def test_every_entry_has_its_three_nets():
    """Each once, in the tests' file that has the name of the module where its predicate stands."""
    expected = Counter((known.slug, known.fits.__module__.rpartition(".")[2]) for known in KNOWN)
    shown = Counter((trio.known.slug, family) for family, trios in FAMILIES.items() for trio in trios)

    assert [] == [f"{slug} has no trio in tests/oracle/known/{family}.py" for slug, family in expected - shown]
    assert expected == shown


def test_slugs_are_the_names_of_the_predicates():
    """Words with hyphens between them, with underscores in the code; no two are equal."""
    assert len(KNOWN) == len({known.slug for known in KNOWN})
    assert [] == [known.slug for known in KNOWN if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", known.slug)]
    assert [known.slug.replace("-", "_") for known in KNOWN] == [known.fits.__name__ for known in KNOWN]


def test_every_predicate_says_how_it_tells():
    """In one sentence."""
    assert [] == [known.slug for known in KNOWN if not re.fullmatch(r"[A-Z].*\.", known.fits.__doc__ or "")]


def test_every_record_of_a_family_is_in_the_catalogue():
    """A predicate that is written and not listed would never be asked."""
    modules = [importlib.import_module(f"properties.oracle.known.{family}") for family in FAMILIES]
    written = [each for module in modules for each in vars(module).values() if isinstance(each, Known)]

    assert [] == [f"{known.slug} is not in KNOWN" for known in written if known not in KNOWN]
    assert len(KNOWN) == len(written)


def test_entries_have_a_name_and_a_link_of_their_own():
    """Names differ, and links are addresses."""
    assert len(KNOWN) == len({known.says for known in KNOWN})
    assert all(re.fullmatch(r"https://[^\s]+", known.link) for known in KNOWN)
