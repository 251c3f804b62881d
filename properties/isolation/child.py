"""What a process runs that a stranger's code runs in: a function that its starter names, then the end."""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import psutil

__all__ = ["keep_copies_off", "limit_memory", "main", "named"]

_SLACK = 2**30  # bytes: stacks of torch's threads and what tracing takes


def main(setup: Mapping[str, Any]) -> NoReturn:
    """Do what the setup says, then end, whatever threads and exit handlers were left behind.

    Args:
        setup: ``role`` is the ``module:function`` to call, with all of the setup as its argument.
    """
    sys.argv = ["archproof"]  # a stranger's argparse finds nothing of ours
    status = 1
    try:
        named(setup["role"])(setup)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        os._exit(status)


def named(text: str) -> Callable[..., Any]:
    """The function that ``module:function`` names."""
    module, _, name = text.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def limit_memory(limit: float) -> None:
    """Turn an allocation that is far too large into an error of the code that asks for it; no core dumps."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    taken = getattr(psutil.Process().memory_info(), "data", None)  # Linux alone tells it, and enforces the limit
    if taken is not None:
        most = int(taken + limit * 2**30 + _SLACK)
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def keep_copies_off(*descriptors: int) -> None:
    """Copies of this process that a stranger's code makes do not reach these descriptors."""
    os.register_at_fork(after_in_child=lambda: _close_to_null(descriptors))


def _close_to_null(descriptors: tuple[int, ...]) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            os.dup2(null, descriptor)
