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
    "GROUNDS",
    "AnyRule",
    "GraphRule",
    "Rewriting",
    "Rule",
    "always",
    "in_real_arithmetic",
    "on_whole_graph",
    "under_condition",
    "under_weight_map",
]

Evidence = Literal["exact", "solved", "rounded", "real"]
EVIDENCE: dict[Evidence, str] = {
    "exact": "it moves or picks numbers: both sides are equal bit for bit",
    "solved": "a statement about sizes, proved for all of them by a solver",
    "rounded": "the same sums and products, rounded in another order: both sides are equal in float64, outputs and "
    "gradients, infinite where the other is, and no number where the other is none",
    "real": "an identity of real numbers: both sides are equal in float64, outputs and gradients, at ordinary numbers",
}

Ground = Literal["exact", "real arithmetic", "weight map", "one size"]
GROUNDS: dict[Ground, str] = {
    "exact": "holds for every number of a float type, infinities and NaN among them, and for gradients, bit for bit or "
    "up to the order of rounding; `identical` rests on it",
    "one size": "is read off the sizes of a capture, and is proved at the sizes and batches that were captured and "
    "nowhere else; `identical` needs it in every capture, and what holds at one of them alone is `conditional`",
    "real arithmetic": "the same formula in exact arithmetic, but another one where a number overflows, loses its "
    "digits or stands at a kink; leads to `equivalent`, and the report lists each place",
    "weight map": "holds once weights are stored in another way; leads to `equivalent`, with the map of the weights",
}


@dataclass
class Rewriting:
    """The graph as rewritten so far.

    Args:
        mode: the graph's.
        zeros_have_signs: whether some operator tells -0.0 from 0.0, as a division does.
        ops: the operators so far.
        nonnegative: what ``signs.is_nonnegative`` found out, by position and strictness.
    """

    mode: str
    zeros_have_signs: bool = False
    ops: list[Op] = field(default_factory=list)
    nonnegative: dict[tuple[int, bool], bool] = field(default_factory=dict)

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
        source: the formula, left to right: the identity that it is, or the document that says so.
        evidence: how the tests hold it, one of ``EVIDENCE``.
        ground: what it holds under, one of ``GROUNDS``.
        requires: its conditions on attributes, types and ranks, in words.
        departs: of ground ``"real arithmetic"``, where the two sides are two numbers, in words.
        condition: of tier C, on what it rests.
        whatever: attributes that it names because it holds whatever they are.

    Raises:
        ValueError: if it does not say all of this.
    """

    name: str
    kinds: tuple[str, ...]
    rewrite: Rewrite
    tier: str
    source: str
    evidence: Evidence
    ground: Ground
    requires: str
    departs: str = ""
    condition: str = ""
    whatever: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _complete(self)


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
        ground: as of ``Rule``.
        requires: as of ``Rule``.
    """

    name: str
    rewrite: WholeRewrite
    tier: str
    source: str
    evidence: Evidence
    ground: Ground
    requires: str

    def __post_init__(self) -> None:
        _complete(self)


AnyRule = Rule | GraphRule


def _complete(rule: AnyRule) -> None:
    """A rule that does not say what it is and what it rests on is none."""
    said = {"formula": rule.source, "conditions": rule.requires, "docstring": rule.rewrite.__doc__ or ""}
    missing = [name for name, text in said.items() if not text.strip()]
    if missing or rule.ground not in GROUNDS or rule.evidence not in EVIDENCE:
        raise ValueError(f"the rule {rule.name!r} lacks its {', '.join(missing) or 'ground or evidence'}")
    departs = isinstance(rule, Rule) and bool(rule.departs)
    if departs != (rule.ground == "real arithmetic") or (departs and rule.evidence != "real"):
        raise ValueError(f"a rule of real arithmetic, and no other, says where it departs, but not {rule.name!r}")


def always(
    *kinds: str,
    name: str,
    source: str,
    requires: str,
    evidence: Evidence,
    ground: Ground = "exact",
    whatever: tuple[str, ...] = (),
) -> Callable[[Rewrite], Rule]:
    """Make a rule that is valid for every input, size and weight."""
    return lambda rewrite: Rule(name, kinds, rewrite, "A", source, evidence, ground, requires, whatever=whatever)


def in_real_arithmetic(*kinds: str, name: str, source: str, requires: str, departs: str) -> Callable[[Rewrite], Rule]:
    """Make a rule of which both sides are one formula, and not one number wherever it overflows or has a kink."""
    return lambda rewrite: Rule(name, kinds, rewrite, "A", source, "real", "real arithmetic", requires, departs)


def under_weight_map(
    *kinds: str, name: str, source: str, requires: str, evidence: Evidence
) -> Callable[[Rewrite], Rule]:
    """Make a rule that is valid once tensors are stored in another way, which their ``Param.made`` records."""
    return lambda rewrite: Rule(name, kinds, rewrite, "B", source, evidence, "weight map", requires)


def under_condition(
    *kinds: str,
    name: str,
    source: str,
    requires: str,
    evidence: Evidence,
    condition: str,
    whatever: tuple[str, ...] = (),
) -> Callable[[Rewrite], Rule]:
    """Make a rule that is valid at the captured size or in the captured mode, as its condition says."""
    return lambda rewrite: Rule(
        name, kinds, rewrite, "C", source, evidence, "one size", requires, condition=condition, whatever=whatever
    )


def on_whole_graph(
    *, tier: Literal["A", "B"], name: str, source: str, requires: str, evidence: Evidence
) -> Callable[[WholeRewrite], GraphRule]:
    """Make a rule that is given all operators at once, of either tier."""
    ground: Ground = "exact" if tier == "A" else "weight map"
    return lambda rewrite: GraphRule(name, rewrite, tier, source, evidence, ground, requires)
