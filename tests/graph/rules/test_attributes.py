"""A rule may replace an operator only if it looked at all of its attributes."""

import pytest
import torch
from support.pairs import SHAPE, Net, conv

from properties.graph.ir import Op, OpGraph
from properties.graph.rewriting.attributes import DEFAULTS
from properties.graph.rewriting.rule import always
from properties.graph.rules.always import formulas
from properties.graph.rules.canonical import canonicalise
from properties.graph.torch.capture import capture


def _graph(**attributes):
    ops = (Op("input", attributes={"slot": 0}, shape=(2, 4)), Op("softplus", (0,), attributes, shape=(2, 4)))
    return OpGraph((*ops, Op("output", (1,), {"paths": ("",)})))


def _rule(rewrite, **more):
    return always("softplus", name="softplus", source="softplus(x) = x", requires="?", evidence="exact", **more)(
        rewrite
    )


def _careless(op, graph):
    """The value itself, whatever the attributes."""
    return op.inputs[0]


def _careful(op, graph):
    """The value itself for one beta."""
    return op.inputs[0] if op.attributes["beta"] == 2 else None


def _carrying(op, graph):
    """Another operator with the same attributes."""
    return graph.emit(op.with_(kind="soft"))


def _kinds(rule, **attributes):
    return [op.kind for op in canonicalise(_graph(**attributes), rules=[rule]).graph.ops[1:-1]]


def test_an_attribute_that_was_not_read_has_its_default():
    """With the schema's own values a rule need not look; with others it does not fire unless it did."""
    assert [] == _kinds(_rule(_careless), beta=1, threshold=20)
    assert ["softplus"] == _kinds(_rule(_careless), beta=2, threshold=20)
    assert [] == _kinds(_rule(_careful), beta=2, threshold=20)
    assert ["softplus"] == _kinds(_rule(_careful), beta=2, threshold=10)


def test_what_is_carried_along_or_named_need_not_be_read():
    """An operator with the same attributes keeps what they say, and a rule may hold whatever they are."""
    assert ["soft"] == _kinds(_rule(_carrying), beta=2, threshold=10)
    assert [] == _kinds(_rule(_careless, whatever=("beta", "threshold")), beta=2, threshold=10)


def test_an_unknown_attribute_is_not_overlooked():
    """What came with a newer release of torch is no default."""
    assert ["softplus"] == _kinds(_rule(_careless), beta=1, threshold=20, inverted=True)


def test_operators_in_the_middle_count_too():
    """A division with a rounding_mode inside of a formula is not the division that the formula means."""
    run = lambda mode: lambda n, x: (lambda y: (y * (1 + torch.erf(y * 0.5**0.5))).div(2, rounding_mode=mode))(n.a(x))  # noqa: E731
    kinds = [
        {op.kind for op in canonicalise(capture(Net(run(mode), a=conv()), input_shape=SHAPE)).graph.ops}
        for mode in (None, "floor")
    ]

    assert ["gelu" in found for found in kinds] == [True, False]


def test_a_quotient_is_no_product():
    """Two tensors divided are not two factors."""
    run = lambda n, x: (lambda y: 0.5 * y / (1 + torch.erf(y * 0.5**0.5)))(n.a(x))  # noqa: E731
    form = canonicalise(capture(Net(run, a=conv()), input_shape=SHAPE))

    assert formulas.gelu.name not in form.rules


@pytest.mark.parametrize("kind", DEFAULTS)
def test_defaults_are_those_of_the_schemas(kind):
    """The table says what ATen's schemas fill in."""
    packet = getattr(torch.ops.aten, kind)
    (schema, *_) = [getattr(packet, name)._schema for name in packet.overloads() if "out" not in name]
    filled = {argument.name: argument.default_value for argument in schema.arguments if argument.has_default_value()}

    assert dict(DEFAULTS[kind]) == {name: filled[name] for name in DEFAULTS[kind]}
