"""What a check comes to before it is told: proofs, numbers and notes, and the verdict that they were weighed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from properties.report import Deviation, Result

__all__ = ["Judgement"]


@dataclass(frozen=True)
class Judgement:
    """What a check comes to; the fields are those of ``Report``."""

    verdict: str
    deviations: tuple[Deviation, ...] = ()
    rules: tuple[str, ...] = ()
    key_map: Mapping[str, str] = field(default_factory=dict)
    weight_map: Mapping[str, Any] = field(default_factory=dict)
    domain: str | None = None
    counterexample: str | None = None
    numbers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    results: tuple[Result, ...] = ()
