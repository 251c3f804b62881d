"""A net and its twin with the same weights, moved by structure: whatever stands in the same place of both graphs."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from properties.graph import kinds
from properties.graph.alignment.align import isomorphism
from properties.graph.joint import join
from properties.graph.torch.outputs import flatten_output
from properties.measures.dropouts import DROPOUTS
from properties.runs.borrowed import borrowed
from properties.runs.copies import copied
from properties.runs.forward import outputs
from properties.runs.process import seed_everything
from properties.runs.train_run import loss_of
from properties.subject import Subject

__all__ = ["Pair", "accepts", "draws_without_layer", "evaluated", "key_map", "pair_of", "trained"]

Pair = tuple[nn.Module, nn.Module]
_MAPS: WeakKeyDictionary[Subject, dict[str, str] | None] = WeakKeyDictionary()
_PAIRS: WeakKeyDictionary[Subject, Pair] = WeakKeyDictionary()


def key_map(subject: Subject) -> dict[str, str] | None:
    """The twin's key for each of the net's, by the graphs of both modes; None unless they are the same graphs."""
    if subject not in _MAPS:
        _MAPS[subject] = None
        graphs = [[net.graph_if_any(mode) for mode in ("eval", "train")] for net in (subject, subject.twin) if net]
        ours, theirs = ([graph for graph in side if graph] for side in graphs)
        if len(ours) == len(theirs) == 2:
            correspondence = isomorphism(join(ours), join(theirs))
            _MAPS[subject] = dict(correspondence.tensors) if correspondence else None
    return _MAPS[subject]


def pair_of(subject: Subject) -> Pair:
    """Both nets in float64 with the same lively weights and without dropout, made once; they belong to the checks."""
    keys = key_map(subject)
    if subject.twin is None or keys is None:
        raise ValueError(f"{subject} has no twin with the same graph")
    if subject not in _PAIRS:
        with borrowed(subject.net):
            ours = copied(subject).double()
        theirs = copied(subject.twin).double()
        left, right = _tensors(ours), _tensors(theirs)
        with torch.no_grad():
            for key, other in keys.items():
                right[other].copy_(left[key])
        for net in (ours, theirs):
            for module in net.modules():
                if isinstance(module, DROPOUTS):
                    module.p = 0.0
        _PAIRS[subject] = (ours, theirs)
    return _PAIRS[subject]


def _tensors(net: nn.Module) -> dict[str, Tensor]:
    return {**dict(net.named_parameters(remove_duplicate=False)), **dict(net.named_buffers(remove_duplicate=False))}


def draws_without_layer(subject: Subject) -> bool:
    """Whether random numbers come from anywhere but a dropout layer, which ``pair_of`` can silence."""
    graph = subject.graph_if_any("train")
    layers = {path for path, module in subject.meta.named_modules() if isinstance(module, DROPOUTS)}
    return graph is None or any(op.where not in layers for _, op in graph.of_kind(*kinds.DROPOUTS, *kinds.DRAWS))


def accepts(net: nn.Module, image: Tensor, *, training: bool) -> bool:
    """Whether a net on the meta device runs at this size."""
    with borrowed(net, lively=False):
        net.train(training)
        try:
            outputs(net, image.to("meta"))
        except Exception:  # however its code says no
            return False
    return True


def evaluated(net: nn.Module, image: Tensor) -> list[Tensor]:
    """What it returns in eval mode."""
    with borrowed(net, lively=False):
        net.eval()
        return outputs(net, image)


def trained(net: nn.Module, image: Tensor) -> tuple[list[Tensor], dict[str, Tensor], dict[str, Tensor]]:
    """Outputs, gradients by key (the image's as ``""``) and buffers of a forward and backward pass in train mode."""
    leaf = image.clone().requires_grad_()
    with borrowed(net, lively=False), torch.enable_grad():
        net.train()
        seed_everything(41)
        output = net(leaf.clone())
        returned = [tensor.detach() for _, tensor in flatten_output(output)]
        buffers = {key: buffer.clone() for key, buffer in net.named_buffers()}
        loss = loss_of(output)
        if loss is not None:
            loss.backward()
        gradients = {key: p.grad for key, p in net.named_parameters() if p.grad is not None}
    return returned, {**gradients, **({"": leaf.grad} if leaf.grad is not None else {})}, buffers
