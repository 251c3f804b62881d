"""What is exact is so for every number; what is one in real arithmetic only is not."""

import pytest
from graph.rules.cases import CASES, shown
from support.numerals import departures
from support.pairs import SHAPE
from support.sides import filled
from support.steps import steps

from properties.graph.rules import GRAPH_RULES, RULES
from properties.graph.rules.conditional import one_mode
from properties.graph.torch.capture import capture

REAL = [rule for rule in RULES if rule.ground == "real arithmetic"]
# They depart at numbers that are not drawn here.
RARELY = {
    "ReLU before a dropout": "minus infinity that is dropped",
    "division by a root": "roots of tiny numbers",
    "attention by hand": "a row that is masked altogether",
    "GELU by hand": "the last digits",
    "padding before a pool": "windows of minus infinity",
    "product as an activation": "the last digits",
}


def _departures(case, seed=0):
    """By rule, in which regimes the sides of each rule that a case needs part."""
    found = {}
    for net in case.nets()[:2]:
        graph = capture(net, input_shape=SHAPE, mode=case.mode or "train")
        for step in steps(graph, case.tier):
            found.setdefault(step.rule, set()).update(departures(step, filled(net, seed), seed))
    return found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_exact_is_so_for_every_number(case):
    """Values and gradients agree at ties, zeros, infinities, NaN, subnormal and large numbers."""
    found = _departures(case)
    found.pop(one_mode.gradient_only, None)  # about what only a backward pass sees

    assert {} == {rule.name: faults for rule, faults in found.items() if faults and rule not in REAL}


@pytest.mark.parametrize(
    "rule", [rule for rule in REAL if rule.name not in RARELY], ids=lambda rule: rule.rewrite.__name__
)
def test_what_is_one_in_real_arithmetic_only_parts_somewhere(rule):
    """Else it would be exact, and its ground be understated."""
    assert any(_departures(case).get(rule) for case in shown(rule))


def test_every_rule_was_tried():
    """No rule is without a case, and what departs rarely is a rule of real arithmetic."""
    assert [] == [rule.name for rule in (*RULES, *GRAPH_RULES) if not shown(rule)]
    assert {*RARELY} <= {rule.name for rule in REAL}
