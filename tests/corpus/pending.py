"""Cases that the oracle does not get right yet, each with the reason; a case that is right must leave this list."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["PENDING"]

PENDING: Mapping[str, str] = {}
