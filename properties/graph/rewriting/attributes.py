"""What the matcher asks of every rule: an attribute that the rule did not look at has its default, or the rule does not
fire.

A rule is run once more on operators that write down what is read of them. Of those whose kind it asked for, and which
the rewrite replaces, each attribute must have been read, be carried along, be named as one whose value does not matter,
or be what the operator's schema fills in by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, SupportsIndex

from properties.graph.ir import Op
from properties.graph.rewriting.rule import Rewriting, Rule

__all__ = ["DEFAULTS", "SHAPED", "unread"]

# What the schemas of ATen fill in, for operators whose attributes have defaults. A test holds them against the schemas.
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "addmm": {"alpha": 1, "beta": 1},
    "baddbmm": {"alpha": 1, "beta": 1},
    "celu": {"alpha": 1.0},
    "elu": {"alpha": 1, "scale": 1, "input_scale": 1},
    "gelu": {"approximate": "none"},
    "hardtanh": {"min_val": -1, "max_val": 1},
    "leaky_relu": {"negative_slope": 0.01},
    "rsub": {"alpha": 1},
    "scaled_dot_product_attention": {"dropout_p": 0.0, "is_causal": False, "enable_gqa": False},
    "softplus": {"beta": 1, "threshold": 20},
}
# What follows from the size and the type of the result, which say the same.
SHAPED: Mapping[str, frozenset[str]] = {
    "cast": frozenset({"dtype"}),
    "expand": frozenset({"size", "implicit"}),
    "flatten": frozenset({"start"}),
    "full": frozenset({"shape", "dtype"}),
    "linear": frozenset({"out_features"}),
    "repeat": frozenset({"repeats"}),
    "reshape": frozenset({"shape"}),
    "slice": frozenset({"end"}),
}


def unread(rule: Rule, op: Op, graph: Rewriting, known: int) -> tuple[str, ...]:
    """Attributes of the operators that a rule replaced which it did not look at, ``"div: rounding_mode"``.

    Args:
        rule: it was applied to the operator.
        op: the operator.
        graph: after the rule was applied.
        known: how many operators there were before.
    """
    watched = _Watched(graph.ops[:known])
    shadow = Rewriting(graph.mode, graph.zeros_have_signs, watched)
    result = rule.rewrite(watched.seen(op), shadow)
    kept = _kept(watched, known, result)
    found: list[str] = []
    for replaced in _replaced(op, watched, kept):
        read = {*watched.read(replaced), *rule.whatever}
        usual = {**DEFAULTS.get(replaced.kind, {}), **dict.fromkeys(SHAPED.get(replaced.kind, ()), _ANY)}
        found += [
            f"{replaced.kind}: {name}"
            for name, value in replaced.attributes.items()
            if name not in read and (name not in usual or (usual[name] is not _ANY and usual[name] != value))
        ]
    return tuple(found)


_ANY = object()


class _Attributes(Mapping[str, Any]):
    """Attributes that write down which of them are read; who takes them all has read them all."""

    def __init__(self, of: Mapping[str, Any]) -> None:
        self.of, self.names, self.matched = of, set[str](), False

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return self.of[name]

    def __iter__(self) -> Iterator[str]:
        self.names.update(self.of)
        return iter(self.of)

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return name in self.of

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return self.of.get(name, default)

    def __len__(self) -> int:
        self.names.update(self.of)
        return len(self.of)

    def __eq__(self, other: object) -> bool:
        for side in (self, other):
            if isinstance(side, _Attributes):
                side.names.update(side.of)
        return bool(self.of == (other.of if isinstance(other, _Attributes) else other))

    __hash__ = None  # type: ignore[assignment]


class _Op(Op):
    """An operator that writes down whether its kind is asked for."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name == "kind" and isinstance(attributes := super().__getattribute__("attributes"), _Attributes):
            attributes.matched = True
        return found


class _Watched(list[Op]):
    """Operators that write down what is read of them, by those that were looked at."""

    def __init__(self, ops: list[Op]) -> None:
        super().__init__(ops)
        self.looked: dict[int, tuple[Op, _Attributes]] = {}  # by identity of the operator itself

    def seen(self, op: Op) -> Op:
        if isinstance(op.attributes, _Attributes):
            return op
        if id(op) not in self.looked:
            self.looked[id(op)] = (op, _Attributes(op.attributes))
        attributes = self.looked[id(op)][1]
        return _Op(op.kind, op.inputs, attributes, op.params, op.shape, op.where, op.dtype)

    def read(self, op: Op) -> set[str]:
        return self.looked[id(op)][1].names if id(op) in self.looked else set()

    def matched(self, op: Op) -> bool:
        return id(op) in self.looked and self.looked[id(op)][1].matched

    def plain(self, position: int) -> Op:
        return super().__getitem__(position)

    def __getitem__(self, position: SupportsIndex | slice) -> Any:
        found = super().__getitem__(position)
        return self.seen(found) if isinstance(found, Op) else [self.seen(op) for op in found]

    def __iter__(self) -> Iterator[Op]:
        return (self.seen(self.plain(position)) for position in range(len(self)))

    def append(self, op: Op) -> None:
        if isinstance(op.attributes, _Attributes):  # carried along as they are
            op.attributes.names.update(op.attributes.of)
        super().append(op)


def _kept(watched: _Watched, known: int, result: int | None) -> set[int]:
    """Positions of operators that there were before, and that the new ones read, or are made of."""
    kept: set[int] = set()
    waiting = [] if result is None else [result]
    while waiting:
        position = waiting.pop()
        if position not in kept:
            kept |= {position} if position < known else set()
            waiting += watched.plain(position).inputs
    return kept


def _replaced(op: Op, watched: _Watched, kept: set[int]) -> list[Op]:
    """The operator, and those between it and what was kept whose kind was asked for."""
    found, waiting, met = [op], [*op.inputs], set[int]()
    while waiting:
        position = waiting.pop()
        before = watched.plain(position)
        if position not in met and position not in kept and watched.matched(before):
            met.add(position)
            found.append(before)
            waiting += before.inputs
    return found
