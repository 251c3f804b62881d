"""What an operator computes and what becomes of it, as short texts that are the same in every graph and process.

They only choose an order among equals; no proof rests on them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from properties.graph._signatures import COMMUTATIVE, label_of
from properties.graph.ir import Op

__all__ = ["fingerprints", "users_of"]

_UNORDERED = COMMUTATIVE | {"cat", "output"}
_STEPS = 8  # a bottleneck block is ten operators long
_ONE_MODE_ONLY = frozenset({"dropout", "feature_dropout", "alpha_dropout", "detach"})


def fingerprints(ops: Sequence[Op]) -> list[tuple[str, ...]]:
    """For each operator: what it is, what it is with those it reads, one step more each time, and what reads it.

    What is near comes first, so that a change far away leaves an order by these texts as it is. Parts that are joined
    count in any order, and what differs between a net's two modes does not count, so that both have one order.
    """
    labels: list[str] = []
    for op in ops:
        labels.append(labels[op.inputs[0]] if op.kind in _ONE_MODE_ONLY else _label(op))
    layers = [labels]
    for _ in range(_STEPS):
        layers.append(_one_step_more(ops, labels, layers[-1]))
    layers.append(_everything_above(ops, labels))
    below = [""] * len(ops)
    users = users_of(ops)
    for position in range(len(ops) - 1, -1, -1):
        found = sorted(f"{below[user]} {_slots(ops[user], position)}" for user in users[position])
        if ops[position].kind in _ONE_MODE_ONLY and len(users[position]) == 1:
            below[position] = below[users[position][0]]
        else:
            below[position] = _digest(labels[position], found)
    return list(zip(*layers, below, strict=True))


def _one_step_more(ops: Sequence[Op], labels: Sequence[str], before: Sequence[str]) -> list[str]:
    found: list[str] = []
    for op, label in zip(ops, labels, strict=True):
        passed = op.kind in _ONE_MODE_ONLY
        found.append(found[op.inputs[0]] if passed else _above(op, label, [before[source] for source in op.inputs]))
    return found


def _everything_above(ops: Sequence[Op], labels: Sequence[str]) -> list[str]:
    found: list[str] = []
    for op, label in zip(ops, labels, strict=True):
        sources = [found[source] for source in op.inputs]
        found.append(sources[0] if op.kind in _ONE_MODE_ONLY else _above(op, label, sources))
    return found


def _above(op: Op, label: str, sources: Sequence[str]) -> str:
    return _digest(label, sorted(sources) if op.kind in _UNORDERED else sources)


def _label(op: Op) -> str:
    if op.kind == "batch_norm":
        return repr((op.kind, op.attributes["eps"], sorted(op.params), op.shape[1:]))
    return repr((label_of(op), op.shape[1:]))


def users_of(ops: Sequence[Op]) -> list[list[int]]:
    """For each operator those that read it, each once."""
    found: list[list[int]] = [[] for _ in ops]
    for position, op in enumerate(ops):
        for source in dict.fromkeys(op.inputs):
            found[source].append(position)
    return found


def _slots(user: Op, position: int) -> list[int]:
    return [0 if user.kind in _UNORDERED else slot for slot, source in enumerate(user.inputs) if source == position]


def _digest(label: str, parts: Sequence[str]) -> str:
    return hashlib.blake2b("\n".join((label, *parts)).encode(), digest_size=12).hexdigest()
