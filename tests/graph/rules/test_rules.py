"""Every rule of the table: what is said of it, what shows it, and its two sides on tensors."""

import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

import pytest
import torch
from graph.rules.cases import CASES, TRACE, shown
from graph.rules.proofs import PROOFS, SIZES_ALONE
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cases import Case, Sizes
from support.pairs import SHAPE, Net, conv
from support.sides import faults, filled
from support.solver import can_be, counterexample
from support.steps import Step, steps
from torch import Tensor, nn

from properties.graph.rewriting.rule import EVIDENCE, GROUNDS, AnyRule, always
from properties.graph.rules import GRAPH_RULES, RULES
from properties.graph.rules.conditional import one_mode
from properties.graph.torch.capture import capture

EVERY = (*RULES, *GRAPH_RULES)


def _name(rule):
    return rule.rewrite.__name__


# -------------------------------------------------------------------------------------------- what is said of each rule
@pytest.mark.parametrize("rule", EVERY, ids=_name)
def test_a_rule_says_what_it_rests_on(rule):
    """The formula or the document that it comes from, its ground and conditions, how that is held, and what it does."""
    assert rule.source.strip()
    assert rule.requires.strip()
    assert rule.evidence in EVIDENCE
    assert rule.ground in GROUNDS
    assert (rule.ground == "real arithmetic") == (rule.evidence == "real") == bool(getattr(rule, "departs", ""))
    assert (rule.rewrite.__doc__ or "").strip()


@pytest.mark.parametrize(
    "missing",
    [{"source": ""}, {"requires": " "}, {"evidence": "none"}, {"ground": "none"}, {"departs": "at 0"}],
    ids=str,
)
def test_a_rule_that_does_not_say_it_is_none(missing):
    """It is an error where it is made, so that nothing is proved with it."""
    with pytest.raises(ValueError, match=RULES[0].name):
        replace(RULES[0], **missing)


@pytest.mark.parametrize("rule", EVERY, ids=_name)
def test_a_rule_is_shown(rule):
    """By two spellings and a near miss, in the file of tests that mirrors its own; what is conditional says on what."""
    cases = shown(rule)

    assert cases, f"no case in tests/graph/rules is about {rule.name!r}"
    assert {rule.tier} == {case.tier for case in cases}
    assert (rule.tier == "C") == bool(getattr(rule, "condition", ""))


def test_every_rule_that_is_written_is_in_the_table():
    """One that stands in its file and not in the table would never be asked."""
    tiers = [import_module(f"properties.graph.rules.{tier}") for tier in ("always", "weights", "conditional")]
    files = [
        import_module(f"{tier.__name__}.{file.name}") for tier in tiers for file in pkgutil.iter_modules(tier.__path__)
    ]
    written = [each for file in files for each in vars(file).values() if isinstance(each, AnyRule)]

    assert [] == [f"{rule.name} is not in RULES or GRAPH_RULES" for rule in written if rule not in EVERY]


def test_every_case_is_about_a_rule_of_the_table():
    """Except for those that reading the trace is enough for; and no two have one name."""
    assert [] == [case for case in CASES if not any(case.rule is rule for rule in EVERY)]
    assert {None} == {case.rule for case in TRACE}
    assert len({str(case) for case in (*CASES, *TRACE)}) == len(CASES) + len(TRACE)


# ------------------------------------------------------------------------------------------------- its sides on tensors
def shapes(sizes: Sizes) -> st.SearchStrategy[tuple[int, ...]]:
    """Sizes of images that a case takes."""
    height = st.sampled_from(sizes.height)
    square = height.map(lambda side: (side, side))
    pixels = square if sizes.width is None else st.tuples(height, st.sampled_from(sizes.width))
    return st.builds(lambda n, side: (n, 8, *side), st.sampled_from(sizes.batch), pixels)


Application = tuple[Step, dict[str, Tensor], Tensor]


@st.composite
def applications(draw: st.DrawFn, case: Case) -> Iterator[list[Application]]:
    """What each rule does to each of the two spellings, with tensors and an image, at a size and in a mode they take.

    The second one is made when it is asked for.
    """
    shape = draw(shapes(case.sizes))
    mode = case.mode or draw(st.sampled_from(("train", "eval")))
    seed = draw(st.integers(0, 2**16))
    return (_applied(case, net, shape, mode, seed) for net in case.nets()[:2])


def _applied(case: Case, net: Net, shape: tuple[int, ...], mode: str, seed: int) -> list[Application]:
    tensors = filled(net, seed)
    image = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    found = steps(capture(net, input_shape=shape, mode=mode), case.tier)
    return [(step, tensors, image) for step in found]


FIRST = {cases[0] for rule in EVERY if (cases := shown(rule))}  # one for each rule; the others are slow together


