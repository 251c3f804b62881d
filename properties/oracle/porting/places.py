"""Where a checkpoint is and where its port goes, asked before a net is built. Loads no torch."""

from __future__ import annotations

from pathlib import Path

from properties.errors import CheckpointError

__all__ = ["SUFFIXES", "check_output", "head_of", "reason", "short"]

SUFFIXES = (".safetensors", ".pth", ".pt")


def head_of(path: Path) -> bytes:
    """A checkpoint's first bytes, which tell its format.

    Raises:
        CheckpointError: if it cannot be read, or has none.
    """
    if path.is_dir():
        raise CheckpointError(f"{path} is a folder; name a checkpoint in it")
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {reason(error)}") from error
    if not head:
        raise CheckpointError(f"{path} is empty")
    return head


def check_output(output: Path, checkpoint: Path) -> None:
    """Whether a result could be written there, asked before the work that it takes.

    Raises:
        CheckpointError: if it could not.
    """
    if output.suffix not in SUFFIXES:
        raise CheckpointError(f"{output} must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    if output.is_dir():
        raise CheckpointError(f"{output} cannot be written: it is a folder; name a file in it")
    if not output.resolve().parent.is_dir():
        raise CheckpointError(f"{output} cannot be written: there is no folder {output.resolve().parent}")
    if output.exists() and not output.is_file():
        raise CheckpointError(f"{output} cannot be written: it is no ordinary file")
    if output.exists() and checkpoint.exists() and output.samefile(checkpoint):
        raise CheckpointError(f"{output} is the checkpoint itself, which is never overwritten; give another place")


def reason(error: OSError) -> str:
    """Why a file cannot be read or written, as the system says it."""
    text = error.strerror or short(error)
    return f"{text[:1].lower()}{text[1:]}"


def short(error: BaseException) -> str:
    """The error's text in one line of at most 120 characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 120 else f"{text[:117]}..."
