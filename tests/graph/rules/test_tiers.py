"""Tiers B and C: what is one net under a weight map, and what is one at a size; and that neither is more than that."""

import json
from copy import deepcopy
from functools import cache
from math import prod

import pytest
import torch
from graph.rules.cases import CONDITIONAL, WEIGHTS, shown
from hypothesis import given
from hypothesis import strategies as st
from support.pairs import SHAPE, Net, agree, conv, numbers
from torch import nn
from torch.nn import functional as F

from properties.graph.alignment.align import Correspondence, isomorphism
from properties.graph.alignment.weight_map import weight_map
from properties.graph.joint import join
from properties.graph.recipe import Recipe, joined, permuted, reshaped, solve, stored, taken
from properties.graph.rewriting.params import are_apart
from properties.graph.rules.canonical import canonicalise
from properties.graph.rules.weights import order
from properties.graph.torch.capture import capture
from properties.oracle.trials.recipes import apply


@cache
def _captured(net, mode):
    """A net's graph; its weights are no part of it, so that it is captured once."""
    return capture(net, input_shape=SHAPE, mode=mode)


@cache
def _nets(case):
    return case.nets()


def _form(net, mode="train", tier="B"):
    return canonicalise(_captured(net, mode), tier)


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
    net = deepcopy(net).double().train(mode == "train")
    for module in net.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64).requires_grad_()
    y = net(x)
    (y * torch.linspace(-1, 1, y.numel(), dtype=torch.float64).view(y.shape)).sum().backward()
    gradients = [p.grad.square().sum() for p in net.parameters() if p.grad is not None]
    return [y.detach(), x.grad, torch.stack(gradients).sum()]


@pytest.mark.parametrize("case", WEIGHTS, ids=str)
def test_a_weight_map_makes_two_nets_one_function(case):
    """Weights moved as the map says give equal outputs and gradients in both modes, and back again bit for bit."""
    one, other, _ = _nets(case)
    _randomise(one)
    _move_weights(one, other)
    before = {key: tensor.clone() for key, tensor in one.state_dict().items()}
    for parameter in one.parameters():
        parameter.data.zero_()
    _move_weights(other, one)

    assert all(torch.equal(tensor, before[key]) for key, tensor in one.state_dict().items())
    for mode in ("eval", "train"):
        assert all(map(torch.allclose, _function(one, mode), _function(other, mode)))


@pytest.mark.parametrize("case", WEIGHTS, ids=str)
def test_two_spellings_meet_in_tier_b_only(case):
    """The two are not identical; under a weight map they are one, by the rule that says so; the near miss never is."""
    one, other, near = _nets(case)

    assert _proof(one, other, tier="A") is None
    assert _proof(one, other, "eval") is not None
    assert case.rule.name in {*_form(one).rules, *_form(other).rules}
    assert "B" == max(_form(one).tier, _form(other).tier)
    assert _proof(one, near) is None


@pytest.mark.slow
@pytest.mark.parametrize("case", WEIGHTS, ids=str)
def test_one_weight_map_serves_both_modes(case):
    """Both modes' normal forms make the same tensors, so that one map is found for the two together."""
    one, other, _ = _nets(case)
    joint = [join([_form(net, mode).graph for mode in ("eval", "train")]) for net in (one, other)]

    assert all(are_apart(graph.ops) for graph in joint)
    assert weight_map(*joint, isomorphism(*joint)) == _move_weights(one, other)


def test_concatenated_parts_have_one_order_at_every_size():
    """Captures of one net at several sizes and in both modes read every tensor in one order of its channels."""
    (net,) = [case.nets()[0] for case in shown(order.sorted_parts) if not case.what]
    sizes = [(2, 8, height, width) for height, width in ((12, 12), (15, 13), (24, 9), (7, 30))]
    captures = [capture(net, input_shape=size, mode=mode) for size in sizes for mode in ("eval", "train")]

    assert are_apart(join([canonicalise(graph, "B").graph for graph in captures]).ops)


@pytest.mark.parametrize("case", WEIGHTS, ids=str)
def test_recipes_are_plain_data(case):
    """A recipe survives being written as JSON and read back."""
    one, other, _ = _nets(case)
    recipes = _move_weights(one, other)

    assert recipes == {key: Recipe.from_dict(json.loads(json.dumps(r.to_dict()))) for key, r in recipes.items()}


@pytest.mark.parametrize("case", CONDITIONAL, ids=str)
def test_two_spellings_are_one_function_on_a_domain_only(case):
    """At the captured size in train mode outputs and gradients are equal; elsewhere, and of the near miss, not."""
    members = case.members()
    one, other, near = (Net(run, **members) for run in (case.one, case.other, case.near))
    elsewhere = [
        [net.double().eval()(torch.randn(case.elsewhere or SHAPE, generator=torch.Generator().manual_seed(0)).double())]
        for net in (one, other)
    ]
    counted = None if case.mode == "train" else 1  # the output alone in eval mode: its gradients are what differs

    if case.mode == "eval":
        elsewhere = [numbers(net) for net in (one, other)]
    assert agree(*(numbers(net, train=case.mode == "train")[:counted] for net in (one, other)))
    assert not agree(*elsewhere)
    assert not agree(*(numbers(net, train=case.mode == "train")[:counted] for net in (one, near)))


@pytest.mark.parametrize("case", CONDITIONAL, ids=str)
def test_two_spellings_meet_in_tier_c_only(case):
    """They are one by the rule that says so, which names its condition; the near miss never is."""
    members = case.members()
    one, other, near = (Net(run, **members) for run in (case.one, case.other, case.near))
    forms = [_form(net, case.mode, "C") for net in (one, other)]

    assert _proof(one, other, case.mode, tier="B") is None
    assert _proof(one, other, case.mode, tier="C") is not None
    assert "C" == max(form.tier for form in forms)
    assert case.rule.name in {*forms[0].rules, *forms[1].rules}
    assert case.words in " ".join(forms[0].conditions + forms[1].conditions)
    assert _proof(one, near, case.mode, tier="C") is None


