"""What nodes of a trace hold that are made of nothing but constants: kernels, masks and ranges built in forward.

Their content is part of what a net computes, and how it was come by is not: it is computed here, on the CPU, and the
graph holds the result. What is written to in place is left as it was traced.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, fx
from torch._subclasses.fake_tensor import FakeTensor

from properties.graph.torch.recording.operators import mapped, traits

__all__ = ["Contents"]

_CPU = torch.device("cpu")
_MOST = 2**22  # numbers; larger tables stay as they were traced


class Contents:
    """The content of nodes, as far as it is known.

    Args:
        graph: the trace.
    """

    def __init__(self, graph: fx.Graph) -> None:
        self._known: dict[fx.Node, Tensor] = {}
        self._written = {_memory(node) for call in _calls(graph) for node in _targets(call)}

    def keep(self, node: fx.Node, content: object) -> None:
        """The node holds this, unless something writes to it."""
        if not isinstance(content, Tensor) or content.is_meta or isinstance(content, FakeTensor):
            return
        if content.numel() <= _MOST and _memory(node) not in self._written:
            self._known[node] = content.detach().cpu()

    def of(self, node: fx.Node) -> Tensor | None:
        """What it holds, or None where that is not known."""
        return self._known.get(node)

    def made(self, node: fx.Node) -> Tensor | None:
        """What a call makes, if all that it reads is known and nothing writes to what it makes; it is remembered."""
        value = node.meta.get("val")
        if not isinstance(value, Tensor) or value.numel() > _MOST or not _is_pure(node.target):
            return None
        if any(source not in self._known for source in node.all_input_nodes):
            return None
        args, kwargs = mapped(fx.map_arg((node.args, node.kwargs), self._known.__getitem__), _itself, _CPU)
        try:
            content = node.target(*args, **kwargs)  # type: ignore[operator]
        except (RuntimeError, NotImplementedError, TypeError):  # only its own device can do it
            return None
        if not isinstance(content, Tensor) or (content.shape, content.dtype) != (value.shape, value.dtype):
            return None
        self.keep(node, content)
        return self.of(node)


def _itself(tensor: Tensor) -> Tensor:
    return tensor


def _is_pure(target: Any) -> bool:
    """Whether a call gives the same again, changes nothing, and fills what it makes."""
    if not isinstance(target, torch._ops.OpOverload) or target._schema.is_mutable or target.namespace != "aten":
        return False
    return torch.Tag.nondeterministic_seeded not in target.tags and "empty" not in target._schema.name


def _calls(graph: fx.Graph) -> Iterator[fx.Node]:
    for node in graph.nodes:
        if node.op == "get_attr" and isinstance(
            inner := getattr(graph.owning_module, str(node.target), None), fx.GraphModule
        ):
            yield from _calls(inner.graph)
        if node.op == "call_function" and isinstance(node.target, torch._ops.OpOverload):
            yield node


def _targets(call: fx.Node) -> Iterator[fx.Node]:
    """The nodes that a call writes to."""
    for position, name in traits(call.target).written:
        target = call.args[position] if position < len(call.args) else call.kwargs.get(name)
        yield from (target if isinstance(target, list | tuple) else [target])  # type: ignore[misc]


def _memory(node: object) -> object:
    """What two nodes have in common that share memory."""
    if not isinstance(node, fx.Node):
        return None
    value = node.meta.get("val")
    if "memory" in node.meta:
        return node.meta["memory"]
    return value.untyped_storage()._cdata if isinstance(value, Tensor) else node
