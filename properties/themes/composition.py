"""A net is what its layers make together: in sequence, cut into stages, seen by hooks, written in another way."""

from __future__ import annotations

from itertools import groupby

import torch
from torch import Tensor, nn

from properties.graph.alignment.align import align, isomorphism
from properties.graph.ir import OpGraph, Shape
from properties.property import Violation, claim, require
from properties.runs.forward import Hook, agree, filled, hooked, outputs
from properties.subject import Subject

__all__ = [
    "hooks_see_what_the_graph_says",
    "sequential_equals_layer_by_layer",
    "stage_is_all_that_later_layers_see",
    "twin_computes_the_same_bit_for_bit",
    "twin_has_the_same_graph",
]

MODULE_DOCS = "PyTorch 2.13 documentation, torch.nn.Module"
Calls = list[tuple[str, Shape]]


def _has_values(subject: Subject) -> bool:
    return subject.device != "meta"


def _has_twin(subject: Subject) -> bool:
    return subject.twin is not None


@claim(
    source=f"{MODULE_DOCS}.register_forward_hook: called every time after forward has computed an output",
    decides=False,
    cost="dear",
)
def hooks_see_what_the_graph_says(subject: Subject) -> None:
    """Forward hooks see every layer of the graph, in its order, with the output size that the graph gives."""
    expected = _planned(subject.graph(), _first_names(subject.meta))
    known = {path for path, _ in expected}
    actual = _last_of_each_run([call for call in _seen_by_hooks(subject) if call[0] in known])
    for seen, planned in zip(actual, expected, strict=False):
        require(seen == planned, f"a hook sees {seen[0]} return {seen[1]}", f"{planned[0]}, {planned[1]}", subject)
    missed = ", ".join(path for path, _ in expected[len(actual) :])
    require(len(actual) == len(expected), f"hooks see {len(actual)} layers", f"{len(expected)}: {missed}", subject)


def _first_names(net: nn.Module) -> dict[str, str]:
    """Every name of a module to its first one, by which hooks know a layer that stands in several places."""
    first = {id(module): path for path, module in net.named_modules()}
    return {path: first[id(module)] for path, module in net.named_modules(remove_duplicate=False)}


def _planned(graph: OpGraph, names: dict[str, str]) -> Calls:
    """Each layer and its output size: the owner of an operator's tensors, else the leaf module that ran it."""
    calls: Calls = []
    for op in graph.ops:
        owners = {param.key.rpartition(".")[0] for role, param in op.params.items() if role != "value"}
        place = owners.pop() if len(owners) == 1 else op.where
        if place and place not in graph.parents:
            calls.append((names[place], op.shape))
    return _last_of_each_run(calls)


def _last_of_each_run(calls: Calls) -> Calls:
    """A layer made of several operators returns what the last one gives."""
    return [list(run)[-1] for _, run in groupby(calls, key=lambda call: call[0])]


def _seen_by_hooks(subject: Subject) -> Calls:
    calls: Calls = []
    leaves = [path for path, module in subject.meta.named_modules() if path and not any(module.children())]
    with hooked(subject.meta, {path: _recorder(path, calls) for path in leaves}):
        outputs(subject.meta, torch.empty(2, *subject.input_shape, device="meta"))
    return calls


def _recorder(path: str, calls: Calls) -> Hook:
    def record(_: nn.Module, arguments: tuple[Tensor, ...], output: Tensor) -> None:
        if isinstance(output, Tensor):
            calls.append((path, tuple(output.shape)))

    return record


@claim(source="the two documents, each of which defines the net in full", applies=_has_twin)
def twin_has_the_same_graph(subject: Subject) -> None:
    """The net and its twin, the same net from another definition, have the same graph."""
    if subject.twin is None:
        return
    ours, theirs = subject.graph(), subject.twin.graph()
    if isomorphism(ours, theirs) is None:
        place = _first_difference(ours, theirs)
        require(False, f"the net's graph differs from its twin's {place}", "the same", f"{subject}, {subject.twin}")


