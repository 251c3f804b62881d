"""A normal form for operator graphs, so that nets written differently but equal become the same graph.

Each rewrite is a named rule with a test of its own; the rules that were needed are part of the result, because a proof
names what it rests on. The rules, listed in ``properties.graph.rules``, are of three tiers:

* A, *always equal*: for every input, size and weight, in the mode of the graph; some of them in real arithmetic only.
* B, *equal under a weight map*: tensors are reshaped, reordered, joined or split; each ``Param.made`` says how.
* C, *equal on a domain*: at the captured size or in the captured mode only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from properties.graph.ir import Op, OpGraph
from properties.graph.rewriting.attributes import unread
from properties.graph.rewriting.params import are_apart
from properties.graph.rewriting.rule import AnyRule, GraphRule, Rewriting, Rule
from properties.graph.rules import GRAPH_RULES, RULES

__all__ = ["EXACT", "TIERS", "Canonical", "Spot", "canonicalise"]

TIERS = ("A", "B", "C")
_MOST_PASSES = 200
_ALL: tuple[AnyRule, ...] = (*RULES, *GRAPH_RULES)
EXACT = tuple(rule for rule in _ALL if rule.ground != "real arithmetic")
_TELL_ZEROS_APART = ("reciprocal", "rsqrt", "atan2", "copysign", "signbit", "pow")  # -0.0 from 0.0; as a division does


@dataclass(frozen=True)
class Spot:
    """Where a rule of real arithmetic was applied.

    Args:
        rule: its name.
        where: the module, or the kind of operator outside of any.
        departs: where the two spellings are two numbers, in words.
    """

    rule: str
    where: str
    departs: str

    def __str__(self) -> str:
        return f"{self.rule} at {self.where}: same in exact arithmetic; departs: {self.departs}"


@dataclass(frozen=True)
class Canonical:
    """A graph in normal form.

    Args:
        graph: the graph.
        rules: names of the rules that were applied, each once, in the order of first use.
        tier: the highest tier among them; ``"A"`` if there are none.
        conditions: on what the rules of tier C rest, in words, each once.
        spots: where the rules of real arithmetic were applied, each once.
    """

    graph: OpGraph
    rules: tuple[str, ...]
    tier: str = "A"
    conditions: tuple[str, ...] = ()
    spots: tuple[Spot, ...] = ()


def canonicalise(graph: OpGraph, tier: str = "A", *, rules: Iterable[AnyRule] | None = None) -> Canonical:
    """Apply the rules until none applies, then drop what nothing reads.

    Args:
        graph: a captured graph.
        tier: the highest tier of rules to use; ``"C"`` means all.
        rules: which rules to choose from; all there are by default.

    Raises:
        ValueError: if there is no such tier.
        RuntimeError: if the rules do not come to an end.
    """
    if tier not in TIERS:
        raise ValueError(f"tier must be one of {', '.join(TIERS)}, got {tier!r}")
    chosen = _ALL if rules is None else tuple(rules)
    found = _applied([rule for rule in chosen if rule.tier == "A"], graph.ops, graph.mode)
    if found is None:
        raise RuntimeError(f"the rewrite rules do not come to an end: {sorted(rule.name for rule in chosen)}")
    ops, used = found
    allowed = {"A"}
    for higher in TIERS[1 : TIERS.index(tier) + 1]:
        found = _applied([rule for rule in chosen if rule.tier in {*allowed, higher}], ops, graph.mode)
        if found is not None and are_apart(found[0]):  # else the form below is the best there is
            ops, used, allowed = found[0], {**used, **found[1]}, {*allowed, higher}
    return _result(replace(graph, ops=ops), used)


_Fired = list[tuple[AnyRule, str]]  # the rules that were applied, and where
_Used = dict[AnyRule, dict[str, None]]


def _applied(rules: Sequence[AnyRule], ops: tuple[Op, ...], mode: str) -> tuple[tuple[Op, ...], _Used] | None:
    """The operators when no rule applies any more, and the rules that did; None if there is no end to it."""
    by_kind: dict[str, list[Rule]] = {}
    for rule in rules:
        for kind in rule.kinds if isinstance(rule, Rule) else ():
            by_kind.setdefault(kind, []).append(rule)  # type: ignore[arg-type]
    whole = [rule for rule in rules if isinstance(rule, GraphRule)]
    used: _Used = {}
    for _ in range(_MOST_PASSES):
        ops, fired = _one_pass(ops, by_kind, mode)
        ops = _without_unread(ops)
        if not fired:
            ops, fired = _first_of(whole, ops)
        for rule, where in fired:
            used.setdefault(rule, {})[where] = None
        if not fired:
            return ops, used
    return None


def _result(graph: OpGraph, used: _Used) -> Canonical:
    rules: tuple[AnyRule, ...] = tuple(used)
    conditions = dict.fromkeys(rule.condition for rule in rules if isinstance(rule, Rule) and rule.condition)
    return Canonical(
        graph,
        tuple(dict.fromkeys(rule.name for rule in rules)),
        max((rule.tier for rule in rules), default="A"),
        tuple(conditions),
        tuple(
            Spot(rule.name, where, rule.departs)
            for rule, places in used.items()
            if isinstance(rule, Rule) and rule.departs
            for where in places
        ),
    )


def _first_of(rules: Iterable[GraphRule], ops: tuple[Op, ...]) -> tuple[tuple[Op, ...], _Fired]:
    for rule in rules:
        rewritten = rule.rewrite(ops)
        if rewritten is not None:
            return _without_unread(rewritten), [(rule, "")]
    return ops, []


def _one_pass(ops: tuple[Op, ...], by_kind: dict[str, list[Rule]], mode: str) -> tuple[tuple[Op, ...], _Fired]:
    rewriting = Rewriting(mode, any(_tells_zeros_apart(op) for op in ops))
    became: list[int] = []
    fired: _Fired = []
    for op in ops:
        moved = op.with_(inputs=tuple(became[source] for source in op.inputs)) if op.inputs else op
        for rule in by_kind.get(op.kind, ()):
            result = _applies(rule, moved, rewriting)
            if result is not None:
                fired.append((rule, op.where or f"({op.kind})"))
                became.append(result)
                break
        else:
            became.append(rewriting.emit(moved))
    return tuple(rewriting.ops), fired


def _applies(rule: Rule, op: Op, rewriting: Rewriting) -> int | None:
    """What the rule makes of the operator, if it looked at all that the operators it replaces are set to."""
    known = len(rewriting.ops)
    result = rule.rewrite(op, rewriting)
    if result is None or not unread(rule, op, rewriting, known):
        return result
    del rewriting.ops[known:]
    rewriting.nonnegative.clear()
    return None


def _tells_zeros_apart(op: Op) -> bool:
    return op.kind in _TELL_ZEROS_APART or (op.kind == "div" and len(op.inputs) > 1)


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
