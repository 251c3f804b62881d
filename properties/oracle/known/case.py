"""What the catalogue of known deviations looks at: one cause, and the two graphs around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from properties.graph.alignment.edits import Edit
from properties.graph.ir import Op, OpGraph
from properties.graph.kinds import JOINS, LINEAR_MAPS
from properties.graph.labels import is_depthwise

__all__ = [
    "Case",
    "Known",
    "branch",
    "is_depthwise",
    "is_extra",
    "is_in_bottleneck",
    "is_missing",
    "is_of_stem",
    "is_setting",
    "join_of",
    "kernel",
    "kinds",
    "known",
    "layers_above",
    "replaced",
    "replaces",
    "sources",
    "users",
    "weighted",
]

_BOTTLENECK = [1, 3, 1]


@dataclass(frozen=True)
class Case:
    """A cause to be recognised.

    Args:
        edit: the edit that stands for it.
        reference: the graph that its ``reference`` positions refer to.
        candidate: likewise.
    """

    edit: Edit
    reference: OpGraph
    candidate: OpGraph

    @property
    def ours(self) -> Op:
        """The reference's first operator."""
        return self.reference.ops[self.edit.reference[0]]

    @property
    def theirs(self) -> Op:
        """The candidate's first operator."""
        return self.candidate.ops[self.edit.candidate[0]]

    def names(self, *attributes: str) -> bool:
        """Whether it is about one of these settings, alone or with others of the same layer."""
        return self.edit.kind == "attribute" and not set(attributes).isdisjoint(self.edit.attribute.split(" and "))

    def changes(self, attribute: str) -> tuple[object, object] | None:
        """The reference's and the candidate's value of a setting of the first layer, where they differ."""
        if not self.names(attribute) or len(self.edit.reference) != 1:
            return None
        return self.ours.attributes.get(attribute), self.theirs.attributes.get(attribute)

    def missing(self) -> list[Op]:
        """The operators of the reference that the candidate lacks or has elsewhere."""
        return [self.reference.ops[position] for position in self.edit.reference]

    def extra(self) -> list[Op]:
        """The operators that the candidate alone has, or has elsewhere."""
        return [self.candidate.ops[position] for position in self.edit.candidate]


@dataclass(frozen=True)
class Known:
    """A deviation that people have met before.

    Args:
        slug: its name in the code, the tests and the documentation; it never changes.
        says: what people call it, and which net has it; a report prints it.
        link: where to read about it.
        fits: whether a case is one.
    """

    slug: str
    says: str
    link: str
    fits: Callable[[Case], bool]


def known(*, slug: str, says: str, link: str) -> Callable[[Callable[[Case], bool]], Known]:
    """Make a record of a predicate, whose docstring says how such a case is told.

    Args:
        slug: as in ``Known``; the predicate has the same name, with underscores.
        says: as in ``Known``.
        link: as in ``Known``.
    """
    return lambda fits: Known(slug, says, link, fits)


def kinds(ops: Sequence[Op]) -> list[str]:
    """What the operators do."""
    return [op.kind for op in ops]


def sources(graph: OpGraph, position: int) -> list[str]:
    """Kinds of the operators that it reads."""
    return [graph.ops[source].kind for source in graph.ops[position].inputs]


def users(graph: OpGraph, positions: Sequence[int]) -> list[str]:
    """Kinds of the operators outside that read any of these."""
    inside = set(positions)
    return [graph.ops[user].kind for position in positions for user in graph.users[position] if user not in inside]


def branch(graph: OpGraph, position: int) -> list[int]:
    """The chain of operators that it stands in, up to where branches part and meet."""
    chain = [position]
    while True:
        inputs = graph.ops[chain[0]].inputs
        if len(inputs) != 1 or len(graph.users[inputs[0]]) != 1 or graph.ops[inputs[0]].kind in (*JOINS, "input"):
            break
        chain.insert(0, inputs[0])
    while len(graph.users[chain[-1]]) == 1 and graph.ops[graph.users[chain[-1]][0]].kind not in (*JOINS, "output"):
        chain.append(graph.users[chain[-1]][0])
    return chain


def join_of(graph: OpGraph, position: int) -> str:
    """What the branch runs into: ``add``, ``cat``, ``mul``, or nothing."""
    following = graph.users[branch(graph, position)[-1]]
    kind = graph.ops[following[0]].kind if len(following) == 1 else ""
    return kind if kind in JOINS else ""


def weighted(graph: OpGraph, positions: Sequence[int]) -> list[Op]:
    """The convolutions and linear layers among them."""
    return [graph.ops[position] for position in positions if graph.ops[position].kind in LINEAR_MAPS]


def is_missing(case: Case, *wanted: str) -> bool:
    """Whether exactly these operators are missing."""
    return case.edit.kind == "operator-missing" and kinds(case.missing()) == list(wanted)


def is_extra(case: Case, *wanted: str) -> bool:
    """Whether exactly these operators should not be there."""
    return case.edit.kind == "operator-extra" and kinds(case.extra()) == list(wanted)


def layers_above(graph: OpGraph, position: int) -> int:
    """How many convolutions and linear layers it depends on."""
    seen, waiting = set[int](), list(graph.ops[position].inputs)
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += graph.ops[at].inputs
    return len(weighted(graph, sorted(seen)))


def replaced(case: Case) -> tuple[Op, Op] | None:
    """The two operators, where one stands in place of one."""
    is_one = case.edit.kind == "operator-replaced" and len(case.edit.reference) == len(case.edit.candidate) == 1
    return (case.ours, case.theirs) if is_one else None


def replaces(case: Case, before: str, after: str) -> bool:
    """Whether an operator of one kind stands in place of one of another."""
    pair = replaced(case)
    return pair is not None and (pair[0].kind, pair[1].kind) == (before, after)


def is_setting(case: Case, kind: str, name: str, before: object = None, after: object = None) -> bool:
    """Whether one setting of one kind of layer went from one value to another; None stands for any."""
    values = case.changes(name)
    if values is None or case.ours.kind != kind:
        return False
    return (before is None or values[0] == before) and (after is None or values[1] == after)


def kernel(op: Op) -> Any:
    """The side of a square kernel."""
    size = op.attributes.get("kernel_size")
    return size[0] if isinstance(size, tuple) and len(set(size)) == 1 else size


def is_in_bottleneck(chain: Sequence[Op]) -> bool:
    """Whether a branch is that of a bottleneck block: kernels of 1x1, 3x3, 1x1."""
    return [kernel(op) for op in chain] == _BOTTLENECK


def is_of_stem(case: Case) -> bool:
    """Whether it is about the reference's first convolution."""
    first = next((at for at, _ in case.reference.of_kind("conv")), None)
    return bool(case.edit.reference) and case.edit.reference[0] == first