def _first_difference(ours: OpGraph, theirs: OpGraph) -> str:
    pairs = align(ours, theirs).pairs
    for position, op in enumerate(ours.ops):
        other = theirs.ops[pairs[position]] if position in pairs else None
        if other is None or (other.kind, other.attributes, other.shape) != (op.kind, op.attributes, op.shape):
            return f"at {ours.label(position)}"
    return "by operators that only the twin has"


@claim(source=f"{MODULE_DOCS}.load_state_dict", applies=lambda s: _has_twin(s) and _has_values(s))
def twin_computes_the_same_bit_for_bit(subject: Subject) -> None:
    """With the same weights the net and its twin return the same, bit for bit, in eval mode."""
    if subject.twin is None:
        return
    try:
        twin = filled(subject.twin.build, subject.net)
    except RuntimeError as error:
        raise Violation(f"the twin cannot hold the net's tensors ({error!s:.200}), but should be able to") from error
    image = subject.randn(2, subject.small)
    same = agree(outputs(subject.net, image), outputs(twin, image))
    require(same, "the net's output differs from its twin's", "the same bits", f"{subject}, {subject.twin}")


def _has_sequential(subject: Subject) -> bool:
    return _has_values(subject) and any(_is_chain(module) for module in subject.meta.modules())


def _is_chain(module: nn.Module) -> bool:
    """A class with a forward of its own, a residual branch say, promises something else."""
    return isinstance(module, nn.Sequential) and type(module).forward is nn.Sequential.forward


@claim(
    source="PyTorch 2.13 documentation, torch.nn.Sequential: outputs are chained to inputs, one module after another",
    applies=_has_sequential,
)
def sequential_equals_layer_by_layer(subject: Subject) -> None:
    """Every Sequential returns what its layers return when called one after another, bit for bit in eval mode."""
    net = subject.net
    chains = {path: module for path, module in net.named_modules() if _is_chain(module)}
    entered: dict[str, Tensor] = {}
    left: dict[str, Tensor] = {}
    handles = [chain.register_forward_pre_hook(_keeper(path, entered)) for path, chain in chains.items()]
    with hooked(net, {path: _taker(path, left) for path in chains}):
        outputs(net, subject.randn(2, subject.small))
    for handle in handles:
        handle.remove()
    for path, value in entered.items():
        with torch.no_grad():
            for layer in chains[path]:
                value = layer(value)
        require(torch.equal(value, left[path]), f"{path or 'the net'} differs from its layers", "equal", subject)


def _keeper(path: str, kept: dict[str, Tensor]):  # type: ignore[no-untyped-def]
    def keep(_: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        kept[path] = arguments[0].clone()

    return keep


def _taker(path: str, kept: dict[str, Tensor]) -> Hook:
    def take(_: nn.Module, arguments: tuple[Tensor, ...], output: Tensor) -> None:
        kept[path] = output.clone()

    return take


@claim(
    source="He et al. 2015, arXiv:1512.03385, and Szegedy et al. 2014, arXiv:1409.4842, Table 1: row after row",
    applies=lambda subject: _has_values(subject) and subject.spec is not None and bool(subject.spec.stages),
)
def stage_is_all_that_later_layers_see(subject: Subject) -> None:
    """The layers after a stage depend on its output alone, so the net is the composition of its stages."""
    net, names = subject.net, [stage.module for stage in (subject.spec.stages if subject.spec else ())]
    left: dict[str, Tensor] = {}
    with hooked(net, {name: _taker(name, left) for name in names}):
        expected = outputs(net, subject.randn(1, subject.small, seed=0))[0]
    other_image = subject.randn(1, subject.small, seed=1)
    for name in names:
        with hooked(net, {name: _replacer(left[name])}):
            actual = outputs(net, other_image)[0]
        same = torch.equal(actual, expected)
        require(same, f"with {name}'s output kept, the logits still follow the image", "the same bits", subject)


def _replacer(value: Tensor) -> Hook:
    return lambda _module, _arguments, _output: value.clone()
