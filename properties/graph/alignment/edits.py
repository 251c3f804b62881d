"""What turns one graph into the other, given which operators correspond: one edit for one cause.

What merely follows from an edit (sizes downstream, channels of the next layer, the padding that keeps a larger kernel's
size) is no edit of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from properties.graph.alignment.align import Correspondence
from properties.graph.ir import Op, OpGraph, Shape
from properties.graph.labels import COMMUTATIVE, is_depthwise, label_of
from properties.graph.returned import effects, has_name, in_order_of, returned

__all__ = ["Edit", "edits_between", "following"]

_GRADIENT = {"detach", "no_grad"}
_SIZED = {
    "reshape",
    "slice",
    "expand",
    "full",
    "empty",
    "bernoulli",
    "repeat",
    "constant",
}  # their sizes follow the input


@dataclass(frozen=True)
class Edit:
    """One difference.

    Args:
        kind: ``attribute``, ``operator-missing``, ``operator-extra``, ``operator-replaced``, ``wiring``, ``parameter``,
            ``output`` or ``training``.
        reference: positions in the reference.
        candidate: positions in the candidate.
        attribute: what differs, for ``attribute`` and ``parameter``; what happened, for ``wiring``.
        before: the reference's value.
        after: the candidate's value.
        at: where it stands in the reference's data flow.
        receiver: for operators the candidate lacks, its first operator that receives a changed input.
    """

    kind: str
    reference: tuple[int, ...]
    candidate: tuple[int, ...]
    attribute: str = ""
    before: Any = None
    after: Any = None
    at: float = 0.0
    receiver: int | None = None


def edits_between(reference: OpGraph, candidate: OpGraph, found: Correspondence) -> list[Edit]:
    """Every difference in data-flow order; empty exactly if the correspondence is an isomorphism."""
    if found.exact:
        return []
    comparison = _Comparison(reference, candidate, found.pairs)
    edits = [*comparison.settings(), *comparison.regions(), *comparison.wiring(), *comparison.ties()]
    if not edits:  # never call two graphs the same because no words were found for their difference
        last = (len(reference) - 1,), (len(candidate) - 1,)
        edits.append(Edit("wiring", *last, "structure", at=float(len(reference))))
    return sorted(edits, key=lambda edit: edit.at)


def following(reference: OpGraph, candidate: OpGraph, a: int, b: int) -> set[str]:
    """Settings of a pair of operators whose difference follows from another setting, or from the input.

    Args:
        reference: the graph that ``a`` is a position in.
        candidate: the graph that ``b`` is a position in.
        a: the reference's operator.
        b: the candidate's.
    """
    left, right = reference.ops[a], candidate.ops[b]
    return _following(left, right, _operands(reference, left), _operands(candidate, right))


def _following(left: Op, right: Op, ours: list[Shape], theirs: list[Shape]) -> set[str]:
    names: set[str] = set()
    if is_depthwise(left) and is_depthwise(right):
        names |= {"groups", "out_channels"}
    if ours != theirs and left.kind in _SIZED:
        names |= {"shape", "start", "end", "size", "repeats", "digest"}
    resized = any(left.attributes.get(name) != right.attributes.get(name) for name in ("kernel_size", "dilation"))
    if resized and _keeps_size(left) is not None and _keeps_size(left) == _keeps_size(right):
        names.add("padding")
    if "running_mean" in left.params and "running_mean" not in right.params:
        names.add("training")  # without statistics of its own a norm takes the batch's
    if _unregistered(left, right):
        names.add("training")  # eval() does not find it
    if left.attributes.get("training") != right.attributes.get("training"):
        names.add("momentum")  # which is that of the batch's share in train mode
    return names


def _unregistered(left: Op, right: Op) -> set[str]:
    """The roles whose tensor is a parameter or a buffer on the left and neither on the right."""
    both = left.params.keys() & right.params.keys() - {"value"}
    return {role for role in both if left.params[role].kind != "constant" and right.params[role].kind == "constant"}


def _operands(graph: OpGraph, op: Op) -> list[Shape]:
    return [graph.ops[source].shape for source in op.inputs]


class _Comparison:
    """Two graphs and the pairs between them."""

    def __init__(self, reference: OpGraph, candidate: OpGraph, pairs: Mapping[int, int]) -> None:
        self.reference = reference
        self.candidate = candidate
        self.pairs = pairs
        self.back = {b: a for a, b in pairs.items()}

    def settings(self) -> Iterator[Edit]:
        """Paired operators that differ in themselves."""
        for a, b in self.pairs.items():
            left, right = self.reference.ops[a], self.candidate.ops[b]
            if left.kind == "input" and left.shape[1:] != right.shape[1:]:
                yield Edit("attribute", (a,), (b,), "shape", left.shape[1:], right.shape[1:], a)
            if left.kind == "output":
                continue
            if left.kind != right.kind:
                yield Edit("operator-replaced", (a,), (b,), "", left.kind, right.kind, a)
                continue
            if label_of(left) == label_of(right):
                if left.dtype != right.dtype and not self._follows_in_type(left, right):
                    yield Edit("attribute", (a,), (b,), "dtype", left.dtype, right.dtype, a)
                continue
            for kind, name, before, after in self._differences(left, right):
                yield Edit(kind, (a,), (b,), name, before, after, a)

    def _follows_in_type(self, left: Op, right: Op) -> bool:
        """Whether the results differ in type because the operands do."""
        return any(
            self.reference.ops[source].dtype != self.candidate.ops[other].dtype
            for source, other in zip(left.inputs, right.inputs, strict=False)
        )

    def _differences(self, left: Op, right: Op) -> Iterator[tuple[str, str, Any, Any]]:
        follows = _following(left, right, *self._sizes(left, right))
        for name in (*left.attributes, *(n for n in right.attributes if n not in left.attributes)):
            before, after = left.attributes.get(name), right.attributes.get(name)
            if before != after and name not in follows:
                yield ("training" if name in _GRADIENT else "attribute"), name, before, after
        loose = _unregistered(left, right) or _unregistered(right, left)
        if loose:
            yield "parameter", "registered", bool(_unregistered(left, right)), bool(_unregistered(right, left))
        for role in (*left.params, *(r for r in right.params if r not in left.params)):
            if role in loose:
                continue
            ours, theirs = left.params.get(role), right.params.get(role)
            if ours is None or theirs is None:
                yield "parameter", role, ours is not None, theirs is not None
            elif ours.trainable != theirs.trainable:
                yield "training", "requires_grad", ours.trainable, theirs.trainable
            elif role == "value" and ours.shape != theirs.shape:
                yield "parameter", "shape", ours.shape, theirs.shape
            elif ours.digest != theirs.digest:
                yield "parameter", "content", ours.digest, theirs.digest

    def _sizes(self, left: Op, right: Op) -> tuple[list[Shape], list[Shape]]:
        """The sizes that both read."""
        return _operands(self.reference, left), _operands(self.candidate, right)

    def regions(self) -> Iterator[Edit]:
        """Operators without a partner, a connected group at a time, with the other net's group that it replaces."""
        missing = [_Region(group, self.reference, self.pairs) for group in _groups(self.reference, self.pairs)]
        extra = [_Region(group, self.candidate, self.back) for group in _groups(self.candidate, self.back)]
        used: set[int] = set()
        for gone in missing:
            partner = self._partner(gone, [(i, new) for i, new in enumerate(extra) if i not in used])
            if partner is None:
                receiver = min((self.pairs[user] for user in gone.users), default=len(self.candidate) - 1)
                yield Edit("operator-missing", gone.positions, (), at=float(gone.positions[0]), receiver=receiver)
                continue
            used.add(partner)
            new = extra[partner]
            moved = sorted(map(str, gone.labels)) == sorted(map(str, new.labels))
            kind, what = ("wiring", "moved") if moved else ("operator-replaced", "")
            yield Edit(kind, gone.positions, new.positions, what, at=float(gone.positions[0]))
        for index, new in enumerate(extra):
            if index not in used:
                yield Edit("operator-extra", (), new.positions, at=self.place_of(new.positions))

    def _partner(self, gone: _Region, extra: list[tuple[int, _Region]]) -> int | None:
        """The group of the candidate between the same neighbours, else the same operators somewhere beside."""
        sources, users = {self.pairs[s] for s in gone.sources}, {self.pairs[u] for u in gone.users}
        for index, new in extra:
            if sources & new.sources and users & new.users:
                return index
        for index, new in extra:
            beside = (sources | users) & (new.sources | new.users)
            if beside and sorted(map(str, gone.labels)) == sorted(map(str, new.labels)):
                return index
        return None

    def place_of(self, positions: Iterable[int]) -> float:
        """Just before the first operator of the reference that receives what these operators of the candidate make."""
        waiting, seen = list(positions), set(positions)
        found: list[int] = []
        while waiting:
            for user in self.candidate.users[waiting.pop()]:
                if user in self.back:
                    found.append(self.back[user])
                elif user not in seen:
                    seen.add(user)
                    waiting.append(user)
        return min(found, default=len(self.reference) - 1) - 0.5

    def wiring(self) -> Iterator[Edit]:
        """Paired operators that read other operators than their partners do."""
        for a, b in self.pairs.items():
            left, right = self.reference.ops[a], self.candidate.ops[b]
            if left.kind == "output":
                yield from self._outputs(a, b)
                continue
            ours = [self.pairs.get(source) for source in left.inputs]
            theirs = [source if source in self.back else None for source in right.inputs]
            if None in ours or None in theirs or left.kind != right.kind:
                continue
            if left.kind in COMMUTATIVE:
                ours, theirs = sorted(ours), sorted(theirs)  # type: ignore[type-var]
            if ours != theirs:
                same = sorted(ours) == sorted(theirs)  # type: ignore[type-var]
                yield Edit("wiring", (a,), (b,), "order" if same else "operands", at=a)

    def _outputs(self, a: int, b: int) -> Iterator[Edit]:
        """What is returned: the same tensors in another order, more of them, fewer of them; and what is left behind."""
        left, right = self.reference.ops[a], self.candidate.ops[b]
        before, after = (effects(op) for op in (left, right))
        if before != after:
            yield Edit("output", (a,), (b,), "effect", before, after, at=a)
        names, others = returned(left), returned(right)
        ours = [self.pairs.get(source) for source in _tensors(left)]
        theirs = [source if source in self.back else None for source in _tensors(right)]
        if len(names) == len(ours) == len(theirs) == len(others):
            order = in_order_of(names, others)
            theirs, others = [theirs[position] for position in order], tuple(others[position] for position in order)
        kept, given = [s for s in ours if s is not None], [s for s in theirs if s is not None]
        if kept == given or (
            len(ours) == len(theirs) and None in (*ours, *theirs)
        ):  # an operator without a partner says it
            return
        if sorted(kept) == sorted(given):
            order = tuple(theirs.index(source) for source in ours if source is not None)
            if names == others and any(map(has_name, names)):
                held = tuple(others[position] for position in order)
                yield Edit("output", (a,), (b,), "names", names, held, at=a)
                return
            yield Edit("output", (a,), (b,), "order", tuple(range(len(order))), order, at=a)
        elif len(ours) == len(theirs):
            yield Edit("wiring", (a,), (b,), "operands", at=a)
        else:
            yield Edit("output", (a,), (b,), "returned tensors", len(ours), len(theirs), at=a)

    def ties(self) -> Iterator[Edit]:
        """Tensors shared in one net and separate in the other."""
        forth: dict[str, str] = {}
        back: dict[str, str] = {}
        for a, b in self.pairs.items():
            left, right = self.reference.ops[a].params, self.candidate.ops[b].params
            for role in left.keys() & right.keys():
                ours, theirs = left[role].key, right[role].key
                shared_there = forth.setdefault(ours, theirs) != theirs
                shared_here = back.setdefault(theirs, ours) != ours
                if shared_here or shared_there:
                    yield Edit("parameter", (a,), (b,), "shared", shared_there, shared_here, at=a)


