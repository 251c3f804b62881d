"""What code can ask beside sizes: functions of torch and others are wrapped while a forward pass is listened to.

Whatever is asked is noted with its line, and is answered otherwise where that is wanted; what is never asked cannot
matter. Torch's own functions and this package get the true answer, unheard.
"""

from __future__ import annotations

import functools
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from properties.graph.torch.asking.listener import Listener

__all__ = ["OF_TENSORS", "answered", "queries_heard"]


def _other(answer: Any) -> Any:
    """The other answer to a question of yes or no, or another number."""
    return not answer if isinstance(answer, bool) else answer + 1 if isinstance(answer, int | float) else answer


_FUNCTIONS: tuple[tuple[ModuleType, str], ...] = (
    (torch, "is_grad_enabled"),
    (torch, "is_inference_mode_enabled"),
    (torch, "is_autocast_enabled"),
    (torch, "is_autocast_cpu_enabled"),
    (torch, "get_default_dtype"),
    (torch, "are_deterministic_algorithms_enabled"),
    (torch, "get_num_threads"),
    (torch, "initial_seed"),
    (torch.compiler, "is_compiling"),
    (torch.compiler, "is_dynamo_compiling"),
    (torch.compiler, "is_exporting"),
    (torch.jit, "is_tracing"),
    (torch.cuda, "is_available"),
    (time, "time"),
    (time, "perf_counter"),
    (time, "monotonic"),
    (time, "time_ns"),
)

# What sets the random state: no question, but as telling.
_SETTERS: tuple[tuple[ModuleType, str], ...] = (
    (torch, "manual_seed"),
    (torch, "seed"),
    (torch, "set_rng_state"),
    (torch.random, "fork_rng"),
    (random, "seed"),
    (random, "setstate"),
)

OF_TENSORS: dict[Any, str] = {
    Tensor.register_hook: "Tensor.register_hook()",
    Tensor.register_post_accumulate_grad_hook: "Tensor.register_post_accumulate_grad_hook()",
    Tensor.requires_grad.__get__: "Tensor.requires_grad",  # type: ignore[attr-defined]
    Tensor.is_leaf.__get__: "Tensor.is_leaf",  # type: ignore[attr-defined]
    Tensor.is_contiguous: "Tensor.is_contiguous()",
    Tensor.is_inference: "Tensor.is_inference()",
    Tensor.storage_offset: "Tensor.storage_offset()",
}
"""What is asked of a tensor, by the function that a mode hears."""


@contextmanager
def queries_heard(net: nn.Module, listener: Listener) -> Iterator[None]:
    """Within it the functions are wrapped, also where the files of the net's classes hold them under a name."""
    homes = {id(vars(sys.modules[name])): vars(sys.modules[name]) for name in _files(net)}
    saved: list[tuple[dict[str, Any], str, Any]] = []
    try:
        for home, name in (*_FUNCTIONS, *_SETTERS):
            original = getattr(home, name, None)
            if original is None:
                continue
            wrapped = _wrapped(original, f"{home.__name__}.{name}()", listener)
            for namespace in (vars(home), *homes.values()):
                for key in [key for key, value in namespace.items() if value is original]:
                    saved.append((namespace, key, original))
                    namespace[key] = wrapped
        yield
    finally:
        for namespace, key, original in reversed(saved):
            namespace[key] = original


def _files(net: nn.Module) -> set[str]:
    names = {type(module).__module__ for module in net.modules()}
    return {name for name in names if name in sys.modules and not name.startswith("torch.")}


def _wrapped(original: Callable[..., Any], name: str, listener: Listener) -> Callable[..., Any]:
    @functools.wraps(original)
    def asked(*args: Any, **kwargs: Any) -> Any:
        answer = original(*args, **kwargs)
        return _other(answer) if listener.query(name) else answer

    return asked


def answered(listener: Listener, name: str, answer: Any) -> Any:
    """A tensor's answer, or the other one."""
    return _other(answer) if listener.query(name) and type(answer) in (bool, int) else answer
