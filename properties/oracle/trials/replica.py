"""A real copy of a net to compute with: the net itself is left as it is, and a net without memory gets some.

A net that can be built again is built again: a deep copy would lose hooks on its parameters, and functions that it
keeps would go on using the original's layers. Its initialisation is not run where a trial gives every tensor.
"""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from properties.graph.recipe import Recipe
from properties.graph.torch.leaves import Leaves
from properties.oracle.trials.filling import fill
from properties.oracle.trials.recipes import apply
from properties.oracle.trials.trial import Trial
from properties.targets.build import build_net

__all__ = ["Replica", "borrowed_net"]


class Replica:
    """A net's real copy, made at the first trial and filled anew where a trial asks for other content.

    Args:
        build: makes the net.
        name: how errors call it.
        rebuildable: whether ``build`` makes a new net each time; an instance is copied, or borrowed if it cannot be.
    """

    def __init__(self, build: Callable[[], nn.Module], name: str, *, rebuildable: bool = True) -> None:
        self._build = build
        self._name = name
        self._rebuildable = rebuildable
        self._net: nn.Module | None = None
        self._is_initialised = False  # whether what no trial gives has the content that the build gave it
        self._is_borrowed = False
        self._kept: dict[str, Tensor] = {}
        self._ties: dict[str, str] = {}  # tensors on one memory, which a copy or a conversion tears apart
        self._held: tuple[object, object] | None = None

    @contextmanager
    def holding(self, trial: Trial) -> Iterator[nn.Module]:
        """The net with the trial's content in the trial's type; after that it may be in any state.

        Raises:
            CandidateError: if it raises while it is built.
        """
        if self._net is None or not (self._is_initialised or _gives_all(trial, self._net)):
            self._net, self._held, self._kept = self._made(trial), None, {}
            self._ties = dict(Leaves.of(self._net if self._rebuildable else self._build()).tied)
        if self._is_borrowed:
            with borrowed_net(self._net):
                self._load(self._net, trial, everything=True)
                yield self._net
            return
        asked = (dict(trial.fillings), {key: str(source) for key, source in trial.sources.items()}, trial.dtype)
        still = self._held is not None and self._held == (asked, _marks(self._net))
        self._load(self._net, trial, everything=not still)
        if not still:
            self._held = (asked, _marks(self._net))
        yield self._net

    def let_go(self) -> None:
        """Free the copy; the next trial makes another."""
        self._net, self._held, self._kept = None, None, {}
        self._is_initialised = self._is_borrowed = False

    def insist(self) -> bool:
        """Build it with its own initialisation after all; False if it has that already."""
        if self._is_initialised:
            return False
        self._net, self._held, self._kept = build_net(self._build, self._name, real=True), None, {}
        self._is_initialised = True
        return True

    def _made(self, trial: Trial) -> nn.Module:
        if not self._rebuildable:
            self._is_initialised = True
            net = self._build()
            copied = _copied(net)
            self._is_borrowed = copied is None
            return net if copied is None else _materialised(copied, trial)
        net = build_net(self._build, self._name)
        without_memory = [tensor.is_meta for tensor in (*net.parameters(), *net.buffers())]
        is_loose = _has_loose_tensors(net)
        is_given = all(without_memory) and without_memory and _gives_all(trial, net)
        if is_given and not is_loose and not _has_hooks(net):
            return _materialised(net, trial)
        self._is_initialised = True
        return build_net(self._build, self._name, real=True) if is_loose or any(without_memory) else net

    @torch.no_grad()
    def _load(self, net: nn.Module, trial: Trial, *, everything: bool) -> None:
        """Give the buffers, or all tensors, the trial's content; what it does not name, that of the build."""
        dtype = getattr(torch, trial.dtype)
        drawn: dict[str, Tensor] = {}
        named = (*(net.named_parameters() if everything else ()), *net.named_buffers())
        for key, tensor in named:
            wanted = dtype if tensor.is_floating_point() else tensor.dtype
            if tensor.dtype != wanted or tensor.device.type != "cpu":
                tensor.data = tensor.data.to("cpu", wanted)
            source = trial.sources.get(key, trial.sources.get(self._ties.get(key, "")))
            if source is None:
                if not self._is_borrowed:
                    tensor.data.copy_(self._kept.setdefault(key, tensor.detach().clone()))
            elif isinstance(source, str):
                fill(tensor.data, trial.fillings[source])
            else:
                tensor.data.copy_(_made_of(Recipe.from_dict(source), trial, drawn, wanted).reshape(tensor.shape))


