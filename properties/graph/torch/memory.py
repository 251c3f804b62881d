"""Which nodes of a trace share memory, and what each of them holds after writes in place.

A view remembers the tensor it was taken from and how. A write to a view is put back into that tensor, step by step up
to the one that owns the memory, and every other view is taken anew when it is read again. Whether two tensors share
memory is read off the trace's own tensors, because ``reshape`` and ``contiguous`` sometimes do and sometimes not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, fx

__all__ = ["Memory", "View", "share_memory"]


@dataclass(frozen=True)
class View:
    """How a node sees its parent's memory: ``kind`` ``"identity"`` sees all of it as it is."""

    parent: fx.Node
    kind: str
    attributes: Mapping[str, Any]


class Memory:
    """What every node of one trace holds.

    Args:
        emit: appends an operator: ``(kind, inputs, attributes, node whose size it has, node whose place it has)``.
    """

    def __init__(self, emit: Callable[[str, tuple[int, ...], Mapping[str, Any], fx.Node, fx.Node], int]) -> None:
        self._emit = emit
        self._same: dict[fx.Node, fx.Node] = {}
        self._views: dict[fx.Node, View] = {}
        self._owned: dict[fx.Node, int] = {}
        self._version: dict[fx.Node, int] = {}
        self._seen: dict[fx.Node, tuple[int, int]] = {}

    def equate(self, node: fx.Node, other: fx.Node) -> None:
        """The two are one tensor: what a write in place returns, or what a region is given."""
        self._same[node] = other

    def itself(self, node: fx.Node) -> fx.Node:
        """The node that first stood for this tensor."""
        while node in self._same:
            node = self._same[node]
        return node

    def own(self, node: fx.Node, position: int) -> None:
        """The node is a tensor with memory of its own."""
        self._owned[node] = position

    def view(self, node: fx.Node, view: View, position: int) -> None:
        """The node sees another one's memory; its value now is known already."""
        self._views[node] = view
        self._seen[node] = (self.version(node), position)

    def root(self, node: fx.Node) -> fx.Node:
        """The tensor that owns the memory."""
        node = self.itself(node)
        while node in self._views:
            node = self.itself(self._views[node].parent)
        return node

    def version(self, node: fx.Node) -> int:
        """How often the memory was written to."""
        return self._version.get(self.root(node), 0)

    def holds(self, node: fx.Node) -> bool:
        """Whether the node has a value: a leaf that nobody needed as a value has none yet."""
        node = self.itself(node)
        return node in self._owned or node in self._views

    def read(self, node: fx.Node, place: fx.Node) -> int:
        """The operator whose result the node holds now.

        Args:
            node: the tensor.
            place: the node that reads it.
        """
        node = self.itself(node)
        if node not in self._views:
            return self._owned[node]
        version = self.version(node)
        seen, position = self._seen.get(node, (-1, -1))
        if seen != version:
            view = self._views[node]
            position = self.read(view.parent, place)
            if view.kind != "identity":
                position = self._emit(view.kind, (position,), view.attributes, node, place)
            self._seen[node] = (version, position)
        return position

    def write(self, node: fx.Node, position: int, place: fx.Node, *, without_gradient: bool) -> None:
        """The node's tensor changes in place.

        Args:
            node: the tensor.
            position: the operator that makes its new value.
            place: the node that writes.
            without_gradient: whether autograd does not see the write.
        """
        node = self.itself(node)
        chain = [(node, position)]
        while node in self._views:
            view = self._views[node]
            parent = self.itself(view.parent)
            position = self._put(view, parent, position, place)
            node = parent
            chain.append((node, position))
        if without_gradient:
            position = self._emit("put", (self._owned[node], position), {"view": "detach"}, node, place)
            chain = [(node, position)]
        self._owned[node] = position
        self._version[node] = version = self._version.get(node, 0) + 1
        for seen, value in chain[:-1]:
            self._seen[seen] = (version, value)

    def _put(self, view: View, parent: fx.Node, position: int, place: fx.Node) -> int:
        """The parent's value once the part that the view sees is replaced."""
        if view.kind == "identity":
            return position
        if view.kind == "reshape":
            return self._emit("reshape", (position,), {"shape": tuple(parent.meta["val"].shape)}, parent, place)
        if view.kind == "permute":
            dims: tuple[int, ...] = view.attributes["dims"]
            return self._emit("permute", (position,), {"dims": tuple(map(dims.index, range(len(dims))))}, parent, place)
        before = self.read(parent, place)
        return self._emit("put", (before, position), {"view": view.kind, **view.attributes}, parent, place)


def share_memory(node: fx.Node, other: fx.Node) -> bool:
    """Whether two nodes of a trace hold the same memory; a recorder has noted it, because it knows what stands in."""
    if "memory" in node.meta and "memory" in other.meta:
        return bool(node.meta["memory"] == other.meta["memory"])
    one, two = node.meta.get("val"), other.meta.get("val")
    if not isinstance(one, Tensor) or not isinstance(two, Tensor):
        return False
    return bool(one.untyped_storage()._cdata == two.untyped_storage()._cdata)
