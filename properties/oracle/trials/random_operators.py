"""Dropout with everything let through or nothing, whichever way it is called, and what activations are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

__all__ = ["Controlled"]

_DROPOUTS = {
    getattr(place, name)
    for place in (F, torch)
    for name in (
        "dropout",
        "dropout_",
        "dropout1d",
        "dropout2d",
        "dropout3d",
        "alpha_dropout",
        "alpha_dropout_",
        "feature_dropout",
        "feature_dropout_",
        "feature_alpha_dropout",
        "feature_alpha_dropout_",
    )
    if hasattr(place, name)
}
_WITHIN = {F.scaled_dot_product_attention: 4, F.multi_head_attention_forward: 10}  # where their dropout_p stands
_BENDS: Mapping[str, tuple[float, float]] = {
    "relu": (0, 0),
    "leaky_relu": (0, 0),
    "prelu": (0, 0),
    "elu": (0, 0),
    "celu": (0, 0),
    "selu": (0, 0),
    "gelu": (0, 0),
    "silu": (0, 0),
    "mish": (0, 0),
    "relu6": (0, 6),
    "hardswish": (-3, 3),
    "hardsigmoid": (-3, 3),
}


class Controlled(TorchFunctionMode):
    """While it is entered, dropout does what it is told.

    Args:
        dropout: 0 lets everything through as it is, 1 nothing, None leaves dropout alone.
        watched: whether to remember what activations are given.
    """

    def __init__(self, dropout: int | None, watched: bool = False) -> None:
        super().__init__()
        self.dropout = dropout
        self.met: dict[str, list[tuple[float, float, float, float]]] = {}
        self.watched = watched

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Called by torch in the place of every function of its own."""
        named = dict(kwargs or {})
        if self.dropout is not None and func in _DROPOUTS:
            return self._dropped(func, args, named)
        if self.dropout is not None and func in _WITHIN:
            args, named = self._with_share(func, args, named)
        if self.watched:
            self._watch(func, args, named)
        return func(*args, **named)

    def _dropped(self, func: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        given = dict(zip(("input", "p", "training", "inplace"), args, strict=False)) | named
        x: Tensor = given["input"]
        training = given.get("training", given.get("train", "alpha" not in func.__name__))
        if not training or given.get("p", 0.5) == 0:
            return func(*args, **named)
        share = 1 - (self.dropout or 0)
        return x.mul_(share) if given.get("inplace") or func.__name__.endswith("_") else x * share

    def _with_share(
        self, func: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of attention, with its own dropout rate set likewise."""
        place = _WITHIN[func]
        given = args[place] if len(args) > place else named.get("dropout_p", 0.0)
        share = float(self.dropout or 0) if given else 0.0
        if len(args) > place:
            return (*args[:place], share, *args[place + 1 :]), named
        return args, {**named, "dropout_p": share}

    def _watch(self, func: Callable[..., Any], args: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        kind = getattr(func, "__name__", "").removesuffix("_")
        x = args[0] if args else named.get("input")
        bends = _bends(kind, args, named)
        if bends is None or not isinstance(x, Tensor) or not x.is_floating_point() or not x.numel():
            return
        low, high = torch.aminmax(x.detach())
        self.met.setdefault("relu6" if bends == (0, 6) else kind, []).append((*bends, low.item(), high.item()))


def _bends(kind: str, args: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[float, float] | None:
    """Where the activation's graph bends, from first to last; None for a function without bends."""
    names = {"hardtanh": ("min_val", "max_val"), "clamp": ("min", "max"), "clip": ("min", "max")}.get(kind)
    if names is None:
        return _BENDS.get(kind)
    defaults = {"min_val": -1.0, "max_val": 1.0}
    ends = [
        args[place] if len(args) > place else named.get(name, defaults.get(name)) for place, name in enumerate(names, 1)
    ]
    if not all(isinstance(end, int | float) or end is None for end in ends) or ends == [None, None]:
        return None
    low, high = (end if end is not None else ends[1 - place] for place, end in enumerate(ends))
    return float(low), float(high)
