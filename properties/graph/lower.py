"""An exported program, operator by operator, to an ``OpGraph``: roles, defaults, places, and in-place writes resolved."""

from __future__ import annotations

import hashlib
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, fx, nn

from properties.graph._schema import Call, read_call, result_shape
from properties.graph._vocabulary import SPLITS, translate
from properties.graph.ir import Op, OpGraph, Param

__all__ = ["AliasedWriteError", "Leaves", "lower"]

_NORM_KINDS = ("batch_norm", "instance_norm")


class AliasedWriteError(Exception):
    """An in-place write reaches a tensor through a view; the program must be functionalised first."""


@dataclass(frozen=True)
class Leaves:
    """The tensors a net owns, by name, with ties resolved to the first name."""

    params: tuple[Param, ...]
    tied: Mapping[str, str]
    tensors: Mapping[str, Tensor]
    modules: Mapping[str, str]
    device: torch.device
    dtype: torch.dtype

    @classmethod
    def of(cls, net: nn.Module) -> Leaves:
        """Read them off a net."""
        persistent = set(net.state_dict(keep_vars=True))
        found: dict[str, Tensor] = {}
        tied: dict[str, str] = {}
        first: dict[int, str] = {}
        params = []
        named = [*net.named_parameters(remove_duplicate=False), *net.named_buffers(remove_duplicate=False)]
        for key, tensor in named:
            found[key] = tensor
            if id(tensor) in first:
                tied[key] = first[id(tensor)]
                continue
            first[id(tensor)] = key
            params.append(_param(key, tensor, key in persistent))
        sample = next((tensor for tensor in found.values() if tensor.is_floating_point()), None)
        return cls(
            params=tuple(params),
            tied=tied,
            tensors=found,
            modules={path: type(module).__name__ for path, module in net.named_modules()},
            device=sample.device if sample is not None else torch.device("cpu"),
            dtype=sample.dtype if sample is not None else torch.get_default_dtype(),
        )


def _param(key: str, tensor: Tensor, persistent: bool) -> Param:
    kind = "parameter" if isinstance(tensor, nn.Parameter) else "buffer"
    trainable = kind == "parameter" and tensor.requires_grad
    return Param(key, kind, tuple(tensor.shape), trainable, _name(tensor.dtype), persistent)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def lower(program: Any, leaves: Leaves, paths: tuple[str, ...], mode: str) -> OpGraph:
    """The program's operators with everything torch filled in.

    Args:
        program: a ``torch.export.ExportedProgram``.
        leaves: the tensors of the net it was exported from.
        paths: where in the net's return value each output stood.
        mode: the mode it was exported in.

    Raises:
        AliasedWriteError: if the program writes in place through a view.
    """
    return _Lowering(program, leaves).run(paths, mode)


