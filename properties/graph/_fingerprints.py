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


def fingerprints(ops: Sequence[Op]) -> list[tuple[str, str]]:
    """For each operator, of everything it depends on and of everything that depends on it. Parts that are joined
    count in any order."""
    labels = [repr((label_of(op), op.shape)) for op in ops]
    above: list[str] = []
    for op, label in zip(ops, labels, strict=True):
        sources = [above[source] for source in op.inputs]
        above.append(_digest(label, sorted(sources) if op.kind in _UNORDERED else sources))
    below = [""] * len(ops)
    users = users_of(ops)
    for position in range(len(ops) - 1, -1, -1):
        found = (f"{below[user]} {_slots(ops[user], position)}" for user in users[position])
        below[position] = _digest(labels[position], sorted(found))
    return list(zip(above, below, strict=True))


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
