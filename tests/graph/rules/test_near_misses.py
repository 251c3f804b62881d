"""Wherever a rule fires it is true: on every graph that is one attribute, operand or kind away from a spelling."""

import pytest
import torch
from graph.rules.cases import CASES, shown
from support.near_misses import near_misses
from support.pairs import SHAPE, Net, conv
from support.sides import faults, filled
from support.steps import steps

from properties.graph.rewriting.rule import always
from properties.graph.rules import GRAPH_RULES, RULES
from properties.graph.torch.capture import capture

IMAGE = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def _faults(net, mode, tier, rule, rules=(*RULES, *GRAPH_RULES)):
    """What is wrong with a rule on the near misses of a net, and on how many of them it fired."""
    tensors = filled(net, 0)
    found, fired = [], 0
    for graph in near_misses(capture(net, input_shape=SHAPE, mode=mode), tensors, IMAGE):
        own = [step for step in steps(graph, tier, rules) if step.rule is rule]
        fired += bool(own)
        found += [fault for step in own for fault in _held(step, tensors)]
    return found, fired


def _held(step, tensors):
    """What keeps the sides from being equal; where numbers overflow, rules of real arithmetic promise nothing."""
    try:
        found = faults(step, tensors, IMAGE)
    except RuntimeError as error:
        if "does not have a device" in str(error):  # torch's group norm with a bias alone has no gradient
            return []
        raise
    return [fault for fault in found if step.rule.ground != "real arithmetic" or "in other places" not in fault]


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[] if case is shown(case.rule)[0] else pytest.mark.slow) for case in CASES],
    ids=str,
)
def test_a_rule_is_true_on_near_misses(case):
    """Of both spellings."""
    assert [] == [
        fault for net in case.nets()[:2] for fault in _faults(net, case.mode or "train", case.tier, case.rule)[0]
    ]


def test_a_rule_without_its_condition_is_caught():
    """One that takes any factor for 1 is wrong on a near miss of x * 1."""

    def unscaled(op, graph):
        """x * c = x."""
        return op.inputs[0] if "scalar" in op.attributes and op.attributes["scalar"] is not None else None

    rule = always("mul", name="unscaled", source="x * c = x", requires="c = 1", evidence="exact")(unscaled)
    found, fired = _faults(Net(lambda n, x: n.a(x) * 1.0, a=conv()), "eval", "A", rule, [rule])

    assert fired
    assert found
