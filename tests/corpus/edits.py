"""Edits of a net that was built: one layer tuned, made anew, put in another's place or run in another way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from corpus.case import Edit

__all__ = ["after", "before", "every", "put", "reclass", "remade", "remake", "setting", "tune"]

_CONV = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "padding_mode")
_NORM = ("num_features", "eps", "momentum", "affine", "track_running_stats")


def tune(path: str, **attributes: Any) -> Edit:
    """Set attributes of a layer, its tensors left as they are."""

    def edit(net: nn.Module) -> None:
        for name, value in attributes.items():
            setattr(net.get_submodule(path), name, value)

    return edit


def remade(layer: nn.Module, **changes: Any) -> nn.Module:
    """A new layer with a convolution's, a norm's or a linear layer's settings but for some."""
    if isinstance(layer, nn.Conv2d):
        settings = {name: getattr(layer, name) for name in _CONV} | {"bias": layer.bias is not None}
    elif isinstance(layer, nn.BatchNorm2d):
        settings = {name: getattr(layer, name) for name in _NORM}
    else:
        settings = {name: getattr(layer, name) for name in ("in_features", "out_features")}
        settings["bias"] = layer.bias is not None
    return type(layer)(**{**settings, **changes})


def setting(path: str, make: Callable[[Any], nn.Module]) -> Edit:
    """Put what is made of the old layer in its place."""

    def edit(net: nn.Module) -> None:
        parent, _, name = path.rpartition(".")
        setattr(net.get_submodule(parent), name, make(net.get_submodule(path)))

    return edit


def put(path: str, make: Callable[[], nn.Module]) -> Edit:
    """Put a new layer in a layer's place."""
    return setting(path, lambda old: make())


def remake(path: str, **changes: Any) -> Edit:
    """Make a layer anew with other settings."""
    return setting(path, lambda old: remade(old, **changes))


def after(path: str, make: Callable[[], nn.Module]) -> Edit:
    """Put a new layer behind a layer: both stand in a Sequential under the old name."""
    return setting(path, lambda old: nn.Sequential(old, make()))


def before(path: str, make: Callable[[], nn.Module]) -> Edit:
    """Put a new layer before a layer: both stand in a Sequential under the old name."""
    return setting(path, lambda old: nn.Sequential(make(), old))


def reclass(path: str, cls: type[nn.Module]) -> Edit:
    """Run a module's layers by another class's forward; "" is the net itself."""

    def edit(net: nn.Module) -> None:
        net.get_submodule(path).__class__ = cls

    return edit


def every(kind: type[nn.Module] | tuple[type[nn.Module], ...], make: Callable[[Any], nn.Module]) -> Edit:
    """Put what is made of it in the place of every layer of a kind."""

    def edit(net: nn.Module) -> None:
        for path, layer in list(net.named_modules()):
            if isinstance(layer, kind):
                setting(path, make)(net)

    return edit
