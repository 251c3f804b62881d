"""Statements about integers without a bound, and whether they are true: what a solver says of them."""

from __future__ import annotations

from dataclasses import dataclass

import z3
from z3 import And, ArithRef, BoolRef

from properties.graph.rewriting.rule import AnyRule

__all__ = ["Claim", "Number", "Proof", "can_be", "ceil_of", "counterexample", "floor_of"]

Number = ArithRef | int
_SECONDS = 60


@dataclass(frozen=True)
class Claim:
    """What is assumed, and what follows from it."""

    given: tuple[BoolRef, ...]
    then: BoolRef


@dataclass(frozen=True)
class Proof:
    """A statement about sizes on which a rule rests.

    Args:
        rule: the rule.
        says: the statement, in words.
        right: the statement.
        wrong: one that only looks like it, and can be refuted: a proof that cannot fail shows nothing.
    """

    rule: AnyRule
    says: str
    right: Claim
    wrong: Claim

    def __str__(self) -> str:
        return self.rule.name.replace(" ", "-")


def can_be(*said: BoolRef) -> str | None:
    """Integers for which all of it is true, in words; None if there are none.

    Raises:
        TimeoutError: if the solver does not come to an end.
    """
    solver = z3.Solver()
    solver.set("timeout", 1000 * _SECONDS)
    solver.add(*said)
    found = solver.check()
    if found == z3.unknown:
        raise TimeoutError(f"undecided: {solver.reason_unknown()}")
    return str(solver.model()) if found == z3.sat else None


def counterexample(claim: Claim) -> str | None:
    """Integers for which a claim is false, in words; None if it is true of all."""
    return can_be(*claim.given, z3.Not(claim.then))


def floor_of(quotient: ArithRef, number: Number, divisor: Number) -> BoolRef:
    """That a quotient is ``number / divisor``, rounded down."""
    return And(quotient * divisor <= number, number < quotient * divisor + divisor)


def ceil_of(quotient: ArithRef, number: Number, divisor: Number) -> BoolRef:
    """That a quotient is ``number / divisor``, rounded up."""
    return And((quotient - 1) * divisor < number, number <= quotient * divisor)
