"""One partial correspondence of two graphs: anchored where it is certain, grown along the edges."""

from __future__ import annotations

import heapq
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import eq

from properties.graph.alignment.anchors import unique_pairs
from properties.graph.alignment.isomorphism import Correspondence
from properties.graph.alignment.signatures import Likeness
from properties.graph.analysis.flow import ancestors
from properties.graph.ir import OpGraph
from properties.graph.kinds import DROPOUTS, ELEMENTWISE, NORMS, POOLS, RESHAPES, WEIGHTED

__all__ = ["Growth"]

Side = Callable[[OpGraph, int], tuple[int, ...]]  # the neighbours of an operator above or below
Allowed = Callable[[int, int], bool]  # whether an operator of each may be a pair

_FAMILIES = (
    ELEMENTWISE - {"dropout", "cast"} | {"prelu", "rrelu"},
    POOLS,
    NORMS,
    DROPOUTS,
    {"add", "mul", "cat", "sub", "maximum"},
    WEIGHTED,
    RESHAPES,
)
_FAMILY = {kind: number for number, kinds in enumerate(_FAMILIES) for kind in kinds}
_FARTHEST = 6  # operators stepped over when looking for the far side of an insertion
_STEP = 0.5  # what each of them costs: what is near speaks louder than what is far


