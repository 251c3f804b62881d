"""The proof that two graphs are one: a one-to-one correspondence, found by refining a partition and then checked.

This is colour refinement: operators and tensors that nothing tells apart yet stand in one class, which splits when its
members' neighbours fall in different classes. Where whole branches are mirror images of each other (automorphic), one
pair is chosen and the rest follows.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from properties.graph.alignment.signatures import Interner, Signatures
from properties.graph.ir import OpGraph
from properties.graph.labels import COMMUTATIVE
from properties.graph.returned import effects, in_order_of, returned

__all__ = ["Correspondence", "isomorphism"]

_MOST_CHOICES = (
    5_000  # mirror images tried before giving up; a choice is only ever wrong where shared tensors forbid it
)


@dataclass(frozen=True)
class Correspondence:
    """Which operator of the candidate stands for which of the reference.

    Args:
        pairs: reference position to candidate position.
        exact: whether it is an isomorphism, tensors included.
        tensors: reference key to candidate key, for every tensor of a paired operator.
    """

    pairs: Mapping[int, int]
    exact: bool = False
    tensors: Mapping[str, str] = field(default_factory=dict)


def isomorphism(
    reference: OpGraph, candidate: OpGraph, signatures: tuple[Signatures, Signatures] | None = None
) -> Correspondence | None:
    """The correspondence that proves two graphs the same, or None.

    It is checked operator by operator before it is returned: equal labels, corresponding operands, equal sizes, and one
    tensor of the candidate for each tensor of the reference.

    Args:
        reference: a graph in normal form.
        candidate: likewise.
        signatures: of the two, where they are known already.
    """
    if len(reference) != len(candidate):
        return None
    renamed = _with_outputs_by_name(reference, candidate)
    if signatures is None or renamed is not candidate:
        intern = Interner()
        signatures = Signatures.of(reference, intern), Signatures.of(renamed, intern)
    ours, theirs = signatures
    candidate = renamed
    if ours.up[-1] != theirs.up[-1] or sorted(zip(ours.up, ours.down, strict=True)) != sorted(
        zip(theirs.up, theirs.down, strict=True)
    ):
        return None
    partition = _Partition.of((reference, candidate), (ours, theirs))
    for pairs in _matchings(partition):
        tensors = _tensors(reference, candidate, pairs)
        if tensors is not None and _holds(reference, candidate, pairs, signatures):
            return Correspondence(pairs, True, tensors)
    return None


def _with_outputs_by_name(reference: OpGraph, candidate: OpGraph) -> OpGraph:
    """The candidate's outputs in the reference's order, where they have names in another."""
    ours, theirs = returned(reference.output), returned(candidate.output)
    if ours == theirs or len(ours) != len(theirs):
        return candidate
    order = in_order_of(ours, theirs)
    if order == tuple(range(len(order))):
        return candidate
    given = candidate.output.inputs
    inputs = (*(given[position] for position in order), *given[len(theirs) :])
    paths = (*(theirs[position] for position in order), *effects(candidate.output))
    output = candidate.output.with_(inputs=inputs, attributes={**candidate.output.attributes, "paths": paths})
    return OpGraph(
        (*candidate.ops[:-1], output),
        candidate.params,
        candidate.modules,
        candidate.mode,
        candidate.tied,
        candidate.notes,
    )


class _Unbalanced(Exception):
    """A class holds more of one graph than of the other."""


class _Partition:
    """Classes of operators and tensors of both graphs; the reference's come first."""

    def __init__(self, neighbours: Sequence[Sequence[tuple[int, int]]], middle: int, operators: int) -> None:
        self.neighbours = neighbours  # of each vertex: (vertex, what it is to it)
        self.middle = middle  # first vertex of the candidate
        self.operators = operators  # how many operators each graph has
        self.class_of: list[int] = []
        self.members: list[list[int]] = []

    @classmethod
    def of(cls, graphs: tuple[OpGraph, OpGraph], signatures: tuple[Signatures, Signatures]) -> _Partition:
        neighbours: list[list[tuple[int, int]]] = []
        colours: list[Hashable] = []
        relations = Interner()
        for graph, found in zip(graphs, signatures, strict=True):
            start = len(neighbours)
            tensors: dict[str, int] = {}
            readers: list[list[tuple[int, int, int]]] = []
            sizes: list[Hashable] = []
            own = list(zip(found.up, found.down, strict=True))
            neighbours += [[] for _ in graph.ops]
            for position, op in enumerate(graph.ops):
                vertex = start + position
                for slot, source in enumerate(op.inputs):
                    place = 0 if op.kind in COMMUTATIVE else slot
                    neighbours[vertex].append((start + source, 2 * place))
                    neighbours[start + source].append((vertex, 2 * place + 1))
                for role, param in op.params.items():
                    if param.key not in tensors:
                        tensors[param.key] = len(neighbours)
                        neighbours.append([])
                        readers.append([])
                        sizes.append((param.kind, param.shape, param.dtype))
                    relation = -1 - relations(role)
                    neighbours[vertex].append((tensors[param.key], relation))
                    neighbours[tensors[param.key]].append((vertex, relation))
                    readers[tensors[param.key] - start - len(graph)].append((*own[position], relation))
            colours += own
            colours += [(size, tuple(sorted(read))) for size, read in zip(sizes, readers, strict=True)]
        partition = cls(neighbours, len(neighbours) // 2, len(graphs[0]))
        partition._divide(colours)
        return partition

    def _divide(self, colours: Sequence[Hashable]) -> None:
        numbers: dict[Hashable, int] = {}
        self.class_of = [numbers.setdefault(colour, len(numbers)) for colour in colours]
        self.members = [[] for _ in numbers]
        for vertex, number in enumerate(self.class_of):
            self.members[number].append(vertex)

    def copy(self) -> _Partition:
        other = _Partition(self.neighbours, self.middle, self.operators)
        other.class_of = list(self.class_of)
        other.members = [list(members) for members in self.members]
        return other

    def refine(self, waiting: set[int]) -> None:
        """Split classes, starting with these, until neighbours tell no more members apart."""
        while waiting:
            number = waiting.pop()
            members = self.members[number]
            if len(members) == 2:
                if (members[0] < self.middle) == (members[1] < self.middle):
                    raise _Unbalanced
                if self._signature(members[0]) != self._signature(members[1]):
                    raise _Unbalanced
                continue
            groups: dict[Hashable, list[int]] = {}
            for vertex in members:
                groups.setdefault(tuple(self._signature(vertex)), []).append(vertex)
            for group in groups.values():
                if 2 * sum(vertex < self.middle for vertex in group) != len(group):
                    raise _Unbalanced
            for group in sorted(groups.values(), key=len)[:-1]:
                waiting |= self.separate(group)

    def separate(self, group: Sequence[int]) -> set[int]:
        """Give these a class of their own; the classes that this may split."""
        old, new = self.class_of[group[0]], len(self.members)
        self.members.append(list(group))
        apart = set(group)
        self.members[old] = [vertex for vertex in self.members[old] if vertex not in apart]
        for vertex in group:
            self.class_of[vertex] = new
        return {old, new, *(self.class_of[near] for vertex in group for near, _ in self.neighbours[vertex])}

    def _signature(self, vertex: int) -> list[tuple[int, int]]:
        class_of = self.class_of
        return sorted([(relation, class_of[near]) for near, relation in self.neighbours[vertex]])

    def open_class(self) -> list[int] | None:
        """The members of a class whose operators are not told apart yet."""
        return next(
            (members for members in self.members if len(members) > 2 and members[0] % self.middle < self.operators),
            None,
        )

    def pairs(self) -> dict[int, int]:
        found = {}
        for members in self.members:
            one, two = sorted(members)[:2]
            if one < self.operators:
                found[one] = two - self.middle
        return dict(sorted(found.items()))


def _matchings(partition: _Partition) -> Iterator[dict[int, int]]:
    """Every correspondence that the partition allows, choices tried depth first."""
    waiting = [(partition, set(range(len(partition.members))))]
    for _ in range(_MOST_CHOICES):
        if not waiting:
            return
        partition, unsettled = waiting.pop()
        try:
            partition.refine(unsettled)
        except _Unbalanced:
            continue
        members = partition.open_class()
        if members is None:
            yield partition.pairs()
            continue
        first = min(members)
        for other in reversed([vertex for vertex in members if vertex >= partition.middle]):
            chosen = partition.copy()
            waiting.append((chosen, chosen.separate([first, other])))


def _tensors(reference: OpGraph, candidate: OpGraph, pairs: Mapping[int, int]) -> dict[str, str] | None:
    """The tensors of paired operators, if each has one partner of its own size."""
    found: dict[str, str] = {}
    back: dict[str, str] = {}
    for a, b in pairs.items():
        left, right = reference.ops[a].params, candidate.ops[b].params
        if left.keys() != right.keys():
            return None
        for role, param in left.items():
            other = right[role]
            if (param.shape, param.kind, param.dtype) != (other.shape, other.kind, other.dtype):
                return None
            if (
                found.setdefault(param.key, other.key) != other.key
                or back.setdefault(other.key, param.key) != param.key
            ):
                return None
    return found


def _holds(
    reference: OpGraph, candidate: OpGraph, pairs: Mapping[int, int], signatures: tuple[Signatures, Signatures]
) -> bool:
    """Whether every paired operator has the same label, size and corresponding operands."""
    ours_are, theirs_are = (found.label for found in signatures)  # equal numbers are equal labels: an Interner's are
    for a, b in pairs.items():
        left, right = reference.ops[a], candidate.ops[b]
        ours, theirs = [pairs[source] for source in left.inputs], list(right.inputs)
        if left.kind in COMMUTATIVE:
            ours, theirs = sorted(ours), sorted(theirs)
        if ours != theirs or (left.shape, left.dtype) != (right.shape, right.dtype):
            return False
        if ours_are[a] != theirs_are[b]:
            return False
    return True
