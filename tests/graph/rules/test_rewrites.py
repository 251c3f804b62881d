"""Equivalent rewrites: each rule's two sides are equal in numbers and gradients and one graph; a near miss is not."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pairs import Net, agree, are_same, normal_form, numbers
from support.products import PRODUCTS
from support.rewrites import REWRITES
from support.spellings import SPELLINGS
from torch import nn

from properties.graph.alignment.align import isomorphism
from properties.graph.rules import GRAPH_RULES, RULES

ALL = (*REWRITES, *SPELLINGS, *PRODUCTS)


@pytest.mark.parametrize("rewrite", ALL, ids=str)
def test_two_spellings_are_one_function(rewrite):
    """What a rule merges is equal in outputs and in the gradients of input and parameters."""
    members = rewrite.members()

    assert agree(numbers(Net(rewrite.one, **members)), numbers(Net(rewrite.other, **members)))


@cache
def _forms(rewrite):
    """The normal forms of the two spellings in both modes, and of the near miss in train mode."""
    both = [Net(run, **rewrite.members()) for run in (rewrite.one, rewrite.other)]
    near = normal_form(Net(rewrite.near, **rewrite.members()), "train")
    return {mode: [normal_form(net, mode) for net in both] for mode in ("eval", "train")}, near


@pytest.mark.parametrize("rewrite", ALL, ids=str)
def test_two_spellings_are_one_graph(rewrite):
    """Both spellings have one normal form in both modes, by the rule that says so."""
    forms, _ = _forms(rewrite)

    assert [] == [mode for mode, (one, other) in forms.items() if isomorphism(one.graph, other.graph) is None]
    if rewrite.rule:
        assert rewrite.rule in {rule for form in forms["train"] for rule in form.rules}


@pytest.mark.parametrize("rewrite", ALL, ids=str)
def test_a_near_miss_stays_another_graph(rewrite):
    """What only looks alike differs in its numbers and is not merged."""
    members = rewrite.members()
    forms, near = _forms(rewrite)

    assert not agree(numbers(Net(rewrite.one, **members)), numbers(Net(rewrite.near, **members)))
    assert isomorphism(forms["train"][0].graph, near.graph) is None


def test_every_rule_is_shown():
    """No rule goes without two spellings and a near miss, except the one about gradients, tested with the modes."""
    rules = {rule.name for rule in (*RULES, *GRAPH_RULES) if rule.tier == "A"}

    assert rules - {"gradients do not matter in eval mode"} == {rewrite.rule for rewrite in ALL} - {""}


KEEPING_SIZE = ("clamp", "ReLU of a ReLU", "hardsigmoid", "gated activation", "subtraction of a number")
CHANGING = ("mean", "sum")  # cases of these rules that change a size all the same
STEPS = tuple(rewrite for rewrite in ALL if rewrite.rule in KEEPING_SIZE and rewrite.what not in CHANGING)


@given(
    steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=4), spelled=st.integers(0, 15), wrong=st.integers(0, 3)
)
def test_spellings_can_be_mixed(steps, spelled, wrong):
    """A row of steps is one graph however each is spelled, and no longer once one of them is the near miss."""
    wrong %= len(steps)

    def row(choose):
        members = {f"s{i}": Net(choose(i, step), **step.members()) for i, step in enumerate(steps)}
        return nn.Sequential(*members.values())

    first = row(lambda i, step: step.one)
    mixed = row(lambda i, step: (step.one, step.other)[spelled >> i & 1])
    missed = row(lambda i, step: step.near if i == wrong else step.one)

    assert are_same(first, mixed, "train")
    assert not are_same(first, missed, "train")
