"""What a normal form computes is what its net computes: every rule on numbers, and chains of views drawn at random."""

from itertools import pairwise
from math import prod
from unittest.mock import patch

import pytest
import torch
from graph.rules.cases import ALWAYS, TRACE, WEIGHTS
from hypothesis import given, settings
from hypothesis import strategies as st
from support.interpreter import run
from support.pairs import SHAPE
from torch import nn

from properties.graph.alignment.align import isomorphism
from properties.graph.ir import Op, OpGraph
from properties.graph.rules.canonical import canonicalise
from properties.graph.torch.capture import capture


def _image():
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def _check(net, tier):
    """Whether the normal form gives the net's numbers."""
    net = net.double().train()
    for tensor in net.parameters():
        nn.init.normal_(tensor, std=0.5)
    tensors = {key: tensor.detach() for key, tensor in net.state_dict().items()}
    graph = canonicalise(capture(net, input_shape=SHAPE, mode="train"), tier).graph
    if any(op.kind == "constant" for op in graph.ops):
        pytest.skip("a graph does not hold what its constants are")
    with torch.no_grad(), patch("torch.nn.functional.dropout", lambda x, *_, **__: x):
        return torch.allclose(run(graph, tensors, _image()), net(_image()), rtol=1e-6, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("case", [*ALWAYS, *TRACE], ids=str)
def test_a_normal_form_computes_what_its_net_does(case):
    """Tier A moves no weights and changes no number, whichever way a net is spelled."""
    assert [True] * 3 == [_check(net, "A") for net in case.nets()]


@pytest.mark.slow
@pytest.mark.parametrize("case", WEIGHTS, ids=str)
def test_a_normal_form_of_made_tensors_computes_what_its_net_does(case):
    """Tier B with its tensors made as their recipes say gives the net's own numbers."""
    assert [True] * 3 == [_check(net, "B") for net in case.nets()]


def _factors(number):
    """Sizes whose product it is, none of them 1."""
    smallest = next((n for n in range(2, number + 1) if number % n == 0), None)
    return [] if smallest is None else [smallest, *_factors(number // smallest)]


@st.composite
def programs(draw):
    """A row of operators that move numbers, with some that compute between them."""
    ops = [Op("input", attributes={"slot": 0}, shape=(2, 4, 6, 3))]

    def emit(kind, inputs, result, **attributes):
        ops.append(Op(kind, inputs, attributes, shape=result))

    for step in draw(st.lists(st.sampled_from(STEPS), min_size=2, max_size=9)):
        at, shape = len(ops) - 1, ops[-1].shape
        axis = draw(st.integers(0, len(shape) - 1))
        if step == "permute":
            dims = tuple(draw(st.permutations(range(len(shape)))))
            emit("permute", (at,), tuple(shape[dim] for dim in dims), dims=dims)
        elif step == "reshape" and prod(shape) > 1:
            factors = draw(st.permutations([*_factors(prod(shape)), 1]))
            cuts = sorted(draw(st.sets(st.integers(1, len(factors) - 1), max_size=4)))
            size = tuple(prod(factors[a:b]) for a, b in pairwise([0, *cuts, len(factors)]))
            emit("reshape", (at,), size, shape=size)
        elif step == "slice" and shape[axis] > 1:
            size = (*shape[:axis], shape[axis] - 1, *shape[axis + 1 :])
            emit("slice", (at,), size, dim=axis, start=1, end=shape[axis], step=1)
        elif step == "stack" and prod(shape) < 300:
            emit("stack", (at, draw(st.sampled_from([p for p in range(at + 1) if ops[p].shape == shape]))),
                 (*shape[:axis], 2, *shape[axis:]), dim=axis)  # fmt: skip
        elif step == "square" and len(shape) > 1 and prod(shape[:-1]) * shape[-2] < 2000:
            dims = (*range(len(shape) - 2), len(shape) - 1, len(shape) - 2)
            emit("permute", (at,), tuple(shape[dim] for dim in dims), dims=dims)
            emit("matmul", (at, at + 1), (*shape[:-1], shape[-2]))
        elif step == "mean":
            size = tuple(1 if dim == axis else n for dim, n in enumerate(shape))
            emit("mean", (at,), size, dim=(axis,), keepdim=True)
            emit("sub", (at, at + 1), shape)
        elif step == "softmax":
            emit("softmax", (at,), shape, dim=axis)
        elif step == "mul":
            emit("mul", (at,), shape, scalar=0.75)
        elif step == "tanh":
            emit("tanh", (at,), shape)
    emit("output", (len(ops) - 1,), (), paths=("",))
    return OpGraph(tuple(ops))


STEPS = ("permute", "reshape", "permute", "reshape", "slice", "stack", "square", "mean", "softmax", "mul", "tanh")


@settings(max_examples=150)
@given(graph=programs())
def test_a_row_of_operators_keeps_its_numbers(graph):
    """However views and arithmetic follow one another, the rules come to an end and change no number."""
    image = torch.linspace(-1, 2, 144, dtype=torch.float64).sin().view(2, 4, 6, 3)
    normal = canonicalise(graph)

    assert torch.allclose(run(graph, {}, image), run(normal.graph, {}, image), rtol=1e-9, atol=1e-12)
    assert isomorphism(normal.graph, canonicalise(normal.graph).graph) is not None
