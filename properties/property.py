"""A property: one sentence about a net, its citation, and a check that can fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

if TYPE_CHECKING:
    from properties.subject import Subject

__all__ = ["Cost", "Property", "Violation", "claim", "forall", "require"]

Check = Callable[..., None]
Domain = Callable[["Subject"], bool]
Cost = Literal["cheap", "dear"]


class Violation(AssertionError):
    """A property does not hold; the message says what is, what should be, and in brackets for which call."""


def require(holds: bool, actual: str, expected: str, call: object = "") -> None:
    """Raise ``Violation`` with the failure sentence unless ``holds``.

    Args:
        holds: whether the property holds here.
        actual: what was found, ``"logits.shape=(2, 10)"``.
        expected: what should have been found, ``"(2, 1000)"``.
        call: the call that shows it, printed in brackets.

    Raises:
        Violation: ``actual, but should be expected [call]``.
    """
    if not holds:
        place = f" [{call}]" if call != "" else ""
        raise Violation(f"{actual}, but should be {expected}{place}")


def _always(subject: Subject) -> bool:
    return True


@dataclass(frozen=True)
class Property:
    """One claim about nets.

    Args:
        name: the claim in the present tense, ``outputs_do_not_depend_on_the_rest_of_the_batch``.
        sentence: the claim as a person reads it.
        source: the paper, page or document that makes it.
        check: called with a subject and one value of each strategy; returns None or raises ``Violation``.
        draws: the strategies, or functions from the subject to a strategy where the domain depends on it.
        applies: whether the claim says anything about this subject.
        examples: least number of examples, for a check that takes microseconds; Hypothesis's profile may ask for more.
        decides: whether a net that breaks it computes or trains otherwise than its structure promises; False where it
            only limits how the net can be used.
        cost: ``"cheap"``, a few forward passes that others share, or ``"dear"``.
    """

    name: str
    sentence: str
    source: str
    check: Check
    draws: tuple[Any, ...] = ()
    applies: Domain = _always
    examples: int = 0
    decides: bool = True
    cost: Cost = "cheap"

    @property
    def theme(self) -> str:
        """The file it stands in: ``sizes``, ``shortcuts``, ..."""
        return self.check.__module__.rpartition(".")[2]

    def concerns(self, subject: Subject) -> bool:
        """Whether it is to be checked here: it says something about this subject, whose spec does not waive it."""
        waives = subject.spec.waives if subject.spec else ()
        return all(waiver.property != self.name for waiver in waives) and self.applies(subject)

    def strategies(self, subject: Subject) -> tuple[SearchStrategy[Any], ...]:
        """The strategies that draw this property's arguments for one subject."""
        return tuple(draw if isinstance(draw, SearchStrategy) else draw(subject) for draw in self.draws)

    def verify(self, subject: Subject) -> None:
        """Run the check, over drawn arguments if it has any, under the caller's Hypothesis profile.

        Raises:
            Violation: with Hypothesis's smallest counterexample.
        """
        strategies = self.strategies(subject)
        if not strategies:
            self.check(subject)
            return

        def on_drawn(drawn: tuple[Any, ...]) -> None:
            self.check(subject, *drawn)

        known = settings()
        chosen = settings(
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),  # a slow or picky strategy is no verdict on the net
            max_examples=max(self.examples, known.max_examples),
            phases=[phase for phase in known.phases if phase is not Phase.explain],  # slow, and nobody reads it
        )
        chosen(given(st.tuples(*strategies))(on_drawn))()

    def where(self, applies: Domain) -> Property:
        """The same property on a smaller domain."""
        return replace(self, applies=applies)

    def __str__(self) -> str:
        return self.name


def forall(
    *draws: Any, source: str, applies: Domain = _always, examples: int = 0, cost: Cost = "cheap"
) -> Callable[[Check], Property]:
    """Make a property of a check over drawn values. Registers nothing.

    Args:
        draws: one strategy, or one function ``subject -> strategy``, for each argument after the subject.
        source: what makes the claim; required.
        applies: whether it says anything about a subject.
        examples: least number of examples, for a check that takes microseconds.
        cost: ``"dear"`` where one draw takes more than a few forward passes.

    Raises:
        TypeError: if nothing is drawn (``claim`` is for that) or the check has no docstring.
    """
    if not draws:
        raise TypeError("forall needs at least one strategy; use claim for a property without drawn arguments")
    return lambda check: replace(_property(check, draws, source, applies), examples=examples, cost=cost)


def claim(
    *, source: str, applies: Domain = _always, decides: bool = True, cost: Cost = "cheap"
) -> Callable[[Check], Property]:
    """Make a property of a check that draws nothing. Registers nothing.

    Args:
        source: what makes the claim; required.
        applies: whether it says anything about a subject.
        decides: whether a net that breaks it computes or trains otherwise than its structure promises.
        cost: ``"dear"`` where it takes more than a few forward passes.

    Raises:
        TypeError: if the check has no docstring.
    """
    return lambda check: replace(_property(check, (), source, applies), decides=decides, cost=cost)


def _property(check: Check, draws: tuple[Any, ...], source: str, applies: Domain) -> Property:
    name: str = check.__name__
    if not check.__doc__:
        raise TypeError(f"{name} has no docstring, but its first line is the sentence a person reads")
    return Property(name, check.__doc__.strip().splitlines()[0], source, check, draws, applies)