class _Lowering:
    """The state of one walk over the nodes of a program."""

    def __init__(self, program: Any, leaves: Leaves) -> None:
        self.program = program
        self.leaves = leaves
        self.by_key = {param.key: param for param in leaves.params}
        self.ops: list[Op] = []
        self.value: dict[fx.Node, int] = {}  # the operator that made what the node holds now
        self.leaf: dict[fx.Node, Param] = {}
        self.emitted: dict[str, int] = {}  # leaves that were needed as a value
        self.storage: dict[fx.Node, fx.Node] = {}
        self.sharing: dict[fx.Node, list[fx.Node]] = {}
        self.parts: dict[fx.Node, tuple[Call, int]] = {}  # operators with several results
        self.tuples: dict[fx.Node, list[fx.Node]] = {}  # regions with several results
        self.changed: dict[fx.Node, int] = {}  # what was last written into an input or a leaf
        self.order: dict[fx.Node, int] = {}
        self.no_grad = 0

    def run(self, paths: tuple[str, ...], mode: str) -> OpGraph:
        specs = {spec.arg.name: spec for spec in self.program.graph_signature.input_specs if hasattr(spec.arg, "name")}
        slot = 0
        for node in self.program.graph.nodes:
            if node.op == "placeholder":
                slot += self._placeholder(node, specs[node.name], slot)
        self._walk(self.program.graph)
        self._output(self.program.graph.output_node(), paths)
        return OpGraph(tuple(self.ops), self.leaves.params, self.leaves.modules, mode, self.leaves.tied)

    def _walk(self, graph: fx.Graph) -> None:
        self.order.update((node, position) for position, node in enumerate(graph.nodes, start=len(self.order)))
        for node in graph.nodes:
            if node.op == "get_attr" and not isinstance(_attribute(node), fx.GraphModule):
                self.leaf[node] = self._constant(str(node.target), _attribute(node))
                self._share(node, node)
            elif node.op == "call_function":
                self._call(node)

    def _placeholder(self, node: fx.Node, spec: Any, slot: int) -> int:
        self._share(node, node)
        if spec.kind.name == "USER_INPUT":
            self.value[node] = self._emit(Op("input", attributes={"slot": slot}, **_result(node)))
            return 1
        key = str(spec.target)
        known = self.by_key.get(self.leaves.tied.get(key, key))
        self.leaf[node] = known or self._constant(key, self.program.constants.get(key))
        return 0

    def _constant(self, key: str, tensor: Any) -> Param:
        if not isinstance(tensor, Tensor):
            return Param(key, "constant", (), False, "unknown", False)
        return Param(key, "constant", tuple(tensor.shape), False, _name(tensor.dtype), False, _digest(tensor))

    def _emit(self, op: Op) -> int:
        self.ops.append(op)
        return len(self.ops) - 1

    def _share(self, node: fx.Node, root: fx.Node) -> None:
        self.storage[node] = root
        self.sharing.setdefault(root, []).append(node)

    def position(self, node: fx.Node) -> int:
        """The operator whose result the node holds now; a leaf becomes an operator of its own when needed as a value."""
        if node in self.value:
            return self.value[node]
        param = self.leaf[node]
        if param.key not in self.emitted:
            self.emitted[param.key] = self._emit(self._leaf_op(param))
        return self.emitted[param.key]

    def _leaf_op(self, param: Param) -> Op:
        where = param.key.rpartition(".")[0]
        place: dict[str, Any] = {"shape": param.shape, "where": where if where in self.leaves.modules else "", "dtype": param.dtype}
        if param.kind == "constant":
            return Op("constant", attributes={"digest": param.digest}, **place)
        if param.kind == "buffer":
            tensor = self.leaves.tensors.get(param.key)
            param = replace(param, trainable=False, digest=None if tensor is None else _digest(tensor))
        return Op("parameter", params={"value": param}, **place)

    def _call(self, node: fx.Node) -> None:
        if node.target is operator.getitem:
            self._part(node)
            return
        if isinstance(node.target, torch._ops.HigherOrderOperator):
            self._region(node)
            return
        call = read_call(node)
        if call.base.startswith(("_assert", "sym_", "_functional_assert")):
            return
        if call.several:
            self.parts[node] = (call, -1)
            self._share(node, self.storage[call.aliased] if call.aliased else node)
            return
        made, unchanged = self._make(node, call, 0)
        if call.written is not None:
            self._write(node, call.written, made)
            return
        self.value[node] = made
        shares = call.aliased or (unchanged if call.base != "clone" else None)
        self._share(node, self.storage[shares] if shares else node)

    def _part(self, node: fx.Node) -> None:
        whole, index = node.args
        if whole in self.tuples:
            source = self.tuples[whole][int(index)]  # type: ignore[index, arg-type]
            self.value[node] = self.position(source)
            self._share(node, self.storage[source])
            return
        call, made = self.parts[whole]  # type: ignore[index]
        self._share(node, self.storage[whole])  # type: ignore[index]
        if index == 0 or call.base in SPLITS:
            made, _ = self._make(node, call, int(index))  # type: ignore[arg-type]
            self.parts[whole] = (call, made)  # type: ignore[index]
        elif made < 0 or self.ops[made].kind not in _NORM_KINDS:  # a norm's further results follow from the norm itself
            made, _ = self._make(node, call, int(index))  # type: ignore[arg-type]
        self.value[node] = made

    def _region(self, node: fx.Node) -> None:
        """A part of the forward under no_grad or the like, traced as a graph of its own: walked in place."""
        graphs = [arg for arg in node.args if isinstance(arg, fx.Node) and isinstance(_attribute(arg), fx.GraphModule)]
        if len(graphs) != 1:
            raise NotImplementedError(f"the trace holds {node.target}, which has more than one course")
        inner = _attribute(graphs[0]).graph
        given = [arg for arg in node.args if isinstance(arg, fx.Node) and arg is not graphs[0]]
        for placeholder, outer in zip((n for n in inner.nodes if n.op == "placeholder"), given, strict=True):
            if outer in self.leaf and outer not in self.value:
                self.leaf[placeholder] = self.leaf[outer]
            else:
                self.value[placeholder] = self.position(outer)
            self._share(placeholder, self.storage[outer])
        without = "set_grad_enabled" in str(node.target) and node.args[0] is False
        self.no_grad += without
        self._walk(inner)
        self.no_grad -= without
        returned = inner.output_node().args[0]
        self.tuples[node] = list(returned) if isinstance(returned, list | tuple) else [returned]  # type: ignore[list-item]

    def _make(self, node: fx.Node, call: Call, index: int) -> tuple[int, fx.Node | None]:
        """Emit the operator; where the call changes nothing, return the operand's position and the operand."""
        meaning = translate(call, index, result_shape(node))
        if meaning.kind == "identity":
            return self.position(meaning.inputs[0]), meaning.inputs[0]
        inputs, params = list(meaning.inputs), {}
        for role, operand in meaning.roles.items():
            if operand in self.leaf and operand not in self.value:
                params[role] = self.leaf[operand]
            else:  # a computed weight is data like any other
                inputs.append(operand)
                meaning.attributes[role] = "computed"
        if self.no_grad:
            meaning.attributes["no_grad"] = True
        positions = tuple(self.position(operand) for operand in inputs)
        return self._emit(Op(meaning.kind, positions, meaning.attributes, params, where=_where(node), **_result(node))), None

    def _holds(self, node: fx.Node) -> Any:
        return self.value.get(node, node if node not in self.leaf else self.leaf[node].key)

    def _write(self, node: fx.Node, target: fx.Node, made: int) -> None:
        """An in-place operator: every name of this tensor holds the new value from here on."""
        root, before, here = self.storage[target], self._holds(target), self.order[node]
        for other in self.sharing[root]:
            if other.op != "placeholder" and not any(self.order.get(user, here + 1) > here for user in other.users):
                continue  # nobody looks at it again
            if self._holds(other) != before:
                raise AliasedWriteError(node.name)
            self.value[other] = made
            if other.op == "placeholder":
                self.changed[other] = made
        self.value[target] = self.value[node] = made
        self._share(node, root)

    def _output(self, node: fx.Node, paths: tuple[str, ...]) -> None:
        returned = list(node.args[0])  # type: ignore[arg-type]
        users: list[int] = []
        effects = [(node in self.leaf, made) for node, made in self.changed.items()]
        for value, spec in zip(returned, self.program.graph_signature.output_specs, strict=True):
            if isinstance(value, fx.Node) and spec.kind.name == "USER_OUTPUT":
                users.append(self.position(value))
            elif isinstance(value, fx.Node) and "MUTATION" in spec.kind.name:
                effects.append((spec.kind.name != "USER_INPUT_MUTATION", self.position(value)))
        effects = [(on_leaf, made) for on_leaf, made in effects if not self._is_statistic(made)]
        places = paths if len(paths) == len(users) else tuple(f"[{i}]" for i in range(len(users)))
        names = (*places, *("changes a buffer" if on_leaf else "changes its input" for on_leaf, _ in effects))
        self._emit(Op("output", (*users, *(made for _, made in effects)), {"paths": names}))

    def _is_statistic(self, position: int) -> bool:
        """Whether a buffer's new value follows from a norm layer: its running statistics, or its batch counter."""
        op = self.ops[position]
        if op.kind in _NORM_KINDS:
            return True
        counts = op.kind == "add" and op.attributes.get("scalar") == 1 and op.shape == () and len(op.inputs) == 1
        return counts and self.ops[op.inputs[0]].kind == "parameter"


def _attribute(node: fx.Node) -> Any:
    """What a ``get_attr`` node names."""
    found: Any = node.graph.owning_module
    if node.op != "get_attr":
        return None
    for name in str(node.target).split("."):
        found = getattr(found, name, None)
    return found


def _result(node: fx.Node) -> dict[str, Any]:
    value = node.meta.get("val")
    if not isinstance(value, Tensor):
        return {"shape": (), "dtype": "none"}
    return {"shape": tuple(int(size) for size in value.shape), "dtype": _name(value.dtype)}


def _where(node: fx.Node) -> str:
    """Dotted path of the innermost module whose forward made the node; a repeated call's ``@1`` is dropped."""
    stack = node.meta.get("nn_module_stack")
    if not stack:
        return ""
    return re.sub(r"@\d+", "", str(list(stack.values())[-1][0]))


def _digest(tensor: Tensor) -> str | None:
    """A hash of the content, or None where there is none (meta device)."""
    if tensor.device.type == "meta" or "FakeTensor" in type(tensor).__name__:
        return None
    data = tensor.detach().cpu().contiguous()
    if data.dtype == torch.bfloat16:
        data = data.float()
    return hashlib.sha256(data.numpy().tobytes()).hexdigest()[:16]
