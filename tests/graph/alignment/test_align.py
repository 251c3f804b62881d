"""Two graphs in normal form: proved the same, or paired as far as structure can."""

import time

import pytest
import torch
from support.pairs import Net, conv, normal_form
from torch import nn

from properties.graph.alignment.align import align, isomorphism
from properties.graph.ir import OpGraph

FOUR = "abcd"


def _graph(run, names=FOUR, **members) -> OpGraph:
    return normal_form(Net(run, **{name: conv() for name in names}, **members)).graph


def _ring(n, x, order=FOUR):
    a, b, c, d = (getattr(n, name)(x) for name in order)
    return torch.cat([(a + b).relu() + (c + d).relu(), (a * c).sigmoid() + (b * d).sigmoid()], 1)


def _two_rings(n, x):
    a, b, c, d = (getattr(n, name)(x) for name in FOUR)
    return torch.cat([(a + b).relu() + (c + d).relu(), (a * b).sigmoid() + (c * d).sigmoid()], 1)


@pytest.mark.parametrize("order", ["abcd", "badc", "dcba", "cdab", "acbd"])
def test_mirrored_branches_are_paired_consistently(order):
    """Branches that only their connections tell apart are matched by them, whatever order they run in."""
    assert isomorphism(_graph(_ring), _graph(lambda n, x: _ring(n, x, order))) is not None


def test_other_connections_between_equal_branches_are_not_the_same():
    """Equal operators, each with equal neighbours, in another pattern: no local look tells, the proof fails."""
    assert isomorphism(_graph(_ring), _graph(_two_rings)) is None


def _shared(first, second):
    def run(n, x):
        layers = [getattr(n, name) for name in (*first, *second)]
        return torch.cat([layers[0](x), layers[1](x.relu()), layers[2](x), layers[3](x.relu())], 1)

    return run


@pytest.mark.parametrize(("pattern", "same"), [(("cc", "dd"), True), (("ab", "ba"), False), (("ab", "cd"), False)])
def test_sharing_is_part_of_the_structure(pattern, same):
    """Which calls share a layer decides; what the layers are called does not."""
    reference = _graph(_shared("aa", "bb"))

    assert same == (isomorphism(reference, _graph(_shared(*pattern))) is not None)


def test_tensors_are_mapped_one_to_one():
    """The proof says which tensor stands for which."""
    one = _graph(lambda n, x: n.a(x) + n.b(x.relu()), "ab")
    other = _graph(lambda n, x: n.a(x.relu()) + n.b(x), "ab")

    expected = {"a.weight": "b.weight", "a.bias": "b.bias", "b.weight": "a.weight", "b.bias": "a.bias"}
    assert expected == isomorphism(one, other).tensors


def test_dictionaries_are_matched_by_key_and_tuples_by_place():
    """The order of a dict's keys is no order of outputs; a container's kind is no architecture."""
    named = _graph(lambda n, x: {"out": n.a(x), "aux": x.relu()}, "a")
    turned = _graph(lambda n, x: {"aux": x.relu(), "out": n.a(x)}, "a")
    listed = _graph(lambda n, x: (n.a(x), x.relu()), "a")
    exchanged = _graph(lambda n, x: (x.relu(), n.a(x)), "a")
    misnamed = _graph(lambda n, x: {"aux": n.a(x), "out": x.relu()}, "a")

    results = [isomorphism(named, other) is not None for other in (turned, listed, exchanged, misnamed)]
    assert [True, True, False, False] == results


def test_types_are_part_of_the_structure():
    """The same net in another precision is another net."""
    net = nn.Sequential(conv())
    single = normal_form(net).graph

    assert isomorphism(single, single) is not None
    assert isomorphism(single, normal_form(net.double()).graph) is None


@pytest.mark.parametrize("width", [16])
def test_many_mirrored_branches_take_no_long_time(width):
    """Sixteen equal branches in each of four blocks are matched without trying permutations."""
    blocks = nn.ModuleList(nn.ModuleList(nn.Conv2d(8, 8, 1) for _ in range(width)) for _ in range(4))

    def run(n, x):
        for block in n.blocks:
            branches = [layer(x) for layer in block]
            while len(branches) > 1:
                branches = [a + b for a, b in zip(branches[::2], branches[1::2], strict=True)]
            x = branches[0].relu()
        return x

    graph = _graph(run, "", blocks=blocks)
    began = time.perf_counter()

    assert isomorphism(graph, graph) is not None
    assert time.perf_counter() - began < 2


def _deep(n, x, change=lambda y: y):
    for name in FOUR:
        x = x + getattr(n, name)(x).relu()
        if name == "b":
            x = change(x)
    return x


def test_an_insertion_leaves_the_rest_paired():
    """With one operator more, every other operator has its partner, and the right one."""
    reference, candidate = _graph(_deep), _graph(lambda n, x: _deep(n, x, torch.tanh))
    found = align(reference, candidate)

    assert not found.exact
    assert len(reference) == len(found.pairs)
    assert all(reference.ops[a].where == candidate.ops[b].where for a, b in found.pairs.items())


def test_a_replacement_is_paired_in_its_place():
    """An operator of another kind between the same neighbours stands for the one it replaced."""
    reference = _graph(lambda n, x: _deep(n, x, torch.tanh))
    candidate = _graph(lambda n, x: _deep(n, x, lambda y: y.cumsum(1)))
    (gone, _), (new, _) = next(reference.of_kind("tanh")), next(candidate.of_kind("cumsum"))

    assert new == align(reference, candidate).pairs[gone]


def test_no_pair_runs_backwards():
    """What comes before in one net never stands for what comes after in the other."""
    reference = _graph(lambda n, x: n.c(n.b(n.a(x).relu()).sigmoid()))
    candidate = _graph(lambda n, x: n.c(n.b(n.a(x).sigmoid()).relu()))
    pairs = sorted(align(reference, candidate).pairs.items())

    assert [b for _, b in pairs] == sorted(b for _, b in pairs)
