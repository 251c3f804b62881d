"""Parts of a forward pass that torch traces as graphs of their own: under no_grad, autocast or checkpointing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import fx

__all__ = ["Region", "attribute_of", "region_of"]

_TRANSPARENT = (
    "tag_activation_checkpoint",
    "wrap_activation_checkpoint",
    "wrap_with_set_grad_enabled",
    "wrap_with_autocast",
)


@dataclass(frozen=True)
class Region:
    """A graph of its own, its arguments, and what it changes about them.

    Args:
        graph: its nodes.
        given: what its placeholders stand for.
        gradients: whether autograd records; None where it stays as it was.
        autocast: the type that autocast computes in, if it does.
    """

    graph: fx.Graph
    given: tuple[fx.Node, ...]
    gradients: bool | None = None
    autocast: str | None = None


def region_of(node: fx.Node) -> Region:
    """The region that a call of a higher-order operator walks through once.

    Raises:
        NotImplementedError: if what happens depends on data, or is repeated.
    """
    name = getattr(node.target, "__name__", str(node.target))
    graphs = [arg for arg in node.args if isinstance(arg, fx.Node) and isinstance(attribute_of(arg), fx.GraphModule)]
    if name not in _TRANSPARENT or len(graphs) != 1:
        raise NotImplementedError(f"the forward has more than one course: it calls {name}")
    given = tuple(arg for arg in node.args if isinstance(arg, fx.Node) and arg is not graphs[0])
    gradients = bool(node.args[0]) if name == "wrap_with_set_grad_enabled" else None
    autocast = None
    if name == "wrap_with_autocast":
        autocast = str(node.args[1]).removeprefix("torch.") if node.args[2] else "off"
    return Region(attribute_of(graphs[0]).graph, given, gradients, autocast)


def attribute_of(node: fx.Node) -> Any:
    """What a ``get_attr`` node names."""
    found: Any = node.graph.owning_module
    if node.op != "get_attr":
        return None
    for name in str(node.target).split("."):
        found = getattr(found, name, None)
    return found