def test_a_bias_before_a_norm_counts_in_eval_mode():
    """The mode that the rule is about is train mode alone."""
    biased, plain = (nn.Sequential(conv(bias=bias), nn.BatchNorm2d(8)) for bias in (True, False))

    assert _proof(biased, plain, "train", "C") is not None
    assert _proof(biased, plain, "eval", "C") is None


def _tied(n, x):
    return n.c(torch.cat([n.a(x), x], 1)) + n.c(torch.cat([x, n.b(x.relu())], 1))


def test_a_shared_tensor_is_not_reordered_in_one_place():
    """A convolution that reads two concatenations in two orders is no pair of convolutions without that bond."""
    shared = Net(_tied, a=conv(), b=conv(), c=conv(16))
    apart = Net(
        lambda n, x: n.c(torch.cat([n.a(x), x], 1)) + n.d(torch.cat([x, n.b(x.relu())], 1)),
        a=conv(),
        b=conv(),
        c=conv(16),
        d=conv(16),
    )

    assert _proof(shared, apart) is None
    assert _proof(shared, Net(_tied, a=conv(), b=conv(), c=conv(16))) is not None


def test_a_shared_linear_layer_stays_shared():
    """A weight used as it is and as a convolution's is shared under either name; two weights are not."""

    def run(n, x):
        return F.conv2d(x, n.l.weight[:, :, None, None]) * n.l(x.mean((2, 3)))[:, :, None, None]

    def run_apart(n, x):
        return n.k(x) * n.l(x.mean((2, 3)))[:, :, None, None]

    shared = Net(run, l=nn.Linear(8, 8))
    convolved = Net(
        lambda n, x: F.conv2d(x, n.k.weight) * n.k(x.mean((2, 3), keepdim=True)),
        k=nn.Conv2d(8, 8, 1),
    )
    apart = Net(run_apart, l=nn.Linear(8, 8), k=nn.Conv2d(8, 8, 1, bias=False))

    assert _proof(shared, convolved) is not None
    assert _proof(shared, apart) is None


def test_parts_that_overlap_are_not_split():
    """A projection whose parts share rows is no pair of projections."""
    run = lambda n, x: (lambda y: y[:, :6] * y[:, 2:])(n.a(x))  # noqa: E731
    other = lambda n, x: n.a(x) * n.b(x)  # noqa: E731

    assert _proof(Net(run, a=conv()), Net(other, a=conv(8, 6), b=conv(8, 6))) is None


def test_a_permutation_that_nothing_absorbs_stays():
    """Two orders of concatenation are two nets where the result is returned, or read by groups."""
    for read in (lambda n, y: y, lambda n, y: n.g(y)):
        one = Net(lambda n, x, read=read: read(n, torch.cat([n.a(x), x], 1)), a=conv(), g=conv(16, 4, groups=2))
        other = Net(lambda n, x, read=read: read(n, torch.cat([x, n.a(x)], 1)), a=conv(), g=conv(16, 4, groups=2))

        assert _proof(one, other) is None
        assert _proof(one, one) is not None


def test_a_weight_map_needs_a_proof():
    """Without an isomorphism there is no map."""
    form = _form(nn.Sequential(conv())).graph
    partial = Correspondence({0: 0})

    with pytest.raises(ValueError, match="isomorphism"):
        weight_map(form, form, partial)


def test_there_are_three_tiers():
    """Another name is an error that lists them."""
    with pytest.raises(ValueError, match="A, B, C"):
        _form(nn.Sequential(conv()), tier="D")


def test_recipes_refuse_what_does_not_fit():
    """A tensor of another size, a step that there is not, a size with other many numbers."""
    with pytest.raises(ValueError, match=r"\(2, 3\), but should have \(3, 2\)"):
        apply(stored("w", (3, 2)), {"w": torch.zeros(2, 3)})
    with pytest.raises(ValueError, match="'turn'"):
        Recipe.from_dict({"step": "turn", "of": {"stored": "w", "shape": [2]}})
    with pytest.raises(ValueError, match="cannot be reshaped"):
        reshaped(stored("w", (3, 2)), (5,))


@given(st.data())
def test_every_recipe_can_be_undone(data):
    """Solving a made tensor for the stored ones, with itself as the value, gives the stored ones back."""
    shapes = [(data.draw(st.integers(1, 4)), 2, 3) for _ in range(3)]
    tensors = {f"t{i}": torch.randn(shape) for i, shape in enumerate(shapes)}
    recipe = joined([stored(key, tuple(tensor.shape)) for key, tensor in tensors.items()], 0)
    for step in data.draw(st.lists(st.sampled_from(["take", "turn", "flat", "rows"]), max_size=4)):
        if step == "flat":
            recipe = reshaped(recipe, (recipe.shape[0], prod(recipe.shape[1:]), 1))
        elif step == "turn":
            recipe = permuted(recipe, (0, 2, 1))
        else:
            axis = 0 if step == "rows" else data.draw(st.integers(1, 2))
            recipe = taken(recipe, axis, data.draw(st.permutations(range(recipe.shape[axis]))))
    made = apply(recipe, tensors)
    for share in solve(recipe, stored("made", recipe.shape)):
        rows = range(share.shape[0]) if share.rows is None else share.rows
        assert torch.equal(tensors[share.key][list(rows)], apply(share.value, {"made": made}))