class Growth:
    """Anchor what is certainly the same, then grow along the edges, best pair first.

    Args:
        graphs: the reference and the candidate.
        likeness: what speaks for a pair.
        layers: pairs to start from besides, as far as nothing certain contradicts.
    """

    def __init__(
        self, graphs: tuple[OpGraph, OpGraph], likeness: Likeness, layers: Iterable[tuple[int, int]] = ()
    ) -> None:
        self.graphs = graphs
        self.signatures = likeness.signatures
        self.contexts = likeness.contexts
        self.layers = layers
        self.pairs: dict[int, int] = {}
        self.back: dict[int, int] = {}
        self.above = ancestors(graphs[1])
        self.order: list[int] = []  # the paired operators of the reference, and beside them their partners
        self.partners: list[int] = []
        self.heap: list[tuple[float, int, int, float]] = []
        self.anything_leaps = False  # what has no tensors waits: one ReLU is as good as the next, one layer is not

    def run(self) -> Correspondence:
        """Pair the anchors, then neighbours: of one kind, then of one family, then of one place."""
        self._anchor()
        self._grow(self._same_kind)
        self.anything_leaps = True
        self._grow(self._same_kind)
        self._grow(self._same_family)
        self._grow(self._same_place)
        return Correspondence(dict(sorted(self.pairs.items())))

    def _anchor(self) -> None:
        reference, candidate = self.graphs
        inputs = {op.attributes["slot"]: position for position, op in candidate.of_kind("input")}
        for position, op in reference.of_kind("input"):
            if op.attributes["slot"] in inputs:
                self._pair(position, inputs[op.attributes["slot"]])
        self._pair(len(reference) - 1, len(candidate) - 1)
        ours, theirs = self.signatures
        both = [list(zip(s.up, s.down, strict=True)) for s in self.signatures]
        for left, right in (both, (ours.up, theirs.up), (ours.down, theirs.down)):
            self._pair_all(unique_pairs(left, right))
        self._pair_all(self.layers)

    def _pair_all(self, pairs: Iterable[tuple[int, int]]) -> None:
        for a, b in pairs:
            if self._free(a, b) and self._consistent(a, b):
                self._pair(a, b)

    def _free(self, a: int, b: int) -> bool:
        return a not in self.pairs and b not in self.back

    def _pair(self, a: int, b: int) -> None:
        self.pairs[a] = b
        self.back[b] = a
        at = bisect(self.order, a)
        self.order.insert(at, a)
        self.partners.insert(at, b)

    def _grow(self, allowed: Allowed) -> None:
        for a, b in list(self.pairs.items()):
            self._offer_neighbours(a, b, allowed)
        while self.heap:
            cost, a, b, fee = heapq.heappop(self.heap)
            if not self._free(a, b):
                continue
            now = fee - self._score(a, b)
            if now > cost + 1e-9:
                heapq.heappush(self.heap, (now, a, b, fee))
                continue
            if self._consistent(a, b):
                self._pair(a, b)
                self._offer_neighbours(a, b, allowed)

    def _offer_neighbours(self, a: int, b: int, allowed: Allowed) -> None:
        for side in (_sources, _users):
            left = [n for n in side(self.graphs[0], a) if n not in self.pairs]
            right = [n for n in side(self.graphs[1], b) if n not in self.back]
            offered = False
            for x in left:
                for y in right:
                    if allowed(x, y):
                        self._offer(x, y)
                        offered = True
            if not offered and allowed == self._same_kind:
                self._offer_beyond(a, b, side)

    def _offer_beyond(self, a: int, b: int, side: Side) -> None:
        """Where the neighbours cannot be paired, look past what may have been inserted on either side."""
        left, right = self._reach(0, a, side), self._reach(1, b, side)
        near_left, near_right = [n for n, far in left if far == 0], [n for n, far in right if far == 0]
        for x in near_left:
            for y, far in right:
                if self._same_kind(x, y) and self._leaps(x, far):
                    self._offer(x, y, _STEP * far)
        for y in near_right:
            for x, far in left:
                if self._same_kind(x, y) and self._leaps(x, far):
                    self._offer(x, y, _STEP * far)

    def _leaps(self, a: int, far: int) -> bool:
        """Whether an operator of the reference may be paired past others already."""
        return self.anything_leaps or not far or bool(self.graphs[0].ops[a].params)

    def _reach(self, which: int, start: int, side: Side) -> list[tuple[int, int]]:
        """Unpaired operators within reach, nearest first, each with how many were stepped over."""
        paired = self.back if which else self.pairs
        found: dict[int, int] = {}
        layer = [start]
        for far in range(_FARTHEST):
            layer = [n for at in layer for n in side(self.graphs[which], at) if n not in paired and n not in found]
            for n in layer:
                found.setdefault(n, far)
        return list(found.items())

    def _offer(self, a: int, b: int, fee: float = 0.0) -> None:
        heapq.heappush(self.heap, (fee - self._score(a, b), a, b, fee))

    def _score(self, a: int, b: int) -> float:
        ours, theirs = self.signatures
        score = 4.0 * (ours.label[a] == theirs.label[b]) + 2.0 * (ours.coarse[a] == theirs.coarse[b])
        score += 3.0 * (ours.up[a] == theirs.up[b]) + 3.0 * (ours.down[a] == theirs.down[b])
        for worth, lefts, rights in self.contexts:
            score += worth * sum(map(eq, lefts[a], rights[b]))
        return score + 2.0 * self._agreeing(a, b)

    def _agreeing(self, a: int, b: int) -> int:
        """Neighbours that are each other's partners; an output's order of slots says little and is not counted."""
        reference, candidate = self.graphs
        sources = candidate.ops[b].inputs
        found = sum(self.pairs.get(source) in sources for source in reference.ops[a].inputs)
        users = candidate.users[b]
        last = len(reference) - 1
        return found + sum(self.pairs.get(user) in users for user in reference.users[a] if user != last)

    def _consistent(self, a: int, b: int) -> bool:
        """Whether no pair would then run backwards: before in one net, after in the other."""
        at = bisect(self.order, a)
        if max(self.partners[:at], default=-1) < b < min(self.partners[at:], default=len(self.graphs[1])):
            return True  # all that runs before runs before in both
        for near in _nearest(self.graphs[0], a, self.pairs, _sources):
            if self.above[self.pairs[near]] >> b & 1:
                return False
        return all(
            not self.above[b] >> self.pairs[near] & 1 for near in _nearest(self.graphs[0], a, self.pairs, _users)
        )

    def _same_kind(self, a: int, b: int) -> bool:
        return self.graphs[0].ops[a].kind == self.graphs[1].ops[b].kind

    def _same_family(self, a: int, b: int) -> bool:
        left, right = self.graphs[0].ops[a].kind, self.graphs[1].ops[b].kind
        return left == right or (left in _FAMILY and _FAMILY[left] == _FAMILY.get(right))

    def _same_place(self, a: int, b: int) -> bool:
        """Different operators between the same neighbours: one replaced the other."""
        reference, candidate = self.graphs
        if "input" in (reference.ops[a].kind, candidate.ops[b].kind) or not reference.ops[a].inputs:
            return False
        sources = [self.pairs.get(source) for source in reference.ops[a].inputs]
        users = [self.pairs.get(user) for user in reference.users[a]]
        return sources == list(candidate.ops[b].inputs) and sorted(users, key=str) == sorted(
            candidate.users[b], key=str
        )


def _sources(graph: OpGraph, position: int) -> tuple[int, ...]:
    return graph.ops[position].inputs


def _users(graph: OpGraph, position: int) -> tuple[int, ...]:
    return graph.users[position]


def _nearest(graph: OpGraph, start: int, paired: Mapping[int, int], side: Side) -> Iterator[int]:
    """The nearest paired operators above or below."""
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        for n in side(graph, waiting.pop()):
            if n in seen:
                continue
            seen.add(n)
            if n in paired:
                yield n
            else:
                waiting.append(n)
