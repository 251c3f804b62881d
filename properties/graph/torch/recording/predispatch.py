"""The one place that leans on names torch does not promise: a mode that hears every operator before it is taken apart.

torch.export listens on the same dispatch key, so both hear the same operators with the same arguments. If a later torch
has no such names, ``obstacle`` says so, and nets are captured otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch

from properties.graph.torch.recording.quick_kernels import quick_kernels

__all__ = ["hears_operators", "is_transformed", "obstacle"]

Listener = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]


@contextmanager
def hears_operators(listener: Listener) -> Iterator[None]:
    """Within it every operator goes to ``listener(operator, arguments, keywords)``, which runs it for its result.

    What the listener itself calls is not heard.
    """
    from torch._dispatch.python import enable_python_dispatcher

    with quick_kernels(), _mode()(listener), enable_python_dispatcher():
        yield


def is_transformed() -> bool:
    """Whether ``torch.func`` is at work, so that tensors are not what they look like."""
    return bool(torch._C._are_functorch_transforms_active())


@cache
def obstacle() -> str | None:
    """Why this torch cannot be listened to in that way, in a few words; None where it can."""
    heard: list[str] = []

    def listen(operator: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        heard.append(operator.name())
        return operator(*arguments, **keywords)

    try:
        is_transformed()
        with hears_operators(listen):
            torch.nn.functional.linear(torch.empty(1, 2, device="meta"), torch.empty(3, 2, device="meta"))
    except Exception as error:  # whatever becomes of names that nobody promised
        return f"torch {torch.__version__} lacks what it needs ({type(error).__name__}: {error})"
    if "aten::linear" not in heard:
        return f"torch {torch.__version__} does not show operators before it takes them apart"
    return None


@cache
def _mode() -> Callable[[Listener], Any]:
    from torch._C import DispatchKey
    from torch._dispatch.python import no_python_dispatcher
    from torch._subclasses.schema_check_mode import SchemaCheckMode  # one of the classes torch admits on this key
    from torch.utils._python_dispatch import TorchDispatchMode

    class Mode(SchemaCheckMode):
        """Hands every operator on; what runs below needs no detour through Python."""

        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            return False  # else every operator would go through torch's compiler, which takes seconds to load

        def __init__(self, listener: Listener) -> None:
            TorchDispatchMode.__init__(self, _dispatch_key=DispatchKey.PreDispatch)
            self._listener = listener

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            with no_python_dispatcher():
                return self._listener(func, args, kwargs or {})

    return Mode
