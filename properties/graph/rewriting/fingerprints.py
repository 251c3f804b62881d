"""What an operator computes and what becomes of it, as short texts that are the same in every graph and process.

They only choose an order among equals; no proof rests on them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from properties.graph.ir import Op
from properties.graph.kinds import DRAWS, DROPOUTS
from properties.graph.labels import COMMUTATIVE, label_of

__all__ = ["fingerprints", "users_of"]

_UNORDERED = COMMUTATIVE | {"cat", "output"}
_STEPS = 8  # a bottleneck block is ten operators long
_ONE_MODE_ONLY = (*DROPOUTS, "detach")
_MOVING = frozenset({"reshape", "flatten", "expand", "pad", "slice", "select", "roll", "upsample", "full"})


def fingerprints(ops: Sequence[Op], *, exact: bool = False) -> list[tuple[str, ...]]:
    """For each operator: what it is, what it is with those it reads, one step more each time, and what reads it.

    What is near comes first, so that a change far away leaves an order by these texts as it is. Parts that are joined
    count in any order, and what differs between a net's two modes does not count.

    Args:
        ops: the operators.
        exact: whether sizes count that may follow from the size of the image. Without them every capture of a net has
            one order; what they alone tell apart is left as it is.
    """
    return _with_labels(ops, _label if exact else _rough_label)


def _with_labels(ops: Sequence[Op], label: Callable[[Op], str]) -> list[tuple[str, ...]]:
    passed = _passed(ops)
    labels: list[str] = []
    for op, source in zip(ops, passed, strict=True):
        labels.append(label(op) if source is None else labels[source])
    layers = [labels]
    for _ in range(_STEPS):
        layers.append(_one_step_more(ops, passed, labels, layers[-1]))
    layers.append(_everything_above(ops, passed, labels))
    below = [""] * len(ops)
    users = users_of(ops)
    for position in range(len(ops) - 1, -1, -1):
        found = sorted(f"{below[user]} {_slots(ops[user], position)}" for user in users[position])
        if passed[position] is not None and len(users[position]) == 1:
            below[position] = below[users[position][0]]
        else:
            below[position] = _digest(labels[position], found)
    return list(zip(*layers, below, strict=True))


def _passed(ops: Sequence[Op]) -> list[int | None]:
    """The operand whose value an operator of train mode passes on: a dropout's, or what is multiplied by a draw."""
    drawn: list[bool] = []
    found: list[int | None] = []
    for op in ops:
        drawn.append(op.kind in DRAWS or (bool(op.inputs) and all(drawn[source] for source in op.inputs)))
        values = [source for source in op.inputs if not drawn[source]]
        if op.kind in _ONE_MODE_ONLY:
            found.append(op.inputs[0])
        elif op.kind in ("mul", "div") and len(op.inputs) == 2 and len(values) == 1:
            found.append(values[0])
        else:
            found.append(None)
    return found


def _one_step_more(
    ops: Sequence[Op], passed: Sequence[int | None], labels: Sequence[str], before: Sequence[str]
) -> list[str]:
    found: list[str] = []
    for op, source, label in zip(ops, passed, labels, strict=True):
        found.append(_above(op, label, [before[at] for at in op.inputs]) if source is None else found[source])
    return found


def _everything_above(ops: Sequence[Op], passed: Sequence[int | None], labels: Sequence[str]) -> list[str]:
    found: list[str] = []
    for op, source, label in zip(ops, passed, labels, strict=True):
        found.append(_above(op, label, [found[at] for at in op.inputs]) if source is None else found[source])
    return found


def _above(op: Op, label: str, sources: Sequence[str]) -> str:
    return _digest(label, sorted(sources) if op.kind in _UNORDERED else sources)


def _label(op: Op) -> str:
    if op.kind == "batch_norm":
        return repr((op.kind, op.attributes["eps"], sorted(op.params), op.shape[1:]))
    return repr((label_of(op), op.shape[1:]))


def _rough_label(op: Op) -> str:
    """Without sizes: a tensor's own size says how wide a layer is."""
    sizes = sorted((role, param.shape) for role, param in op.params.items())
    if op.kind == "batch_norm":
        return repr((op.kind, op.attributes["eps"], sizes))
    if op.kind in _MOVING:
        kept = {name: op.attributes.get(name) for name in ("dim", "start", "step", "index", "mode", "value")}
        return repr((op.kind, sorted(kept.items()), sizes))
    return repr((label_of(op), sizes))


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