@contextmanager
def borrowed_net(net: nn.Module) -> Iterator[nn.Module]:
    """The net itself; its tensors, gradients, modes and attributes are afterwards what they were."""
    tensors = {id(t): t for t in (*net.parameters(), *net.buffers())}
    saved = [(t, t.data, t.grad, t.requires_grad) for t in tensors.values()]
    modules = [
        (m, dict(vars(m)), [(vars(m)[name], dict(vars(m)[name])) for name in _STORES if name in vars(m)])
        for m in net.modules()
    ]
    try:
        for tensor, data, *_ in saved:
            tensor.data = data.clone()
            tensor.grad = None
        yield net
    finally:
        for tensor, data, gradient, required in saved:
            tensor.grad = None
            tensor.data = data
            tensor.grad = gradient
            tensor.requires_grad_(required)
        for module, attributes, stores in modules:
            module.__dict__.clear()
            module.__dict__.update(attributes)
            for store, content in stores:
                store.clear()
                store.update(content)


_STORES = ("_parameters", "_buffers", "_modules")


def _copied(net: nn.Module) -> nn.Module | None:
    """A deep copy that computes with its own tensors only; None where there is none.

    A hook on a tensor would be lost in it, and a function that holds a layer would go on using the original's.
    """
    if _has_hooks(net) or any(_holds_the_net(value) for m in net.modules() for value in _attributes(m)):
        return None
    try:
        copied = copy.deepcopy(net)
    except Exception:  # whatever a stranger's attributes raise
        return None
    return copied if type(copied) is type(net) and _names(copied) == _names(net) else None


def _names(net: nn.Module) -> list[str]:
    return [name for name, _ in (*net.named_parameters(), *net.named_buffers())]


def _has_hooks(net: nn.Module) -> bool:
    return any(
        getattr(parameter, "_backward_hooks", None) or getattr(parameter, "_post_accumulate_grad_hooks", None)
        for parameter in net.parameters()
    )


def _has_loose_tensors(net: nn.Module) -> bool:
    """Whether tensors without memory stand in plain attributes, where no trial gives them content."""
    for module in net.modules():
        for name, own in vars(module).items():
            inner = own.values() if isinstance(own, Mapping) else own if isinstance(own, list | tuple) else ()
            if name not in _STORES and any(isinstance(each, Tensor) and each.is_meta for each in (own, *inner)):
                return True
    return False


def _attributes(module: nn.Module) -> Iterator[object]:
    """What a module keeps besides its tensors and children, hooks included, one level of containers deep."""
    for value in vars(module).values():
        yield value
        if isinstance(value, Mapping):
            yield from value.values()
        elif isinstance(value, list | tuple | set):
            yield from value


def _holds_the_net(value: object) -> bool:
    """Whether a function's own variables hold a module or a tensor; a copy of the function would hold them still."""
    function: Any = getattr(value, "__wrapped__", value)
    if isinstance(function, types.MethodType):
        function = function.__func__
    if not isinstance(function, types.FunctionType):
        return False
    held = [cell.cell_contents for cell in function.__closure__ or () if _is_set(cell)]
    held += [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    return any(isinstance(each, nn.Module | Tensor | types.MethodType | types.FunctionType) for each in held)


def _is_set(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is not NotImplemented
    except ValueError:  # not assigned yet
        return False


def _gives_all(trial: Trial, net: nn.Module) -> bool:
    """Whether the trial gives the content of every tensor of the net."""
    names = (*net.named_parameters(), *net.named_buffers())
    return all(key in trial.sources for key, _ in names)


@torch.no_grad()
def _materialised(net: nn.Module, trial: Trial) -> nn.Module:
    """Give every tensor that has none memory of its own, in the trial's type; tied ones stay tied."""
    dtype = getattr(torch, trial.dtype)
    made: dict[int, Tensor] = {}
    for module in net.modules():
        for store in (module._parameters, module._buffers):
            for name, tensor in store.items():
                if tensor is not None and tensor.is_meta:
                    store[name] = made.setdefault(id(tensor), _real(tensor, dtype))  # type: ignore[assignment]
    fresh = {id(tensor) for tensor in made.values()}
    for key, tensor in (*net.named_parameters(), *net.named_buffers()):
        if id(tensor) in fresh and key not in trial.sources:
            tensor.zero_()
    return net


def _real(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    kind = dtype if tensor.is_floating_point() else tensor.dtype
    real = torch.empty(tensor.shape, dtype=kind)
    return nn.Parameter(real, requires_grad=tensor.requires_grad) if isinstance(tensor, nn.Parameter) else real


def _made_of(recipe: Recipe, trial: Trial, drawn: dict[str, Tensor], dtype: torch.dtype) -> Tensor:
    """What a recipe makes of the fillings; those that recipes share are drawn once."""
    for name in recipe.keys:
        if name not in drawn:
            drawn[name] = torch.empty(trial.fillings[name].shape, dtype=dtype)
            fill(drawn[name], trial.fillings[name])
    return apply(recipe, drawn)


def _marks(net: nn.Module) -> dict[str, tuple[int, int, float]]:
    """What changes when a parameter is written: its place in memory, its counter, its sum."""
    with torch.no_grad():
        return {key: (p.data_ptr(), p._version, p.sum().item()) for key, p in net.named_parameters()}
