"""What each rule did on a graph's way to its normal form: the value that it was given, and the equal one it made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import wraps

from properties.graph.ir import Op, OpGraph
from properties.graph.rewriting.rule import AnyRule, GraphRule, Rewriting, Rule
from properties.graph.rules import GRAPH_RULES, RULES
from properties.graph.rules.canonical import canonicalise

__all__ = ["Step", "steps"]


@dataclass(frozen=True)
class Step:
    """One application of one rule.

    Args:
        rule: the rule.
        before: a graph that returns the operator's value; of a rule that is given all operators, the net's own result.
        after: a graph that returns the value that took its place.
    """

    rule: AnyRule
    before: OpGraph
    after: OpGraph


def steps(graph: OpGraph, tier: str, rules: Iterable[AnyRule] = (*RULES, *GRAPH_RULES)) -> list[Step]:
    """Every application of every rule, in order, each with its two sides and nothing else between them.

    Args:
        graph: a captured graph.
        tier: the highest tier of rules to use.
        rules: which rules there are.
    """
    found: list[Step] = []
    canonicalise(graph, tier, rules=[_watched(rule, graph, found) for rule in rules])
    return found


def _watched(rule: AnyRule, graph: OpGraph, found: list[Step]) -> AnyRule:
    """The same rule, which writes down what it does."""

    @wraps(rule.rewrite)
    def rewrite(op: Op, rewriting: Rewriting) -> int | None:
        known = tuple(rewriting.ops)
        result = rule.rewrite(op, rewriting)
        if result is not None:
            before = _returning((*known, op), len(known))
            found.append(Step(rule, replace(graph, ops=before), replace(graph, ops=_returning(rewriting.ops, result))))
        return result

    @wraps(rule.rewrite)
    def rewrite_all(ops: tuple[Op, ...]) -> tuple[Op, ...] | None:
        result = rule.rewrite(ops)
        if result is not None:
            found.append(Step(rule, replace(graph, ops=ops), replace(graph, ops=result)))
        return result

    if isinstance(rule, GraphRule):
        return replace(rule, rewrite=rewrite_all)
    assert isinstance(rule, Rule)
    return replace(rule, rewrite=rewrite)


def _returning(ops: Sequence[Op], position: int) -> tuple[Op, ...]:
    value = ops[position]
    return (*ops, Op("output", (position,), {"paths": ("",)}, shape=value.shape, dtype=value.dtype))
