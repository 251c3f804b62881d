"""What a port's process runs: the port, and its report as plain data."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any

from properties.errors import CandidateError, TargetError, last_line, readable
from properties.isolation import wire
from properties.oracle.porting.apart import Ported
from properties.oracle.porting.port import port
from properties.oracle.porting.text import text
from properties.report import DeviationError

__all__ = ["answer"]

_LONGEST = 2000  # characters of an error


def answer(arguments: Mapping[str, Any], progress: Callable[[str], None]) -> bytes:
    """A ``Ported``, for another process.

    Args:
        arguments: of ``port``.
        progress: called with the name of each stage as it begins.
    """
    return wire.dumps(_ported(arguments, progress))


def _ported(arguments: Mapping[str, Any], progress: Callable[[str], None]) -> Ported:
    shape = arguments["input_shape"]
    try:
        report = port(
            arguments["checkpoint"],
            arguments["reference"],
            arguments["candidate"],
            arguments["output"],
            input_shape=None if shape is None else tuple(shape),
            progress=progress,
        )
    except DeviationError as error:
        return Ported(1, readable(error, limit=_LONGEST), {})
    except (TargetError, CandidateError) as error:
        return Ported(2, readable(error, limit=_LONGEST), {})
    except Exception as error:
        traceback.print_exc()
        return Ported(2, f"the port itself failed: {last_line(error)}", {})
    return Ported(0, text(report), report.to_dict())
