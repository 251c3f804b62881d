"""What is no target although it looks like one: notebooks, checkpoints, folders, and what to type instead. No torch."""

from __future__ import annotations

from pathlib import Path

__all__ = ["no_target"]

_KINDS = {
    ".ipynb": "a notebook; write its code to a file, jupyter nbconvert --to script {place}, and name the net there:"
    " {stem}.py:NAME",
    ".json": "a JSON file, which says how a net is built and does not build it; name the code that does: FILE.py:NAME",
    ".yaml": "a YAML file, which says how a net is built and does not build it; name the code that does: FILE.py:NAME",
    ".onnx": "an ONNX file; name the code of the net that it was exported from: FILE.py:NAME",
}
_CHECKPOINT = (
    "a checkpoint, which holds weights and not the net that they are for; name the code that builds it: FILE.py:NAME;"
    " archproof port moves the weights"
)
_CHECKPOINTS = (".pth", ".pt", ".ckpt", ".safetensors", ".bin", ".tar", ".npz", ".h5", ".pkl")
_SHOWN = 4  # files of a folder that are named


def no_target(head: str) -> str | None:
    """Why this cannot be a target, and what to type instead; None if it may be one.

    Args:
        head: what was typed, without keywords.
    """
    paths = [Path(head)]
    place = Path(head.rpartition(":")[0])
    if ":" in head and ("/" in head or place.exists()):  # package.bin:net is a name in a module
        paths.append(place)
    for path in paths:
        kind = path.suffix.lower()
        said = _CHECKPOINT if kind in _CHECKPOINTS else _KINDS.get(kind)
        if said is not None:
            return f"{path} is {said.format(place=path, stem=path.with_suffix(''))}"
        if _is_path(head) and path.is_dir():
            return f"{path} is a folder; {_files(path)}"
    return None


def _is_path(head: str) -> bool:
    """Whether it is no name of a reference or module that a folder happens to bear, too."""
    return not head.replace(".", "").replace(":", "").isidentifier() or head.startswith(".")


def _files(folder: Path) -> str:
    names = sorted(path.name for path in folder.glob("*.py") if not path.name.startswith("_"))
    if not names:
        return "name a file with the code of the net: FILE.py:NAME"
    rest = ", ..." if len(names) > _SHOWN else ""
    return f"name a net in one of its files, {', '.join(names[:_SHOWN])}{rest}: {folder / names[0]}:NAME"
