"""What autograd itself does in a traced forward pass, to be held against what the operators say.

A backward function of the net's own, or an ``inference_mode``, leaves no operator behind. The fake tensors that the
trace returns carry autograd's graph, so it can be asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor, nn
from torch.autograd.function import BackwardCFunction

from properties.graph.ir import Op, OpGraph
from properties.graph.question import Asked, Under

__all__ = ["Witness"]


class Witness:
    """What was seen of the outputs while the net was traced."""

    def __init__(self, under: Under) -> None:
        self.paths: list[str] = []
        self.untraced: tuple[str, ...] = ()
        self.reached: frozenset[str] = frozenset()
        self.differentiable: list[bool] = []
        self.asked: Asked | None = None
        self.under = under

    def see(self, net: nn.Module, found: Sequence[tuple[str, Tensor]]) -> None:
        """Look at what the net returned: ``(path, tensor)`` pairs."""
        self.paths = [path for path, _ in found]
        self.differentiable = [tensor.requires_grad for _, tensor in found]
        self.untraced = ()
        if not net.training:
            return
        nodes = list(_nodes([tensor.grad_fn for _, tensor in found if tensor.grad_fn is not None]))
        own = sorted(_signature(node) for node in nodes if isinstance(node, BackwardCFunction))
        self.untraced = tuple(own)

    def confirm(self, graph: OpGraph) -> OpGraph:
        """The graph, with a ``detach`` where autograd gives an output no gradient although its operators would."""
        if graph.mode != "train" or len(graph.output.inputs) < len(self.differentiable):
            return graph
        flows = _flows(graph)
        ops, sources = list(graph.ops[:-1]), list(graph.output.inputs)
        for slot, differentiable in enumerate(self.differentiable):
            if flows[sources[slot]] and not differentiable:
                cut = ops[sources[slot]]
                ops.append(Op("detach", (sources[slot],), shape=cut.shape, dtype=cut.dtype))
                sources[slot] = len(ops) - 1
        return replace(graph, ops=(*ops, graph.output.with_(inputs=tuple(sources))))


def _flows(graph: OpGraph) -> list[bool]:
    """Whether a trainable parameter's gradient can come through each operator."""
    found: list[bool] = []
    for op in graph.ops:
        trained = any(param.trainable for param in op.params.values()) or any(found[source] for source in op.inputs)
        found.append(trained and op.kind != "detach" and op.dtype.startswith(("float", "bfloat", "complex")))
    return found


def _nodes(roots: list[Any]) -> Iterator[Any]:
    seen: set[Any] = set()
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        yield node
        waiting += [source for source, _ in node.next_functions]


def _signature(node: Any) -> str:
    """A backward's name, and how many operators its gradient goes on through: where it stands."""
    below = sum(1 for _ in _nodes([source for source, _ in node.next_functions]))
    return f"{type(node).__name__.removesuffix('Backward')}, {below} operators deep"
