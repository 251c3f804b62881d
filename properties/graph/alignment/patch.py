"""The inverse edit: undo in the candidate what the edits say, and see whether the reference comes out.

An explanation that survives this is complete. One that does not leaves a difference unsaid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from properties.graph.alignment.align import align
from properties.graph.alignment.edits import Edit, following
from properties.graph.alignment.isomorphism import isomorphism
from properties.graph.ir import Op, OpGraph, Param
from properties.graph.kinds import LEAVES
from properties.graph.labels import COMMUTATIVE, is_depthwise

__all__ = ["explained"]

_SETTINGS = ("attribute", "parameter", "training")
_NO_SIZE = (0, 0)  # of a tensor whose size follows; a convolution with it is not taken for a depthwise one
_Node = tuple[str, int]  # "candidate" or "reference", and the position there


class _Unsaid(Exception):
    """The edits leave something open."""


def explained(
    reference: OpGraph, candidate: OpGraph, edits: Sequence[Edit], pairs: Mapping[int, int] | None = None
) -> bool:
    """Whether the edits account for every difference between two graphs.

    The candidate without them must be the reference: operator by operator, operand by operand and tensor by tensor.
    Sizes are left out, for they follow from the settings and the wiring; so are the tensors that an edit says are
    shared in one net alone.

    Args:
        reference: the graph to arrive at.
        candidate: the graph to undo the edits in.
        edits: what ``edits_between`` found between the two.
        pairs: the correspondence that they were found with, where it is at hand.
    """
    pairs = align(reference, candidate).pairs if pairs is None else pairs
    try:
        patched = _Patch(reference, candidate, pairs, edits).graph()
    except _Unsaid:
        return False
    shared = [edit for edit in edits if edit.attribute == "shared"]
    ours = {key for edit in shared for key in _keys(reference, edit.reference)}
    theirs = {key for edit in shared for key in _keys(candidate, edit.candidate)} | set(map(_foreign, ours))
    return isomorphism(_without_sizes(reference, ours), _without_sizes(patched, theirs)) is not None


class _Patch:
    """The candidate with the reference's operators, settings and wiring wherever an edit says so."""

    def __init__(self, reference: OpGraph, candidate: OpGraph, pairs: Mapping[int, int], edits: Sequence[Edit]) -> None:
        self.reference = reference
        self.candidate = candidate
        self.pairs = pairs
        self.edits = edits
        regions = [edit for edit in edits if edit.kind not in (*_SETTINGS, "output") and _is_region(edit)]
        self.inserted = {position for edit in regions for position in edit.reference}
        self.removed = {position for edit in regions for position in edit.candidate}
        self.rewired = {edit.reference[0] for edit in edits if edit.kind in ("wiring", "output")} - self.inserted
        self.keys: dict[str, str] = {}
        for a, b in pairs.items():
            ours, theirs = reference.ops[a].params, candidate.ops[b].params
            for role in ours.keys() & theirs.keys():
                self.keys.setdefault(ours[role].key, theirs[role].key)

    def graph(self) -> OpGraph:
        """The patched graph, in data-flow order.

        Raises:
            _Unsaid: if an operator would read what is not there, or the graph would run in a circle.
        """
        back = {b: a for a, b in self.pairs.items()}
        nodes: dict[_Node, tuple[Op, list[_Node]]] = {}
        for position in sorted(self.inserted):
            op = self.reference.ops[position]
            nodes["reference", position] = self._inserted(op), [self._node(source) for source in op.inputs]
        for position, op in enumerate(self.candidate.ops):
            if position not in self.removed:
                a = back.get(position)
                inputs = [("candidate", source) for source in op.inputs]
                if a is not None:
                    op, inputs = self._settled(a, position), self._inputs(a, op)
                nodes["candidate", position] = op, inputs
        return replace(self.candidate, ops=_ordered(nodes))

    def _node(self, position: int) -> _Node:
        """What stands in the patched graph for an operator of the reference."""
        if position in self.inserted:
            return "reference", position
        if position not in self.pairs or self.pairs[position] in self.removed:
            raise _Unsaid
        return "candidate", self.pairs[position]

    def _inserted(self, op: Op) -> Op:
        params = {role: replace(param, key=self._key(param)) for role, param in op.params.items()}
        return op.with_(params=params)

    def _key(self, param: Param) -> str:
        return self.keys.get(param.key, _foreign(param.key))

    def _inputs(self, a: int, right: Op) -> list[_Node]:
        """The operands: the candidate's own, but for those that an edit takes away, adds or exchanges."""
        left = self.reference.ops[a]
        own: list[_Node] = [("candidate", source) for source in right.inputs]
        touched = not self.inserted.isdisjoint(left.inputs) or not self.removed.isdisjoint(right.inputs)
        if a not in self.rewired and not touched:
            return own
        wanted = [self._node(source) for source in left.inputs]
        around = {source for at in left.inputs if at in self.inserted for source in self._sources(at)}
        kept = [node for node in own if node[1] not in self.removed and (node in wanted or node not in around)]
        if a not in self.rewired and not _keeps(kept, wanted, in_order=left.kind not in COMMUTATIVE):
            raise _Unsaid
        return wanted

    def _sources(self, position: int) -> set[_Node]:
        """What an inserted group of operators reads: the candidate may read that directly instead."""
        found: set[_Node] = set()
        waiting, seen = [position], {position}
        while waiting:
            for source in self.reference.ops[waiting.pop()].inputs:
                if source not in self.inserted:
                    found.add(self._node(source))
                elif source not in seen:
                    seen.add(source)
                    waiting.append(source)
        return found

    def _settled(self, a: int, b: int) -> Op:
        """The candidate's operator with the settings that an edit names, and those that follow, as the reference's."""
        left, right = self.reference.ops[a], self.candidate.ops[b]
        names = {edit.attribute for edit in self.edits if edit.kind in _SETTINGS and a in edit.reference}
        outputs = {edit.attribute for edit in self.edits if edit.kind == "output" and a in edit.reference}
        if left.kind == "output":
            return left if outputs else right
        attributes = dict(right.attributes)
        for name in names | following(self.reference, self.candidate, a, b):
            if name in left.attributes:
                attributes[name] = left.attributes[name]
            else:
                attributes.pop(name, None)
        return right.with_(
            attributes=attributes,
            params=self._params(left, right, names),
            shape=left.shape if "shape" in names else right.shape,
            dtype=left.dtype if "dtype" in names or left.kind not in ("input", "cast") else right.dtype,
        )

    def _params(self, left: Op, right: Op, names: set[str]) -> dict[str, Param]:
        params = {}
        for role in (*left.params, *(role for role in right.params if role not in left.params)):
            ours, theirs = left.params.get(role), right.params.get(role)
            if ours is None or theirs is None:
                if role in names and ours is not None:
                    params[role] = replace(ours, key=self._key(ours))
                elif role not in names and theirs is not None:
                    params[role] = theirs
                continue
            changes = {name for name in ("shape", "digest", "dtype") if names}
            if not names.isdisjoint({"requires_grad", "registered"}):
                changes |= {"trainable", "kind"}
            if names.isdisjoint({"content", "registered"}):
                changes -= {"digest"}
            params[role] = replace(theirs, **{name: getattr(ours, name) for name in changes})
        return params


