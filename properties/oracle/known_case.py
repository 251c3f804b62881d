"""What the catalogue of known deviations looks at: one cause, and the two graphs around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from properties.graph._signatures import is_depthwise
from properties.graph.edits import Edit
from properties.graph.ir import Op, OpGraph
from properties.oracle._causes import JOINS

__all__ = ["Case", "Known", "branch", "is_depthwise", "join_of", "kinds", "next_layer", "sources", "users", "weighted"]

_WEIGHTED = ("conv", "linear", "conv_transpose")


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
        name: what they call it, and which side has it.
        link: where to read about it.
        fits: whether a case is one.
    """

    name: str
    link: str
    fits: Callable[[Case], bool]


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
    return [graph.ops[position] for position in positions if graph.ops[position].kind in _WEIGHTED]


def next_layer(graph: OpGraph, position: int) -> Op | None:
    """The next convolution or linear layer of its chain."""
    chain = branch(graph, position)
    return next(iter(weighted(graph, chain[chain.index(position) + 1 :])), None)
