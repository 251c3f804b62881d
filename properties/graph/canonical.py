"""A normal form for operator graphs, so that nets written differently but always equal become the same graph.

Every rewrite here is of tier A: the two sides are equal for every input, size and weight, in the mode of the graph.
Each is a named rule with a test of its own; the rules that were needed are part of the result, because a proof of
identity names what it rests on. The rules themselves stand in ``_rules``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from properties.graph._rules import RULES, Rewriting, Rule
from properties.graph.ir import Op, OpGraph

__all__ = ["Canonical", "canonicalise"]

_MOST_PASSES = 50


@dataclass(frozen=True)
class Canonical:
    """A graph in normal form.

    Args:
        graph: the graph.
        rules: names of the rules that were applied, each once, in the order of first use.
    """

    graph: OpGraph
    rules: tuple[str, ...]


def canonicalise(graph: OpGraph, rules: Iterable[Rule] = RULES) -> Canonical:
    """Apply the rules until none applies, then drop what nothing reads.

    Args:
        graph: a captured graph.
        rules: which rules; all of tier A by default.

    Raises:
        RuntimeError: if the rules do not come to an end.
    """
    chosen = tuple(rules)
    by_kind: dict[str, list[Rule]] = {}
    for rule in chosen:
        for kind in rule.kinds:
            by_kind.setdefault(kind, []).append(rule)
    used: dict[str, None] = {}
    ops = graph.ops
    for _ in range(_MOST_PASSES):
        ops, fired = _one_pass(ops, by_kind, graph.mode)
        used.update(dict.fromkeys(fired))
        if not fired:
            return Canonical(replace(graph, ops=_without_unread(ops)), tuple(used))
        ops = _without_unread(ops)
    raise RuntimeError(f"the rewrite rules do not come to an end: {fired}")


def _one_pass(ops: tuple[Op, ...], by_kind: dict[str, list[Rule]], mode: str) -> tuple[tuple[Op, ...], list[str]]:
    rewriting = Rewriting(mode)
    became: list[int] = []
    fired: list[str] = []
    for op in ops:
        moved = op.with_(inputs=tuple(became[source] for source in op.inputs)) if op.inputs else op
        for rule in by_kind.get(op.kind, ()):
            result = rule.rewrite(moved, rewriting)
            if result is not None:
                fired.append(rule.name)
                became.append(result)
                break
        else:
            became.append(rewriting.emit(moved))
    return tuple(rewriting.ops), fired


def _without_unread(ops: tuple[Op, ...]) -> tuple[Op, ...]:
    """Only what the output depends on, and every input."""
    last = max(position for position, op in enumerate(ops) if op.kind == "output")
    read = [op.kind == "input" for op in ops]
    read[last] = True
    for position in range(last, -1, -1):
        if read[position]:
            for source in ops[position].inputs:
                read[source] = True
    place: dict[int, int] = {}
    kept: list[Op] = []
    for position in [p for p in range(len(ops)) if read[p] and p != last] + [last]:
        op = ops[position]
        place[position] = len(kept)
        kept.append(op.with_(inputs=tuple(place[source] for source in op.inputs)) if op.inputs else op)
    return tuple(kept)
