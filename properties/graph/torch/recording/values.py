"""Which node of a recording a tensor stands for: by the object, or by the memory that it shares with another one."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn

from properties.graph.torch.recording.operators import mapped
from properties.graph.torch.recording.stand_ins import StandIns

__all__ = ["Unanswered", "Unrecordable", "Values", "is_refusal"]

_CPU = torch.device("cpu")


class Unrecordable(RuntimeError):
    """The net does something that a recording does not show."""


class Unanswered(Unrecordable):
    """The net asked for the value of a tensor, was refused, and went on: any other way would see what it does then."""


def is_refusal(error: Exception) -> bool:
    """Whether the recording is to blame, which runs without memory, and not what the net does."""
    return isinstance(error, Unrecordable | NotImplementedError) or "meta" in str(error).lower()


@dataclass
class _Known:
    """A tensor and the nodes that hold it; the tensor is kept, so that no other object gets its ``id``."""

    tensor: Tensor
    node: fx.Node
    memory: int


class Values:
    """The tensors of a recording.

    Args:
        graph: gets a placeholder for each tensor that the net owns or takes from elsewhere.
        stand_ins: what stands for real tensors.
        needs_content: whether a constant must have memory, because nothing about the net is without.
    """

    def __init__(self, graph: fx.Graph, stand_ins: StandIns, *, needs_content: bool) -> None:
        self.graph = graph
        self.stand_ins = stand_ins
        self.needs_content = needs_content
        self.keys: dict[fx.Node, str] = {}
        self.constants: dict[str, Tensor] = {}
        self.written: set[int] = set()  # memory that an operator wrote to
        self._names: dict[int, str] = {}
        self._buffers: dict[str, Tensor] = {}
        self._known: dict[int, _Known] = {}
        self._sharing: dict[int, list[_Known]] = {}

    def own(self, net: nn.Module) -> None:
        """Take in what the net registers, and the names of tensors that it merely has."""
        named = (*net.named_parameters(remove_duplicate=False), *net.named_buffers(remove_duplicate=False))
        for key, tensor in named:
            if id(tensor) not in self._known:
                self.define(tensor, self._placeholder(key))
        self._buffers = dict(net.named_buffers(remove_duplicate=False))
        for path, module in net.named_modules():
            for name, value in module.__dict__.items():
                if isinstance(value, Tensor):
                    self._names.setdefault(id(value), f"{path}.{name}".lstrip("."))

    def _placeholder(self, key: str) -> fx.Node:
        node = self.graph.placeholder("leaf")
        self.keys[node] = key
        return node

    def define(self, tensor: Tensor, node: fx.Node) -> None:
        """From here on the tensor is what the node holds."""
        known = _Known(tensor, node, self.stand_ins.memory(tensor))
        node.meta["val"], node.meta["memory"] = tensor, known.memory
        self._known[id(tensor)] = known
        self._sharing.setdefault(known.memory, []).append(known)

    def node(self, tensor: Tensor) -> fx.Node:
        """The node that holds the tensor.

        Raises:
            Unrecordable: if the tensor is not what tensors usually are.
        """
        known = self._known.get(id(tensor))
        if known is None:
            return self._adopt(tensor)
        if known.memory != self.stand_ins.memory(tensor):
            raise Unrecordable("a tensor is given other memory, through .data or the like")
        return known.node

    def _adopt(self, tensor: Tensor) -> fx.Node:
        """A tensor that no operator returned: a second object for one that is known, or a constant."""
        if tensor.layout is not torch.strided or type(tensor).__torch_dispatch__ is not Tensor.__torch_dispatch__:
            raise Unrecordable(f"it computes with a {type(tensor).__name__} of layout {tensor.layout}")
        memory = self.stand_ins.memory(tensor)
        if memory not in self._sharing:
            return self._constant(tensor)
        stand_in = self.stand_ins.of(tensor)
        same = [known for known in self._sharing[memory] if _geometry(known.tensor) == _geometry(stand_in)]
        if not same:
            raise Unrecordable("a tensor sees the memory of another one in a way that no operator shows")
        first = next((known for known in same if known.tensor is stand_in), same[-1])
        node = first.node
        is_same = first.tensor is stand_in or (stand_in.requires_grad and stand_in.grad_fn is not None)
        if not is_same and (first.tensor.requires_grad or node not in self.keys):  # .data, or a parameter made of it
            node = self.graph.call_function(torch.ops.aten.detach.default, (node,))
            self.define(stand_in, node)
        self._known[id(tensor)] = _Known(tensor, node, memory)
        return node

    def _constant(self, tensor: Tensor) -> fx.Node:
        if tensor.is_meta and self.needs_content:
            raise Unrecordable("it makes a tensor whose content is lost without memory")
        key = self._names.get(id(tensor), f"lifted_tensor_{len(self.constants)}")
        self.constants[key] = tensor
        node = self._placeholder(key)
        self.define(self.stand_ins.of(tensor), node)
        self._known[id(tensor)] = _Known(tensor, node, self.stand_ins.memory(tensor))
        return node

    def content(self, node: fx.Node) -> Any:
        """What a node holds, if it is made of nothing but constants.

        Raises:
            Unrecordable: if it is not, so that what it holds is not known.
        """
        if node in self.keys and self.keys[node] in self.constants:
            found = self.constants[self.keys[node]]
            if not found.is_meta:
                return found
        if node.op != "call_function" or not _is_pure(node.target):
            raise Unrecordable("what it does next depends on the numbers")
        if node.meta.get("memory") in self.written:
            raise Unrecordable("what it does next depends on numbers that it wrote in place")
        args, kwargs = mapped(fx.map_arg((node.args, node.kwargs), self.content), lambda tensor: tensor, _CPU)
        return node.target(*args, **kwargs)  # type: ignore[operator]

    def mark_written(self, tensors: Iterable[Tensor]) -> None:
        """An operator writes to these, so that their content is not what made them."""
        self.written.update(map(self.stand_ins.memory, tensors))

    def write_new_buffers(self, net: nn.Module) -> None:
        """After the forward pass: a buffer that holds another tensor now was written to."""
        for key, tensor in net.named_buffers(remove_duplicate=False):
            leaf = self._buffers.get(key)
            if leaf is None or leaf is tensor:
                continue
            if leaf.size() != tensor.size():
                raise Unrecordable(f"it gives its buffer {key} another size, {tuple(tensor.size())}")
            node = self.graph.call_function(torch.ops.aten.copy_.default, (self.node(leaf), self.node(tensor)))
            self.define(leaf, node)

    def keep_size(self, tensor: Tensor) -> None:
        """Before the object changes its size in place: what its nodes hold keeps theirs, by another object."""
        before = tensor.detach()
        for known in self._sharing[self.stand_ins.memory(tensor)]:
            if known.tensor is tensor:
                known.tensor = known.node.meta["val"] = before

    def forget(self) -> None:
        """Let go of every tensor."""
        self._known.clear()
        self._sharing.clear()
        self._names.clear()


def _is_pure(target: Any) -> bool:
    """Whether a call gives the same again and changes nothing."""
    if target is operator.getitem:
        return True
    tags = getattr(target, "tags", (torch.Tag.nondeterministic_seeded,))
    return torch.Tag.nondeterministic_seeded not in tags and not target._schema.is_mutable


def _geometry(tensor: Tensor) -> tuple[Any, ...]:
    return tensor.dtype, tensor.size(), tensor.stride(), tensor.storage_offset()
