"""What a rewrite rule is, what it works on, and the decorators that make one of a function.

A decorator returns a frozen record and does nothing else: what is in force is listed in ``properties.graph.rules``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from properties.graph.ir import Op

__all__ = [
    "EVIDENCE",
    "AnyRule",
    "GraphRule",
    "Rewriting",
    "Rule",
    "always",
    "on_whole_graph",
    "under_condition",
    "under_weight_map",
]

Evidence = Literal["exact", "solved", "real"]
EVIDENCE: dict[Evidence, str] = {
    "exact": "it moves or picks numbers: both sides are equal bit for bit",
    "solved": "a statement about sizes, proved for all of them by a solver",
    "real": "an identity of real numbers: both sides are equal in float64, outputs and gradients",
}


@dataclass
class Rewriting:
    """The graph as rewritten so far.

    Args:
        mode: the graph's.
        ops: the operators so far.
        nonnegative: what ``signs.is_nonnegative`` found out, by position.
    """

    mode: str
    ops: list[Op] = field(default_factory=list)
    nonnegative: dict[int, bool] = field(default_factory=dict)

    def emit(self, op: Op) -> int:
        """Append an operator; its position."""
        self.ops.append(op)
        return len(self.ops) - 1

    def source(self, op: Op, slot: int = 0) -> Op:
        """The operator that an operand comes from."""
        return self.ops[op.inputs[slot]]


Rewrite = Callable[[Op, Rewriting], int | None]
WholeRewrite = Callable[[tuple[Op, ...]], tuple[Op, ...] | None]


@dataclass(frozen=True)
class Rule:
    """A named rewrite of one operator.

    Args:
        name: what the report calls it.
        kinds: the operators it looks at.
        rewrite: returns the position of an equal value, or None where it does not apply.
        tier: ``"A"``: the two sides are always equal; ``"B"``: equal under a weight map; ``"C"``: equal at the captured
            size or in the captured mode.
        source: the identity that it is, or the document that says so.
        evidence: how the tests hold it, one of ``EVIDENCE``.
        condition: of tier C, on what it rests.
    """

    name: str
    kinds: tuple[str, ...]
    rewrite: Rewrite
    tier: str
    source: str
    evidence: Evidence
    condition: str = ""


@dataclass(frozen=True)
class GraphRule:
    """A named rewrite that must see who reads a value: it is given all operators at once.

    Args:
        name: what the report calls it.
        rewrite: returns the operators after one or more rewrites, or None where there is nothing to do. What nothing
            reads any more may stay.
        tier: as of ``Rule``.
        source: as of ``Rule``.
        evidence: as of ``Rule``.
    """

    name: str
    rewrite: WholeRewrite
    tier: str
    source: str
    evidence: Evidence


AnyRule = Rule | GraphRule


def always(*kinds: str, name: str, source: str, evidence: Evidence) -> Callable[[Rewrite], Rule]:
    """Make a rule that is valid for every input, size and weight."""
    return lambda rewrite: Rule(name, kinds, rewrite, "A", source, evidence)


def under_weight_map(*kinds: str, name: str, source: str, evidence: Evidence) -> Callable[[Rewrite], Rule]:
    """Make a rule that is valid once tensors are stored in another way, which their ``Param.made`` records."""
    return lambda rewrite: Rule(name, kinds, rewrite, "B", source, evidence)


def under_condition(
    *kinds: str, name: str, source: str, evidence: Evidence, condition: str
) -> Callable[[Rewrite], Rule]:
    """Make a rule that is valid at the captured size or in the captured mode, as its condition says."""
    return lambda rewrite: Rule(name, kinds, rewrite, "C", source, evidence, condition)


def on_whole_graph(
    *, tier: Literal["A", "B"], name: str, source: str, evidence: Evidence
) -> Callable[[WholeRewrite], GraphRule]:
    """Make a rule that is given all operators at once, of either tier."""
    return lambda rewrite: GraphRule(name, rewrite, tier, source, evidence)
