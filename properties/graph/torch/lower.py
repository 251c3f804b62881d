"""A traced forward pass, node by node, to an ``OpGraph``: roles, defaults, places, and in-place writes resolved.

What gradients see is part of the graph. A tensor made while gradients were off is read through a ``detach`` once they
are on again; what a write in place hides from autograd is a ``put`` of kind ``detach``: new value, old gradient.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, fx

from properties.graph.ir import Op, OpGraph, Param
from properties.graph.kinds import LEAVES
from properties.graph.torch.aten.schema import Call, read_call, result_shape
from properties.graph.torch.aten.translate import SPLITS, Meaning, translate
from properties.graph.torch.contents import Contents
from properties.graph.torch.leaves import Leaves, constant, digest, name_of
from properties.graph.torch.memory import Memory, View, share_memory
from properties.graph.torch.regions import Region, attribute_of, region_of
from properties.graph.torch.trace import Trace

__all__ = ["lower"]

_NORM_KINDS = ("batch_norm", "instance_norm")
_STATISTICS = ("running_mean", "running_var")
_COUNTER = "num_batches_tracked"  # what torch's norms call theirs, and those who write one out


def lower(trace: Trace, leaves: Leaves, paths: tuple[str, ...], mode: str) -> OpGraph:
    """The trace's operators with everything torch filled in.

    Args:
        trace: the forward pass.
        leaves: the tensors of the net it was traced from.
        paths: where in the net's return value each output stood.
        mode: the mode it was traced in.

    Raises:
        NotImplementedError: if it holds something that is no operator.
    """
    return _Lowering(trace, leaves).run(paths, mode)


class _Lowering:
    """The state of one walk over the nodes of a trace."""

    def __init__(self, trace: Trace, leaves: Leaves) -> None:
        self.trace = trace
        self.leaves = leaves
        self.by_key = {param.key: param for param in leaves.params}
        self.ops: list[Op] = []
        self.has_gradient: list[bool] = []  # whether a gradient can flow through each operator's result
        self.leaf: dict[fx.Node, Param] = {}
        self.emitted: dict[str, int] = {}  # leaves that were needed as a value
        self.memory = Memory(self._emit_view)
        self.parts: dict[fx.Node, Call] = {}  # operators with several results
        self.norms: dict[fx.Node, int] = {}
        self.tuples: dict[fx.Node, list[Any]] = {}  # regions with several results
        self.inputs: list[fx.Node] = []
        self.without_gradient: set[fx.Node] = set()  # made while gradients were off
        self.gradients_on = True
        self.autocast: str | None = None
        self.detached: dict[int, int] = {}
        self.contents = Contents(trace.graph)
        self.filled: dict[str, float | int | bool] = {}  # constants that hold one number everywhere, by key

    def run(self, paths: tuple[str, ...], mode: str) -> OpGraph:
        for node in self.trace.graph.nodes:
            if node.op == "placeholder":
                self._placeholder(node)
        self._walk(self.trace.graph)
        self._output(paths)
        return OpGraph(
            tuple(self.ops), self.leaves.params, self.leaves.modules, mode, self.leaves.tied, self.trace.notes
        )

    def _walk(self, graph: fx.Graph) -> None:
        for node in graph.nodes:
            if node.op == "get_attr" and not isinstance(attribute_of(node), fx.GraphModule):
                self._constant(node, str(node.target), attribute_of(node))
            elif node.op == "call_function":
                self._call(node)

    def _placeholder(self, node: fx.Node) -> None:
        key = self.trace.keys.get(node)
        if key is None:
            self.memory.own(node, self._emit(Op("input", attributes={"slot": len(self.inputs)}, **_result(node))))
            self.inputs.append(node)
            return
        known = self.by_key.get(self.leaves.tied.get(key, key))
        if known is None:
            self._constant(node, key, self.trace.constants.get(key))
        else:
            self.leaf[node] = known

    def _constant(self, node: fx.Node, key: str, content: object) -> None:
        """The node holds a tensor that is registered nowhere."""
        self.leaf[node] = constant(key, content)
        self.contents.keep(node, content)
        kept = self.contents.of(node)
        if kept is not None and kept.numel() and bool((kept == kept.flatten()[0]).all()):
            self.filled[key] = kept.flatten()[0].item()

    def _emit(self, op: Op) -> int:
        self.ops.append(op)
        flows = op.kind == "input" or any(self.has_gradient[source] for source in op.inputs)
        flows = flows or any(param.trainable for param in op.params.values())
        self.has_gradient.append(flows and op.kind != "detach" and op.dtype.startswith(("float", "bfloat", "complex")))
        return len(self.ops) - 1

    def _emit_view(
        self, kind: str, inputs: tuple[int, ...], attributes: Mapping[str, Any], like: fx.Node, at: fx.Node
    ) -> int:
        return self._emit(Op(kind, inputs, dict(attributes), where=self._where(at), **_result(like)))

    def _read(self, node: fx.Node, place: fx.Node) -> int:
        """The operator whose result the node holds now; a leaf becomes an operator of its own when read as a value."""
        node = self.memory.itself(node)
        if not self.memory.holds(node):
            self.memory.own(node, self._leaf_op(self.leaf[node]))
        root = self.memory.root(node)
        if not self.memory.holds(root):
            self.memory.own(root, self._leaf_op(self.leaf[root]))
        position = self.memory.read(node, place)
        if self.gradients_on and node in self.without_gradient and self.has_gradient[position]:
            if position not in self.detached:
                self.detached[position] = self._emit_view("detach", (position,), {}, node, place)
            return self.detached[position]
        return position

    def _leaf_op(self, param: Param) -> int:
        if param.key in self.emitted:
            return self.emitted[param.key]
        where = param.key.rpartition(".")[0]
        place: dict[str, Any] = {
            "shape": param.shape,
            "where": where if where in self.leaves.modules else "",
            "dtype": param.dtype,
        }
        if param.key in self.filled:
            filled = {"shape": param.shape, "value": self.filled[param.key], "dtype": param.dtype}
            op = Op("full", attributes=filled, **place)
        elif param.kind == "constant":
            op = Op("constant", attributes={"digest": param.digest}, **place)
        else:
            op = Op("parameter", params={"value": self._with_content(param)}, **place)
        self.emitted[param.key] = self._emit(op)
        return self.emitted[param.key]

    def _with_content(self, param: Param) -> Param:
        """A buffer's content is part of what the net computes, other than that of a parameter."""
        if param.kind != "buffer":
            return param
        tensor = self.leaves.tensors.get(param.key)
        return replace(param, digest=None if tensor is None else digest(tensor))

    def _call(self, node: fx.Node) -> None:
        if node.target is torch._C._set_grad_enabled:
            self.gradients_on = bool(node.args[0])
            return
        if node.target is operator.getitem:
            self._part(node)
            return
        if isinstance(node.target, torch._ops.HigherOrderOperator):
            self._region(node, region_of(node))
            return
        call = read_call(node)
        if call.base.startswith(("_assert", "sym_", "_functional_assert")):
            return
        if not self.gradients_on:
            self.without_gradient.add(node)
        if call.several:
            self.parts[node] = call
        elif call.written is not None:
            made = self._make(node, self._unless_detached(translate(call, 0, node), node))
            self._write(node, call.written, made)
        else:
            self._define(node, call, 0)

    def _define(self, node: fx.Node, call: Call, index: int) -> None:
        """The node's value is a new tensor, or a view of one of the call's operands."""
        content = None if call.several else self.contents.made(node)
        if content is not None:
            self._constant(node, f"constant {digest(content)} {tuple(content.shape)}", content)
            return
        meaning = translate(call, index, node)
        seen = next((operand for operand in call.operands() if share_memory(node, operand)), None)
        if meaning.kind == "identity" and seen is None and self._is_role(meaning.inputs[0]):
            self.leaf[node] = self.leaf[self.memory.itself(meaning.inputs[0])]
            return
        meaning = self._unless_detached(meaning, node)
        made = self._make(node, meaning)
        if meaning.kind == "full":  # of another tensor's size
            self.contents.keep(node, torch.full(self.ops[made].shape, meaning.attributes["value"], dtype=call.dtype))
        if seen is None:
            self.memory.own(node, made)
        else:
            self.memory.view(node, View(seen, meaning.kind, meaning.attributes), made)

    def _unless_detached(self, meaning: Meaning, node: fx.Node) -> Meaning:
        """A detach of what has no gradient changes nothing."""
        if meaning.kind == "detach" and not self.has_gradient[self._read(meaning.inputs[0], node)]:
            return replace(meaning, kind="identity")
        return meaning

    def _write(self, node: fx.Node, target: fx.Node, made: int) -> None:
        """An in-place operator: every name of this memory shows the new value from here on."""
        root = self.memory.root(target)
        self._read(root, node)
        hidden = (
            not self.gradients_on
            and root not in self.without_gradient
            and (self.has_gradient[made] or root not in self.leaf)
        )
        self.memory.write(target, made, node, without_gradient=hidden)
        self.memory.equate(node, target)

    def _part(self, node: fx.Node) -> None:
        whole, index = node.args
        if whole in self.tuples:
            self.memory.equate(node, self.tuples[whole][int(index)])  # type: ignore[index, arg-type]
            return
        call = self.parts[whole]  # type: ignore[index]
        if whole in self.without_gradient:
            self.without_gradient.add(node)
        if index and whole in self.norms:  # a norm's further results follow from the norm itself
            self.memory.own(node, self.norms[whole])  # type: ignore[index]
            return
        self._define(node, call, int(index))  # type: ignore[arg-type]
        made = self.memory.read(node, node)
        if call.base not in SPLITS and self.ops[made].kind in _NORM_KINDS:
            self.norms[whole] = made  # type: ignore[index]

    def _region(self, node: fx.Node, region: Region) -> None:
        """A part of the forward under no_grad or the like, traced as a graph of its own: walked in place."""
        for placeholder, outer in zip(
            (n for n in region.graph.nodes if n.op == "placeholder"), region.given, strict=True
        ):
            self.memory.equate(placeholder, outer)
        before = self.gradients_on, self.autocast
        if region.gradients is not None:
            self.gradients_on = region.gradients
        self.autocast = region.autocast or self.autocast
        self._walk(region.graph)
        self.gradients_on, self.autocast = before
        returned = region.graph.output_node().args[0]
        self.tuples[node] = list(returned) if isinstance(returned, list | tuple) else [returned]

    def _is_role(self, operand: fx.Node) -> bool:
        """Whether the operand is a tensor of the net's own that nothing wrote to."""
        operand = self.memory.itself(operand)
        return operand in self.leaf and self.memory.version(operand) == 0

    def _make(self, node: fx.Node, meaning: Meaning) -> int:
        """Emit the operator; where the call changes nothing, the operand's position."""
        if meaning.kind == "identity":
            return self._read(meaning.inputs[0], node)
        inputs, attributes = list(meaning.inputs), dict(meaning.attributes)
        params: dict[str, Param] = {}
        for role, operand in meaning.roles.items():
            if self._is_role(operand):
                param = self.leaf[self.memory.itself(operand)]
                params[role] = param if role in _STATISTICS else self._with_content(param)
            else:  # a computed weight is data like any other
                inputs.append(operand)
                attributes[role] = "computed"
        autocast = node.meta.get("autocast", self.autocast)
        if autocast not in (None, "off"):
            attributes["autocast"] = autocast
        positions = tuple(self._read(operand, node) for operand in inputs)
        return self._emit(Op(meaning.kind, positions, attributes, params, where=self._where(node), **_result(node)))

    def _output(self, paths: tuple[str, ...]) -> None:
        place = self.trace.graph.output_node()
        made = [self._read(value, place) for value in self.trace.returned if isinstance(value, fx.Node)]
        names = list(paths if len(paths) == len(made) else (f"[{i}]" for i in range(len(made))))
        for word in self.trace.untraced:
            made = [self._emit_untraced(position, word) for position in made]
        for node in (*self.inputs, *self.leaf):
            if self.memory.itself(node) is node and self.memory.version(node) and self.memory.root(node) is node:
                position = self.memory.read(node, place)
                if not self._counts_for_a_norm(node, position):
                    made.append(position)
                    names.append("changes its input" if node in self.inputs else "changes a buffer")
        self._emit(Op("output", tuple(made), {"paths": tuple(names)}))

    def _emit_untraced(self, position: int, word: str) -> int:
        op = self.ops[position]
        return self._emit(Op("backward", (position,), {"what": word}, shape=op.shape, dtype=op.dtype))

    def _counts_for_a_norm(self, node: fx.Node, position: int) -> bool:
        """Whether a buffer's new value is its old one and 1 more, or more than once: a norm's batch counter."""
        if node not in self.leaf:
            return False
        module, _, name = self.leaf[node].key.rpartition(".")
        means = (op.params["running_mean"].key for op in self.ops if "running_mean" in op.params)
        if name != _COUNTER and module not in {mean.rpartition(".")[0] for mean in means}:
            return False  # whoever counts something else may read it, if only in a script
        op = self.ops[position]
        while op.kind == "add" and op.attributes.get("scalar") == 1 and len(op.inputs) == 1:
            position, op = op.inputs[0], self.ops[op.inputs[0]]
        return op.kind in LEAVES and op.shape == () and op.dtype == "int64"

    def _where(self, node: fx.Node) -> str:
        """Dotted path of the innermost module whose forward made the node; a repeated call's ``@1`` is dropped."""
        stack = node.meta.get("nn_module_stack")
        if not stack:
            return self.trace.places.get(node.name, "")
        return re.sub(r"@\d+", "", str(list(stack.values())[-1][0]))


def _result(node: fx.Node) -> dict[str, Any]:
    value = node.meta.get("val")
    if not isinstance(value, Tensor):
        return {"shape": result_shape(node), "dtype": "none"}
    return {"shape": result_shape(node), "dtype": name_of(value.dtype)}
