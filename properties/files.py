"""A file that is written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["unfinished", "whole_file"]


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path``, to be written by the caller; it takes the name when all went well.

    Whatever is raised inside, nothing is left behind and what stood under the name stays as it was.

    Args:
        path: the file to be; a link keeps pointing where it points.

    Raises:
        OSError: if it cannot be made, or cannot take its name.
    """
    path = path.resolve()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_prefix(path))
    os.close(handle)
    try:
        yield Path(name)
        _usual_mode(name)
        _to_disk(name)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    with contextlib.suppress(OSError):  # some file systems cannot do this for a folder
        _to_disk(str(path.parent))


def unfinished(path: Path) -> set[Path]:
    """The temporary files beside ``path``: being written now, or left behind by a process that was killed meanwhile."""
    path = path.resolve()
    return {other for other in path.parent.glob(".*") if other.name.startswith(_prefix(path))}


def _prefix(path: Path) -> str:
    return f".{path.name}."


def _to_disk(path: str) -> None:
    """Wait until it would survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _usual_mode(path: str) -> None:
    """Temporary files are private; a result is as readable as any other new file."""
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(path, 0o666 & ~mask)
