"""What identifies an operator in its net: its label, and the structure around it, as numbers shared by two graphs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from properties.graph.ir import Op, OpGraph
from properties.graph.labels import COMMUTATIVE, label_of, slot_of, weight_size

__all__ = ["DEPTH", "Interner", "Likeness", "Signatures"]

DEPTH = 8  # how far contexts look; a bottleneck block is ten operators long


class Interner:
    """Equal things get equal numbers; unlike hashes, different things never do."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def __call__(self, thing: Hashable) -> int:
        """The number of a thing."""
        return self._numbers.setdefault(thing, len(self._numbers))


def _tensor_sizes(op: Op) -> tuple[Hashable, ...]:
    return tuple(sorted((role, param.shape) for role, param in op.params.items()))


def _ties(graph: OpGraph) -> list[tuple[int, ...]]:
    """How often each operator's tensors are read in the whole net: a tied weight is no ordinary weight."""
    counts: dict[str, int] = {}
    for op in graph.ops:
        for param in op.params.values():
            counts[param.key] = counts.get(param.key, 0) + 1
    return [tuple(counts[param.key] for _, param in sorted(op.params.items())) for op in graph.ops]


@dataclass(frozen=True)
class Signatures:
    """For every operator of one graph.

    Args:
        label: its own label.
        coarse: its kind and the sizes of its result and tensors, which survive a changed setting.
        up: label and everything it depends on.
        down: label and everything that depends on it.
    """

    label: list[int]
    coarse: list[int]
    up: list[int]
    down: list[int]

    @classmethod
    def of(cls, graph: OpGraph, intern: Interner) -> Signatures:
        """Compute them; two graphs are comparable if they share the interner."""
        label = [intern((label_of(op), tied)) for op, tied in zip(graph.ops, _ties(graph), strict=True)]
        coarse = [intern(("coarse", op.kind, op.shape, _tensor_sizes(op))) for op in graph.ops]
        return cls._with_surroundings(graph, intern, label, coarse)

    @classmethod
    def loosely(cls, graph: OpGraph, intern: Interner) -> Signatures:
        """By kinds and weights alone: what is left where every layer of a net has another setting, or a bias."""
        label = [intern(("loose", op.kind, weight_size(op))) for op in graph.ops]
        coarse = [intern(("loose", op.kind, weight_size(op), op.shape)) for op in graph.ops]
        return cls._with_surroundings(graph, intern, label, coarse)

    @classmethod
    def _with_surroundings(cls, graph: OpGraph, intern: Interner, label: list[int], coarse: list[int]) -> Signatures:
        users = _users(graph)
        up: list[int] = []
        for op, own in zip(graph.ops, label, strict=True):
            up.append(intern(("up", own, _ordered(op.kind in COMMUTATIVE, [up[source] for source in op.inputs]))))
        down = [0] * len(graph.ops)
        for position in range(len(graph.ops) - 1, -1, -1):
            below = tuple(sorted([(down[user], slot) for user, slot in users[position]]))
            down[position] = intern(("down", label[position], below))
        return cls(label, coarse, up, down)


@dataclass(frozen=True)
class Likeness:
    """What speaks for a pair of operators of two graphs.

    Args:
        signatures: of both graphs.
        contexts: the score of equal surroundings, and the surroundings of every operator of both.
    """

    signatures: tuple[Signatures, Signatures]
    contexts: tuple[tuple[float, list[tuple[int, ...]], list[tuple[int, ...]]], ...]

    @classmethod
    def of(
        cls, graphs: tuple[OpGraph, OpGraph], signatures: tuple[Signatures, Signatures], intern: Interner
    ) -> Likeness:
        """Surroundings by labels, and by what survives a changed setting."""
        (reference, candidate), (ours, theirs) = graphs, signatures
        by_label = _contexts(reference, ours.label, intern), _contexts(candidate, theirs.label, intern)
        by_make = _contexts(reference, ours.coarse, intern), _contexts(candidate, theirs.coarse, intern)
        return cls(signatures, ((0.5, *by_label), (0.25, *by_make)))


def _ordered(unordered: bool, sources: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(sources)) if unordered else tuple(sources)


def _users(graph: OpGraph) -> list[list[tuple[int, int]]]:
    found: list[list[tuple[int, int]]] = [[] for _ in graph.ops]
    for position, op in enumerate(graph.ops):
        if len(op.inputs) == 1:
            found[op.inputs[0]].append((position, 0))
            continue
        for slot, source in enumerate(op.inputs):
            found[source].append((position, slot_of(op, slot)))
    return found


def _contexts(graph: OpGraph, label: list[int], intern: Interner) -> list[tuple[int, ...]]:
    """For each operator its label with neighbours up to 1, 2, ... steps away, above and below by turns."""
    sources = [(op.kind in COMMUTATIVE and len(op.inputs) > 1, op.inputs) for op in graph.ops]
    users = _users(graph)
    above, below = list(label), list(label)
    found: list[list[int]] = []
    for _ in range(DEPTH):
        above = [
            intern((own, above[near[0]] if len(near) == 1 else _ordered(unordered, [above[n] for n in near])))
            for own, (unordered, near) in zip(label, sources, strict=True)
        ]
        below = [
            intern((own, below[uses[0][0]], uses[0][1]))
            if len(uses) == 1
            else intern((own, tuple(sorted([(below[user], slot) for user, slot in uses]))))
            for own, uses in zip(label, users, strict=True)
        ]
        found += [above, below]
    return list(zip(*found, strict=True))
