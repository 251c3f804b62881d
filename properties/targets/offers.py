"""Which nets a file offers to somebody who names the file alone. Loads no torch."""

from __future__ import annotations

import inspect
import sys
from types import ModuleType
from typing import Any

from properties.errors import TargetError

__all__ = ["the_only_net"]

_SHOWN = 12


def the_only_net(module: ModuleType, place: str) -> tuple[str, Any]:
    """Name and value of the one thing in a module that is a net, or builds one without arguments.

    Args:
        module: what was imported.
        place: the file, as it was typed.

    Raises:
        TargetError: if there is none, or several; the message lists them.
    """
    found = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    nets = {name: value for name, value in found.items() if _is_net(value)}
    builders = {name: value for name, value in found.items() if _is_own(value, module) and _is_builder(value)}
    offered = {**builders, **nets}
    if len(offered) == 1:
        return next(iter(offered.items()))
    if offered:
        names = [*offered]
        rest = f", ... {len(names)} in all" if len(names) > _SHOWN else ""
        raise TargetError(f"{place} offers {', '.join(names[:_SHOWN])}{rest}; write one of them, {place}:{names[0]}")
    wanting = [name for name, value in found.items() if _is_own(value, module) and _may_build(value)]
    if wanting:
        raise TargetError(
            f"{place} offers nothing that builds a net without arguments; give those of {', '.join(wanting[:_SHOWN])},"
            f" {place}:{wanting[0]}(NAME=VALUE)"
        )
    raise TargetError(f"{place} offers no class of a net, no function without required arguments and no net")


def _is_own(value: Any, module: ModuleType) -> bool:
    """Whether it was defined in the module, and not imported."""
    return getattr(value, "__module__", None) == module.__name__


def _is_builder(value: Any) -> bool:
    return _may_build(value) and not _required(value)


def _may_build(value: Any) -> bool:
    return _is_class_of_nets(value) or inspect.isfunction(value)


def _required(value: Any) -> bool:
    """Whether it wants an argument."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)


def _is_net(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def _is_class_of_nets(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, type) and issubclass(value, torch.nn.Module)