def _is_region(edit: Edit) -> bool:
    return edit.kind != "wiring" or edit.attribute == "moved"


def _keeps(kept: Sequence[_Node], wanted: Sequence[_Node], *, in_order: bool) -> bool:
    """Whether what no edit touches is still read, in its order."""
    if not in_order:
        return not Counter(kept) - Counter(wanted)
    left = iter(wanted)
    return all(node in left for node in kept)


def _ordered(nodes: Mapping[_Node, tuple[Op, list[_Node]]]) -> tuple[Op, ...]:
    """The operators, each after what it reads."""
    position: dict[_Node, int] = {}
    ops: list[Op] = []
    waiting = list(nodes)
    while waiting:
        later = []
        for node in waiting:
            op, inputs = nodes[node]
            if all(source in position for source in inputs):
                position[node] = len(ops)
                ops.append(op.with_(inputs=tuple(position[source] for source in inputs)))
            else:
                later.append(node)
        if len(later) == len(waiting):
            raise _Unsaid
        waiting = later
    last = next((number for number, op in enumerate(ops) if op.kind == "output"), len(ops) - 1)
    if last != len(ops) - 1:
        raise _Unsaid
    return tuple(ops)


def _keys(graph: OpGraph, positions: Iterable[int]) -> set[str]:
    return {param.key for position in positions for param in graph.ops[position].params.values()}


def _foreign(key: str) -> str:
    """A tensor that only the reference has."""
    return f"{key} of the reference"


def _without_sizes(graph: OpGraph, loose: set[str]) -> OpGraph:
    """The graph without what follows from its settings: sizes of results and tensors, and depthwise counts."""
    ops = []
    for number, op in enumerate(graph.ops):
        attributes = dict(op.attributes)
        if is_depthwise(op):
            attributes["out_channels"] = f"{op.attributes['out_channels'] // op.attributes['groups']} x channels"
            attributes["groups"] = 1
        params = {
            role: replace(
                param, shape=_NO_SIZE, key=f"{param.key} {number} {role}" if param.key in loose else param.key
            )
            for role, param in op.params.items()
        }
        leaf = op.kind in (*LEAVES, "input")
        ops.append(op.with_(attributes=attributes, params=params, shape=op.shape if leaf else ()))
    return replace(graph, ops=tuple(ops))
