"""Import torchvision and timm, also beside a torch whose build torchvision's operators do not fit."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from properties.errors import TargetError, last_line

__all__ = ["import_timm", "import_torchvision", "torchvision_importable", "torchvision_note"]

# What torchvision registers Python kernels for while it is imported. The models need none of them.
_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[Any] = []  # torch drops a library's operators together with its last reference


def torchvision_note() -> str | None:
    """One line if torchvision could only be imported with its operators declared by hand, else None."""
    if not _declared:
        return None
    return "torchvision's compiled operators do not fit this torch; its models were imported without them"


def import_torchvision() -> ModuleType:
    """torchvision, with ``torchvision.models``.

    A wheel built for CUDA cannot load its operators beside a CPU-only torch, and its import fails with
    ``operator torchvision::nms does not exist``. The schemas it misses are then declared first. What is imported or
    declared already is used as it is.

    Raises:
        TargetError: if it is not installed or fails for another reason.
    """
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise TargetError("torchvision is not installed; pip install 'archproof[torchvision]'")
    _prepare(Path(spec.origin).parent)
    try:
        return importlib.import_module("torchvision")
    except Exception as error:
        raise TargetError(f"torchvision cannot be imported: {last_line(error)}") from error


def import_timm() -> ModuleType:
    """timm, which imports torchvision.

    Raises:
        TargetError: if it is not installed or fails.
    """
    if importlib.util.find_spec("timm") is None:
        raise TargetError("timm is not installed; pip install 'archproof[timm]'")
    if importlib.util.find_spec("torchvision") is not None:
        import_torchvision()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module("timm")
    except Exception as error:
        raise TargetError(f"timm cannot be imported: {last_line(error)}") from error


@contextmanager
def torchvision_importable() -> Iterator[None]:
    """Within it whatever imports torchvision finds what its import needs, as ``import_torchvision`` would."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)


class _Finder:
    """Finds no module, but hears that torchvision is sought."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Prepare its import; another finder finds it."""
        if name == "torchvision":
            spec = importlib.machinery.PathFinder.find_spec(name)
            if spec is not None and spec.origin is not None:
                _prepare(Path(spec.origin).parent)


def _prepare(package: Path) -> None:
    """See to it that torchvision in this folder can be imported; what somebody has declared is left as it is."""
    if "torchvision" in sys.modules:
        return
    missing = [schema for schema in _SCHEMAS if not _is_known(schema)]
    if missing and (len(missing) < len(_SCHEMAS) or not _operators_load(package)):
        _declare(missing)


def _is_known(schema: str) -> bool:
    """Whether torch has the operator, whoever declared it."""
    import torch

    return hasattr(torch.ops.torchvision, schema.partition("(")[0])


def _operators_load(package: Path) -> bool:
    """Whether torchvision's shared library fits this torch; loading it twice does no harm."""
    import torch

    libraries = [*package.glob("_C*.so"), *package.glob("_C*.pyd"), *package.glob("_C*.dylib")]
    try:
        for library in libraries:
            torch.ops.load_library(library)
    except OSError:
        return False
    return bool(libraries)


def _declare(schemas: list[str]) -> None:
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")  # others may have declared more of it
    for schema in schemas:
        library.define(schema)
    _declared.append(library)