def _tensors(output: Op) -> tuple[int, ...]:
    """The operators whose results are returned."""
    return output.inputs[: len(output.inputs) - len(effects(output))]


def _keeps_size(op: Op) -> tuple[int, ...] | None:
    """How much a layer takes off each axis apart from its stride: the padding that keeps this follows the kernel."""
    kernel, padding = op.attributes.get("kernel_size"), op.attributes.get("padding")
    if not isinstance(kernel, tuple) or not isinstance(padding, tuple):
        return None
    dilation = op.attributes.get("dilation", (1,) * len(kernel))
    sides = [side if isinstance(side, tuple) else (side, side) for side in padding]
    return tuple(d * (k - 1) - low - high for k, d, (low, high) in zip(kernel, dilation, sides, strict=True))


class _Region:
    """A connected group of operators without partners, and the partnered ones around it."""

    def __init__(self, positions: tuple[int, ...], graph: OpGraph, paired: Mapping[int, int]) -> None:
        self.positions = positions
        self.labels = [label_of(graph.ops[p]) for p in positions]
        self.sources = {s for p in positions for s in graph.ops[p].inputs if s in paired}
        self.users = {u for p in positions for u in graph.users[p] if u in paired}


def _groups(graph: OpGraph, paired: Mapping[int, int]) -> list[tuple[int, ...]]:
    """The operators without a partner, connected ones together, in data-flow order."""
    left = {position for position in range(len(graph)) if position not in paired}
    groups: list[tuple[int, ...]] = []
    while left:
        waiting, group = [min(left)], set()
        while waiting:
            at = waiting.pop()
            if at in left:
                left.discard(at)
                group.add(at)
                waiting += [*graph.ops[at].inputs, *graph.users[at]]
        groups.append(tuple(sorted(group)))
    return groups
