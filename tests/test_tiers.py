"""Tiers B and C: what is one net under a weight map, and what is one at a size; and that neither is more than that."""

import json

import pytest
import torch
from _pairs import SHAPE
from _weighted import WEIGHTED
from torch import nn

from properties.graph._rules import GRAPH_RULES, RULES
from properties.graph.align import isomorphism
from properties.graph.canonical import canonicalise
from properties.graph.capture import capture
from properties.graph.recipe import Recipe
from properties.graph.weight_map import weight_map
from properties.oracle._weight_map import apply


def _form(net, mode="train", tier="B"):
    return canonicalise(capture(net, input_shape=SHAPE, mode=mode), tier)


def _proof(one, other, mode="train", tier="B"):
    return isomorphism(_form(one, mode, tier).graph, _form(other, mode, tier).graph)


def _randomise(net):
    generator = torch.Generator().manual_seed(0)
    for key, tensor in net.state_dict().items():
        if tensor.is_floating_point():
            values = torch.rand(tensor.shape, generator=generator, dtype=tensor.dtype)
            tensor.copy_(values + 0.1 if key.endswith("running_var") else values - 0.4)


def _move_weights(one, other, mode="train"):
    """Fill ``other`` by the weight map; the map."""
    forms = _form(one, mode).graph, _form(other, mode).graph
    recipes = weight_map(*forms, isomorphism(*forms))
    stored = one.state_dict()
    kept = {key: tensor for key, tensor in other.state_dict().items() if key.endswith("num_batches_tracked")}
    other.load_state_dict({**kept, **{key: apply(recipe, stored) for key, recipe in recipes.items()}})
    return recipes


def _function(net, mode):
    """Output, gradient of the input, and the sum of all gradients of parameters, whatever they are called."""
    net.double().train(mode == "train")
    for module in net.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64).requires_grad_()
    y = net(x)
    (y * torch.linspace(-1, 1, y.numel(), dtype=torch.float64).view(y.shape)).sum().backward()
    gradients = [p.grad.square().sum() for p in net.parameters() if p.grad is not None]
    return [y.detach(), x.grad, torch.stack(gradients).sum()]


@pytest.mark.parametrize("case", WEIGHTED, ids=str)
def test_a_weight_map_makes_two_nets_one_function(case):
    """Weights moved as the map says give equal outputs and gradients in both modes, and back again bit for bit."""
    one, other, _ = case.nets()
    _randomise(one)
    _move_weights(one, other)
    before = {key: tensor.clone() for key, tensor in one.state_dict().items()}
    for parameter in one.parameters():
        parameter.data.zero_()
    _move_weights(other, one)

    assert all(torch.equal(tensor, before[key]) for key, tensor in one.state_dict().items())
    for mode in ("eval", "train"):
        assert all(map(torch.allclose, _function(one, mode), _function(other, mode)))


@pytest.mark.parametrize("case", WEIGHTED, ids=str)
def test_two_spellings_meet_in_tier_b_only(case):
    """The two are not identical; under a weight map they are one, by the rule that says so; the near miss never is."""
    one, other, near = case.nets()

    assert _proof(one, other, tier="A") is None
    assert _proof(one, other, "eval") is not None
    assert case.rule in {*_form(one).rules, *_form(other).rules}
    assert "B" == max(_form(one).tier, _form(other).tier)
    assert _proof(one, near) is None


def test_every_rule_of_tier_b_is_shown():
    """No rule that moves weights goes without two spellings and a near miss."""
    rules = {rule.name for rule in (*RULES, *GRAPH_RULES) if rule.tier == "B"}

    assert rules == {case.rule for case in WEIGHTED}


@pytest.mark.parametrize("case", WEIGHTED, ids=str)
def test_recipes_are_plain_data(case):
    """A recipe survives being written as JSON and read back."""
    one, other, _ = case.nets()
    recipes = _move_weights(one, other)

    assert recipes == {key: Recipe.from_dict(json.loads(json.dumps(r.to_dict()))) for key, r in recipes.items()}
