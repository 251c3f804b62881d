"""The last way to a trace, for nets that torch.export refuses, too: make_fx, with the modules' places kept by hooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.func import functional_call
from torch.fx.experimental.proxy_tensor import get_proxy_mode, make_fx

from properties.graph.torch.autograd import Witness
from properties.graph.torch.trace import Trace

__all__ = ["trace_by_make_fx"]


def trace_by_make_fx(net: nn.Module, example: Tensor, witness: Witness) -> Trace:
    """The net's forward pass as make_fx sees it."""
    tensors: dict[str, Tensor] = {**dict(net.named_parameters()), **dict(net.named_buffers())}
    keys = list(tensors)

    def run(values: list[Tensor], image: Tensor) -> Any:
        return functional_call(net, dict(zip(keys, values, strict=True)), (image,))

    with _places_kept(net) as changes:
        traced = make_fx(run, tracing_mode="fake", pre_dispatch=True, _allow_non_fake_inputs=True)(
            list(tensors.values()), example
        )
    graph = traced.graph
    placeholders = [node for node in graph.nodes if node.op == "placeholder"]
    returned = graph.output_node().args[0]
    return Trace(
        graph=graph,
        keys=dict(zip(placeholders, keys, strict=False)),
        constants={},
        returned=tuple(returned) if isinstance(returned, list | tuple) else (returned,),
        places=dict(_places(graph, changes)),
        untraced=witness.untraced,
    )


@contextmanager
def _places_kept(net: nn.Module) -> Iterator[list[tuple[str, str]]]:
    """While a module runs, the nodes made are its own. Yields (last node before, path from there on) pairs."""
    stack, changes = [""], list[tuple[str, str]]()

    def note() -> None:
        mode = get_proxy_mode()
        if mode is not None:
            changes.append((mode.tracer.graph._root.prev.name, stack[-1]))

    def entering(path: str) -> Callable[..., None]:
        def enter(*_: Any) -> None:
            stack.append(path)
            note()

        return enter

    def leave(*_: Any) -> None:
        stack.pop()
        note()

    handles = []
    for path, module in net.named_modules():
        if path and not isinstance(module, torch.jit.ScriptModule):  # those take no hooks
            handles += [module.register_forward_pre_hook(entering(path)), module.register_forward_hook(leave)]
    try:
        yield changes
    finally:
        for handle in handles:
            handle.remove()


def _places(graph: fx.Graph, changes: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    after = dict(changes)
    path = after.get("", "")
    for node in graph.nodes:
        yield node.name, path
        path = after.get(node.name, path)
