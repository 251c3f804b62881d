"""Import torchvision and timm, also beside a torch whose build torchvision's operators do not fit."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from properties.errors import TargetError, last_line

__all__ = ["import_timm", "import_torchvision", "torchvision_note"]

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
    ``operator torchvision::nms does not exist``. The schemas it misses are then declared first.

    Raises:
        TargetError: if it is not installed or fails for another reason.
    """
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise TargetError("torchvision is not installed; pip install 'archproof[torchvision]'")
    if not _declared and not _operators_load(Path(spec.origin).parent):
        _declare()
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


def _declare() -> None:
    import torch

    library = torch.library.Library("torchvision", "DEF")
    for schema in _SCHEMAS:
        library.define(schema)
    _declared.append(library)
