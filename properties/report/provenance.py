"""What a report says about its own making: the command that repeats it, and versions. Loads no torch."""

from __future__ import annotations

import importlib.metadata
import shlex

__all__ = ["reproduce", "versions"]


def reproduce(
    candidate: str,
    reference: str,
    input_shape: tuple[int, ...] | None,
    profile: str = "default",
    seed: int = 0,
    strict_init: bool = False,
) -> str:
    """The command line that makes the same check again."""
    words = ["archproof", "check", candidate, "--against", reference]
    if input_shape is not None:
        words += ["--input", ",".join(map(str, input_shape))]
    if profile != "default":
        words += ["--profile", profile]
    if seed:
        words += ["--seed", str(seed)]
    if strict_init:
        words.append("--strict-init")
    return shlex.join(words)


def versions() -> dict[str, str]:
    """Of archproof and of the libraries whose code takes part, as far as they are installed."""
    found = {}
    for name in ("archproof", "torch", "torchvision", "timm"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
