"""What torch exported: a program with one mode, often for inputs of one size; and nets that refuse to change theirs."""

from __future__ import annotations

import copy
import types
from typing import Any

import torch
from torch import Tensor, fx, nn

__all__ = ["example", "has_own_train", "loaded", "module_of", "settled_copy", "settled_mode"]

_SWITCHES = ("training", "train")  # how operators call the argument that says in which mode they run


def loaded(path: str) -> nn.Module:
    """The net in a file that ``torch.export.save`` wrote."""
    return torch.export.load(path).module()


def module_of(found: Any) -> Any:
    """The net of an exported program; everything else is itself."""
    return found.module() if isinstance(found, torch.export.ExportedProgram) else found


def settled_mode(net: nn.Module) -> nn.Module:
    """The net; where ``train`` raises in both modes, it takes the one that the net is in, and raises in the other."""
    refused = _refused(net)
    if refused is not None:
        _settle(net, _is_training(net), refused)
    return net


def settled_copy(net: nn.Module) -> nn.Module:
    """A copy of the net with a settled mode where ``settled_mode`` would have to change it; else the net itself."""
    refused = _refused(net)
    if refused is None:
        return net
    mode, copied = _is_training(net), copy.deepcopy(net)
    _settle(copied, mode, refused)
    return copied


def _refused(net: nn.Module) -> str | None:
    """What ``train`` raises, if it does so in both modes."""
    if not has_own_train(net):
        return None
    refused: str | None = None
    before = [(module, module.training) for module in net.modules()]
    for mode in (True, False):
        try:
            net.train(mode)
        except Exception as error:  # whatever a stranger's code raises
            refused = f"{type(error).__name__}: {error}"
        else:
            refused = None
            break
    for module, training in before:
        module.training = training
    return refused


def has_own_train(net: nn.Module) -> bool:
    """Whether the net changes its mode in a way of its own."""
    return type(net).train is not nn.Module.train or "train" in vars(net)


def _is_training(net: nn.Module) -> bool:
    """In which mode a net is that cannot change it: what its operators were told, where it is a graph of operators."""
    if not isinstance(net, fx.GraphModule):
        return net.training
    return any(_is_on(node) for node in net.graph.nodes if isinstance(node.target, torch._ops.OpOverload))


def _is_on(node: fx.Node) -> bool:
    for place, argument in enumerate(node.target._schema.arguments):  # type: ignore[union-attr]
        if argument.name in _SWITCHES and str(argument.type) in ("bool", "Optional[bool]"):
            return bool(node.args[place] if place < len(node.args) else node.kwargs.get(argument.name, False))
    return False


def _settle(net: nn.Module, mode: bool, why: str) -> None:
    def train(self: nn.Module, training: bool = True) -> nn.Module:
        if training != mode:
            raise NotImplementedError(why)
        for module in self.modules():
            module.training = mode
        return self

    vars(net).pop("eval", None)
    vars(net)["train"] = types.MethodType(train, net)
    net.train(mode)


def example(net: nn.Module) -> tuple[tuple[int, ...], bool] | None:
    """The size of the input that a program was exported with, batch axis included, and whether it takes that alone.

    None for everything else.
    """
    if not isinstance(net, fx.GraphModule) or "train" not in vars(net):
        return None
    given = [node.meta.get("val") for node in net.graph.nodes if node.op == "placeholder"]
    if len(given) != 1 or not isinstance(given[0], Tensor):
        return None
    sides = list(given[0].shape)
    hints = [side if isinstance(side, int) else getattr(side.node, "hint", None) for side in sides]
    if None in hints:
        return None
    return tuple(map(int, hints)), all(type(side) is int for side in sides)
