"""Which module's forward is running, while a net runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

__all__ = ["places_kept"]


@contextmanager
def places_kept(net: nn.Module) -> Iterator[list[str]]:
    """Yields a stack of dotted paths; the last one is the innermost module that runs.

    A module's own hooks run within it: its path comes before the first of them and goes after the last, whatever the
    module raises. One that has several names goes by the one that lies in the module that calls it.
    """
    stack = [""]
    names: dict[nn.Module, list[str]] = {}
    for path, module in net.named_modules(remove_duplicate=False):
        names.setdefault(module, []).append(path)

    def entering(paths: list[str]) -> Callable[..., None]:
        def enter(*_: Any) -> None:
            inside = (path for path in paths if path.startswith(f"{stack[-1]}.")) if len(paths) > 1 else ()
            stack.append(next(iter(inside), paths[0]))

        return enter

    def leave(*_: Any) -> None:
        stack.pop()

    handles: list[Any] = []
    try:
        for module, paths in names.items():
            if module is not net:
                handles.append(module.register_forward_pre_hook(entering(paths), prepend=True))
                handles.append(module.register_forward_hook(leave, always_call=True))
        yield stack
    finally:
        for handle in handles:
            handle.remove()
