"""Residual blocks in a graph.

A block is found in the operators alone: an addition whose two operands come from one value. The longer path from that
value to the addition is the residual branch, the shorter one the shortcut; names and classes decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from properties.graph.analysis.flow import ancestors
from properties.graph.ir import Op, OpGraph
from properties.graph.kinds import BLOCK_ACTIVATIONS, LEAVES, STRIDED

__all__ = ["ResidualBlock", "residual_blocks"]


@dataclass(frozen=True)
class ResidualBlock:
    """One residual block: positions in the graph it was found in.

    Args:
        graph: the graph.
        fork: the value that both paths start from.
        residual: operators of the longer path, in execution order.
        shortcut: operators of the shorter one; none where it is the identity.
        add: the addition.
    """

    graph: OpGraph
    fork: int
    residual: tuple[int, ...]
    shortcut: tuple[int, ...]
    add: int

    @property
    def stride(self) -> tuple[int, ...]:
        """Total stride of the residual branch, along each spatial axis."""
        strides = [_pair(op.attributes["stride"]) for op in self.ops(self.residual) if op.kind in STRIDED]
        return tuple(prod(axis) for axis in zip(*strides, strict=True)) or (1, 1)

    @property
    def channels(self) -> tuple[int, int]:
        """Channels that enter and leave."""
        return self.graph.ops[self.fork].shape[1], self.graph.ops[self.add].shape[1]

    @property
    def last(self) -> int:
        """The operator whose result is the block's: the activation that alone reads the sum, else the addition."""
        users = self.graph.users[self.add]
        return users[0] if len(users) == 1 and self.graph.ops[users[0]].kind in BLOCK_ACTIVATIONS else self.add

    @property
    def where(self) -> str:
        """The module that runs the addition."""
        return self.graph.ops[self.add].where

    @property
    def is_a_module(self) -> bool:
        """Whether hooks see it: ``where`` runs this block and nothing else, and a layer ends its projection."""
        layers = ((i, op) for i, op in enumerate(self.graph.ops) if op.kind not in LEAVES)
        inside = {i for i, op in layers if f"{op.where}.".startswith(f"{self.where}.")}
        hooked = not self.shortcut or self.graph.ops[self.shortcut[-1]].where not in self.graph.parents
        return bool(self.where) and hooked and inside == {*self.residual, *self.shortcut, self.add, self.last}

    def ops(self, positions: tuple[int, ...]) -> list[Op]:
        """The operators at these positions."""
        return [self.graph.ops[position] for position in positions]


def residual_blocks(graph: OpGraph) -> tuple[ResidualBlock, ...]:
    """Every residual block, in execution order."""
    above = ancestors(graph, without=LEAVES)
    found = []
    for position, op in graph.of_kind("add"):
        ends = [source for source in op.inputs if above[source]]  # a parameter that is added as well is no path
        if len(ends) == 2 and (common := above[ends[0]] & above[ends[1]]):
            fork = common.bit_length() - 1
            ways = sorted((_between(above, fork, end) for end in ends), key=len)
            found.append(ResidualBlock(graph, fork, ways[1], ways[0], position))
    return tuple(found)


def _between(above: list[int], fork: int, end: int) -> tuple[int, ...]:
    return tuple(i for i in range(fork + 1, end + 1) if above[end] >> i & 1 and above[i] >> fork & 1)


def _pair(stride: int | tuple[int, ...]) -> tuple[int, ...]:
    return (stride, stride) if isinstance(stride, int) else stride
