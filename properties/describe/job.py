"""What a description's process runs: the description, as plain data."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from properties.describe import describe
from properties.describe.apart import Described
from properties.errors import CandidateError, TargetError, last_line, readable
from properties.isolation import wire

__all__ = ["answer"]

_LONGEST = 2000  # characters of an error


def answer(arguments: Mapping[str, Any], progress: Callable[[str], None]) -> bytes:
    """A ``Described``, for another process.

    Args:
        arguments: ``target``, ``input_shape`` and ``tensorboard``, as for ``describe_apart``.
        progress: called with the name of each stage as it begins.
    """
    return wire.dumps(_described(arguments, progress))


def _described(arguments: Mapping[str, Any], progress: Callable[[str], None]) -> Described:
    target, shape, folder = arguments["target"], arguments["input_shape"], arguments["tensorboard"]
    progress(f"describing {target}")
    try:
        description = describe(target, input_shape=shape)
        if folder is not None:
            from properties.describe.tensorboard import write_graph

            progress(f"writing the graph to {folder}")
            write_graph(target, description.input_shape, Path(folder))
    except (TargetError, CandidateError) as error:
        return Described(None, readable(error, limit=_LONGEST))
    except Exception as error:
        traceback.print_exc()
        return Described(None, f"{target} could not be described: {last_line(error)}")
    return Described(description)
