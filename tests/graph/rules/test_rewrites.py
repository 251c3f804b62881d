"""Equivalent rewrites: each rule's two sides are equal in numbers and gradients and one graph; a near miss is not."""

from functools import cache

import pytest
from graph.rules.cases import ALWAYS, TRACE
from hypothesis import given
from hypothesis import strategies as st
from support.pairs import Net, agree, are_same, normal_form, numbers
from torch import nn

from properties.graph.alignment.align import isomorphism
from properties.graph.rules.always import activations, arithmetic

ALL = (*ALWAYS, *TRACE)


def _numbers(rewrite, run):
    """Output and gradients; the output alone where gradients do not count."""
    found = numbers(Net(run, **rewrite.members()))
    return found[:1] if rewrite.mode == "eval" else found


@pytest.mark.parametrize("rewrite", ALL, ids=str)
def test_two_spellings_are_one_function(rewrite):
    """What a rule merges is equal in outputs and in the gradients of input and parameters."""
    assert agree(_numbers(rewrite, rewrite.one), _numbers(rewrite, rewrite.other))


@cache
def _forms(rewrite):
    """The normal forms of the two spellings in each mode that they are one in, and of the near miss in the last."""
    modes = ("eval", "train") if rewrite.mode is None else (rewrite.mode,)
    one, other, near = rewrite.nets()
    return {mode: [normal_form(net, mode) for net in (one, other)] for mode in modes}, normal_form(near, modes[-1])


@pytest.mark.parametrize("rewrite", ALL, ids=str)
def test_two_spellings_are_one_graph(rewrite):
    """Both spellings have one normal form in both modes, by the rule that says so."""
    forms, _ = _forms(rewrite)

    assert [] == [mode for mode, (one, other) in forms.items() if isomorphism(one.graph, other.graph) is None]
    if rewrite.rule is not None:
        assert rewrite.rule.name in {rule for form in list(forms.values())[-1] for rule in form.rules}


@pytest.mark.parametrize("rewrite", ALL, ids=str)
def test_a_near_miss_stays_another_graph(rewrite):
    """What only looks alike differs in its numbers and is not merged."""
    forms, near = _forms(rewrite)
    first, _ = list(forms.values())[-1]

    assert not agree(_numbers(rewrite, rewrite.one), _numbers(rewrite, rewrite.near))
    assert isomorphism(first.graph, near.graph) is None


KEEPING_SIZE = (
    activations.clamp,
    activations.relu_twice,
    activations.hardsigmoid,
    activations.gated,
    arithmetic.negative_number,
)
CHANGING = ("mean", "sum")  # cases of these rules that change a size all the same
STEPS = tuple(case for case in ALWAYS if case.rule in KEEPING_SIZE and case.what not in CHANGING)


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
