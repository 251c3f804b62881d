"""Property, forall, claim and require themselves."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import strategies as st
from torch import nn

import arches
from properties.property import Violation, claim, forall, require
from properties.subject import Subject


def small(spec=None):
    """A subject that costs nothing."""
    return Subject(nn.Identity, name="net", spec=spec, input_shape=(3, 8, 8))


@claim(source="a book")
def net_is_called_net(subject):
    """The net is called net.

    More is said below the first line.
    """
    require(subject.name == "net", f"name={subject.name!r}", "'net'", subject)


@forall(st.integers(0, 1000), source="a book")
def numbers_are_small(subject, number):
    """Every drawn number is below 10."""
    require(number < 10, f"number={number}", "below 10", f"{subject}({number})")


def test_a_claim_carries_its_name_sentence_and_source():
    """The name is the function's, the sentence the docstring's first line."""
    assert net_is_called_net.name == str(net_is_called_net) == "net_is_called_net"
    assert net_is_called_net.sentence == "The net is called net."
    assert net_is_called_net.source == "a book"
    assert net_is_called_net.draws == ()


def test_the_theme_is_the_file():
    """A property's theme is the module that its check stands in."""
    assert net_is_called_net.theme == "test_property"


def test_a_property_cannot_be_changed():
    """What is checked under a name stays what it is."""
    with pytest.raises(FrozenInstanceError):
        net_is_called_net.name = "another"


def test_a_claim_that_holds_returns_nothing():
    """No verdict but silence."""
    assert net_is_called_net.verify(small()) is None


def test_a_claim_that_fails_says_what_is_and_what_should_be():
    """Actual, expected, and the call in brackets."""
    subject = Subject(nn.Identity, name="other")

    with pytest.raises(Violation, match=r"^name='other', but should be 'net' \[other\]$"):
        net_is_called_net.verify(subject)


def test_forall_reports_the_smallest_counterexample():
    """Hypothesis shrinks before the violation is raised, and one violation comes out."""
    with pytest.raises(Violation, match=r"^number=10, but should be below 10 \[net\(10\)]"):
        numbers_are_small.verify(small())


def test_forall_over_several_strategies_passes_them_in_order():
    """The first strategy is the first argument after the subject."""
    seen = []

    @forall(st.just("a"), st.just("b"), source="a book")
    def order(subject, first, second):
        """Order is kept."""
        seen.append((first, second))

    order.verify(small())

    assert set(seen) == {("a", "b")}


def test_a_strategy_may_depend_on_the_subject():
    """A function from the subject to a strategy draws from the subject's own domain."""
    seen = []

    @forall(lambda subject: st.just(subject.input_shape), source="a book")
    def channels(subject, shape):
        """The shape is the subject's."""
        seen.append(shape)

    channels.verify(small())

    assert set(seen) == {(3, 8, 8)}


def test_violation_without_a_call_has_no_brackets():
    """The place is left out where there is none."""
    with pytest.raises(Violation, match=r"^one, but should be two$"):
        require(False, "one", "two")


def test_require_is_silent_when_it_holds():
    """Nothing happens."""
    require(True, "one", "one")


def test_a_violation_is_an_assertion_error():
    """pytest and Hypothesis report it as a failure, not as an error."""
    assert issubclass(Violation, AssertionError)


def test_forall_needs_something_to_draw():
    """A property without drawn arguments is a claim."""
    with pytest.raises(TypeError, match="use claim"):
        forall(source="a book")


def test_a_check_needs_a_sentence():
    """Without docstring there is nothing for a person to read."""
    with pytest.raises(TypeError, match="unexplained has no docstring"):

        @claim(source="a book")
        def unexplained(subject):
            pass


def test_applies_decides_whether_a_property_concerns_a_subject():
    """A smaller domain is a new property; the old one keeps its own."""
    nowhere = net_is_called_net.where(lambda subject: False)

    assert net_is_called_net.concerns(small())
    assert not nowhere.concerns(small())


def test_a_waived_property_does_not_concern_the_net():
    """A spec that breaks a rule on purpose is left out, any other net is not."""
    spec = replace(arches.SPECS[0], waives=(arches.Waiver("net_is_called_net", why="on purpose"),))

    assert not net_is_called_net.concerns(small(spec))
    assert net_is_called_net.concerns(small(arches.SPECS[0]))


def test_forgetting_a_net_builds_the_same_one_again():
    """Weights are reproducible, so memory can be given back between checks."""
    subject = Subject(lambda: nn.Linear(2, 2), name="linear", input_shape=(1, 1, 2))
    before = subject.net.weight.clone()
    subject.forget_net()

    assert before.equal(subject.net.weight)
