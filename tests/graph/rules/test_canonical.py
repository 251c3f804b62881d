"""The normal form: it comes to an end, keeps what counts, and says which rules it took."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.pairs import SHAPE, Net, conv, normal_form
from support.subjects import torchvision_builder
from torch import nn

from properties.graph.ir import Op, OpGraph
from properties.graph.rewriting.rule import always
from properties.graph.rules import RULES
from properties.graph.rules.canonical import canonicalise
from properties.graph.torch.capture import capture


def _chain(*kinds: tuple[str, dict], shape=(2, 4, 4, 4)) -> OpGraph:
    ops = [Op("input", attributes={"slot": 0}, shape=shape)]
    for kind, attributes in kinds:
        shape = attributes.pop("to", shape)
        ops.append(Op(kind, (len(ops) - 1,), attributes, shape=shape))
    return OpGraph((*ops, Op("output", (len(ops) - 1,), {"paths": ("",)})))


LINKS = st.sampled_from(
    [
        ("relu", {}),
        ("clamp", {"min": 0.0, "max": 6.0}),
        ("hardtanh", {"min_val": 0, "max_val": 6}),
        ("sigmoid", {}),
        ("permute", {"dims": (0, 2, 3, 1)}),
        ("permute", {"dims": (0, 2, 1, 3)}),
        ("reshape", {"shape": (2, 4, 4, 4)}),
        ("reshape", {"shape": (2, 64), "to": (2, 64)}),
        ("reshape", {"shape": (2, 4, 4, 4), "to": (2, 4, 4, 4)}),
        ("add", {"scalar": 0}),
        ("sub", {"scalar": 3}),
        ("div", {"scalar": 2}),
        ("detach", {}),
        ("dropout", {"p": 0.1}),
        ("cat", {"dim": 0}),
    ]
)
STRIDED = {"kernel_size": (3, 3), "stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "ceil_mode": True}


@given(st.lists(LINKS, max_size=12), st.booleans())
def test_every_chain_comes_to_an_end(links, pools):
    """However operators follow each other, the rules stop, and applying them again changes nothing."""
    flat = False
    kinds = []
    for kind, attributes in links:  # an operator for images does not follow a flattened one
        if flat and (kind == "permute"):
            continue
        flat = attributes.get("to", (0,) * (2 if flat else 4)) in ((2, 64), (0, 0))
        kinds.append((kind, dict(attributes, to=(2, 64) if flat else (2, 4, 4, 4))))
    if pools and not flat:
        kinds += [("max_pool", dict(STRIDED)), ("relu", {})]
    first = canonicalise(_chain(*kinds))
    again = canonicalise(first.graph)

    assert () == again.rules
    assert first.graph.ops == again.graph.ops


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "squeezenet1_1", "shufflenet_v2_x0_5"])
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_the_normal_form_of_a_net_is_its_own(name, mode):
    """Real nets' normal forms are fixed points too."""
    with torch.device("meta"):
        net = torchvision_builder(name)()
    first = canonicalise(capture(net, input_shape=(2, 3, 64, 64), mode=mode))

    assert () == canonicalise(first.graph).rules


def test_what_nothing_reads_is_dropped():
    """A computed and unused branch is no part of the net; the input stays even if nothing reads it."""
    unused = Net(lambda n, x: (n.b(x), n.a(x))[1], a=conv(), b=conv())
    constant = Net(lambda n, x: n.t * 1.0, t=nn.Parameter(torch.ones(1)))

    assert ["input", "conv", "output"] == [op.kind for op in normal_form(unused).graph.ops]
    assert ["input", "parameter", "output"] == [op.kind for op in normal_form(constant).graph.ops]


def test_the_rules_that_were_needed_are_named():
    """A proof of identity names what it rests on: rules that fired, each once, and no others."""
    net = Net(lambda n, x: (n.a(x).relu().relu().relu() + 0).view(2, -1), a=conv())

    assert {"ReLU of a ReLU", "no effect", "flatten"} == set(normal_form(net).rules)
    assert () == normal_form(Net(lambda n, x: n.a(x), a=conv())).rules


def test_rules_can_be_chosen():
    """Without a rule its two spellings stay apart."""
    graph = capture(Net(lambda n, x: n.a(x).relu().relu(), a=conv()), input_shape=SHAPE)

    assert 2 == len(list(canonicalise(graph, rules=()).graph.of_kind("relu")))
    assert 1 == len(list(canonicalise(graph, rules=RULES).graph.of_kind("relu")))


def test_rules_that_undo_each_other_are_an_error():
    """A rule set without an end is reported by name instead of running for ever."""

    def turned(kind):
        def rewrite(op, graph):
            """Another operator."""
            return graph.emit(op.with_(kind=kind))

        return rewrite

    rules = (
        always("relu", name="there", source="wrong", requires="nothing", evidence="rounded")(turned("tanh")),
        always("tanh", name="and back", source="wrong", requires="nothing", evidence="rounded")(turned("relu")),
    )

    with pytest.raises(RuntimeError, match="do not come to an end"):
        canonicalise(_chain(("relu", {})), rules=rules)


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_gradients_matter(mode):
    """Cutting the gradient is an operator in either mode, once; that nobody asks for it in eval mode must be said."""

    def run(n, x):
        y = n.a(x)
        return y.detach().detach(), y.detach()

    graph = capture(Net(run, a=conv()), input_shape=SHAPE, mode=mode)
    kinds = {tier: [op.kind for op in canonicalise(graph, tier).graph.ops[1:-1]] for tier in ("A", "C")}

    assert ["conv", "detach", "detach"] == kinds["A"]
    assert ["conv", *(["detach"] * 2 if mode == "train" else [])] == kinds["C"]


def test_a_dilated_pool_does_not_pass_a_relu():
    """On a small image a dilated window can lie in the border altogether; then ReLU after it is not ReLU before it."""
    small = (2, 8, 3, 3)
    net = nn.MaxPool2d(2, 1, 1, dilation=4)
    x = torch.randn(small)
    after, before = net(x).relu(), net(x.relu())
    kinds = [op.kind for op in normal_form(nn.Sequential(net, nn.ReLU()), shape=small).graph.ops]

    assert not torch.equal(after, before)
    assert ["input", "max_pool", "relu", "output"] == kinds
