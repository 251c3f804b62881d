"""The keys of one candidate's table in pyproject.toml: what each may hold. Loads no torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from properties.errors import TargetError
from properties.profiles import PROFILES

__all__ = ["KEYS"]

_LEAST = 0.1  # seconds and GiB, as for the command's options


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TargetError(f"{key} must be a text that is not empty, got {value!r}")
    return value.strip()


def _table(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(name.isidentifier() for name in value):
        raise TargetError(f"{key} must be a table of keyword arguments, as in {{ num_classes = 10 }}, got {value!r}")
    return value


def _shape(key: str, value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not value or not all(type(size) is int and size > 0 for size in value):
        raise TargetError(f"{key} must be a list of positive numbers, as in [3, 224, 224], got {value!r}")
    return tuple(value)


def _profile(key: str, value: Any) -> str:
    if value not in PROFILES:
        raise TargetError(f"{key} must be one of {', '.join(PROFILES)}, got {value!r}")
    return str(value)


def _seed(key: str, value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TargetError(f"{key} must be a whole number, 0 or more, got {value!r}")
    return value


def _limit(key: str, value: Any) -> float:
    if type(value) not in (int, float) or not _LEAST <= value < float("inf"):
        raise TargetError(f"{key} must be a number, {_LEAST:g} or more, got {value!r}")
    return float(value)


def _switch(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TargetError(f"{key} must be true or false, got {value!r}")
    return value


KEYS: dict[str, tuple[str, Callable[[str, Any], Any]]] = {
    "target": ("target", _text),
    "reference": ("reference", _text),
    "keywords": ("keywords", _table),
    "input": ("input_shape", _shape),
    "profile": ("profile", _profile),
    "seed": ("seed", _seed),
    "strict-init": ("strict_init", _switch),
    "timeout": ("timeout", _limit),
    "memory": ("memory", _limit),
    "expected-failures": ("expected", _text),
}
"""Key to the field that it fills, and what takes its value or raises ``TargetError``."""