@pytest.mark.parametrize(
    "case", [pytest.param(each, marks=[] if each in FIRST else pytest.mark.slow) for each in CASES], ids=str
)
@settings(max_examples=2)
@given(data=st.data())
def test_a_rule_fires_on_its_spelling_and_its_sides_are_equal(case, data):
    """The value that it is given and the one that it makes, as its evidence says."""
    sides = ([found for found in side if found[0].rule is case.rule] for side in data.draw(applications(case)))
    own = next(filter(None, sides))

    assert [] == [fault for found in own for fault in faults(*found)]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
@settings(max_examples=6)
@given(data=st.data())
def test_the_sides_of_every_rule_are_equal_wherever_it_fires(case, data):
    """On more sizes, seeds and modes, and whichever rules the spellings need besides their own."""
    found = [each for side in data.draw(applications(case)) for each in side]

    assert [] == [(each[0].rule.name, fault) for each in found for fault in faults(*each)]


# ------------------------------------------------------------------------------------------------------ what is proved
def test_what_is_solved_is_proved():
    """Every rule whose evidence is "solved" has a proof, and no other; some have one for their sizes alone."""
    solved = [_name(rule) for rule in EVERY if rule.evidence == "solved"]

    assert sorted(solved) == sorted(_name(proof.rule) for proof in PROOFS)
    assert {"rounded"} == {proof.rule.evidence for proof in SIZES_ALONE}


@pytest.mark.parametrize("proof", [*PROOFS, *SIZES_ALONE], ids=str)
def test_a_proof_holds_for_all_sizes(proof):
    """There is no counterexample, and not because what is assumed cannot be."""
    assert counterexample(proof.right) is None
    assert can_be(*proof.right.given) is not None


@pytest.mark.parametrize("proof", [*PROOFS, *SIZES_ALONE], ids=str)
def test_a_proof_can_fail(proof):
    """What only looks like it has a counterexample."""
    assert counterexample(proof.wrong) is not None


# ---------------------------------------------------------------------------------------------- that all this can fail
def _step(rule, run, tier="A", **members):
    """What a rule made of the first operator that it applies to."""
    net = Net(run, **members)
    graph = capture(net, input_shape=SHAPE)
    (found, *_) = steps(graph, tier, [rule])
    image = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return found, filled(net, 0), image


def _emits(kind, evidence="rounded", **attributes):
    """A rule that puts one operator for ReLU."""

    def made(op, graph):
        """Another operator."""
        return graph.emit(op.with_(kind=kind, attributes=attributes))

    return always("relu", name="wrong", source="nothing", requires="nothing", evidence=evidence)(made)


def test_another_value_is_a_fault():
    """A rule that changes numbers is caught, whatever its evidence."""
    found = faults(*_step(_emits("abs"), lambda n, x: n.a(x).relu(), a=conv()))

    assert ["outputs", "gradients"] == [fault.partition(" ")[0] for fault in found]


def test_another_gradient_is_a_fault():
    """Values alone are not enough."""

    def cut(op, graph):
        """A clamp without a gradient."""
        clamp = graph.emit(op.with_(kind="clamp", attributes={"min": 0.0, "max": None}))
        return graph.emit(op.with_(kind="detach", inputs=(clamp,)))

    rule = always("relu", name="wrong", source="nothing", requires="nothing", evidence="exact")(cut)
    (fault,) = faults(*_step(rule, lambda n, x: n.a(x).relu(), a=conv()))

    assert fault.startswith("gradients")


def test_what_is_exact_is_held_to_the_last_bit():
    """An identity of real numbers passes as one, and not as what picks numbers."""

    def divided(op, graph):
        """A division by the reciprocal."""
        return graph.emit(op.with_(kind="div", attributes={"scalar": 1 / op.attributes["scalar"]}))

    rule = always("mul", name="division", source="x * c = x / (1 / c)", requires="c != 0", evidence="rounded")(divided)
    run = lambda n, x: n.a(x) * 0.7  # noqa: E731

    assert [] == faults(*_step(rule, run, a=conv()))
    assert "float32" in faults(*_step(replace(rule, evidence="exact"), run, a=conv()))[0]


def test_an_unknown_operator_is_an_error():
    """What the interpreter cannot run does not pass for equal."""
    with pytest.raises(NotImplementedError, match="unheard_of"):
        faults(*_step(_emits("unheard_of"), lambda n, x: n.a(x).relu(), a=conv()))


def test_gradients_are_left_out_for_one_rule_alone():
    """Of what only a backward pass sees the values are held."""
    found, tensors, image = _step(one_mode.gradient_only, lambda n, x: n.a(x).detach(), "C", a=conv())
    as_another = replace(found, rule=replace(found.rule, name="another"))

    assert [] == faults(found, tensors, image)
    assert ["gradients"] == [fault.partition(" ")[0] for fault in faults(as_another, tensors, image)]


def test_a_net_without_layers_has_sides_too():
    """Constants have no gradient, and need none."""
    rule = _emits("relu6")

    assert [] == faults(*_step(rule, lambda n, x: x.relu(), a=nn.Identity()))
