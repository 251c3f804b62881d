"""The references as a table and as JSON."""

from __future__ import annotations

import textwrap
from typing import Any

from properties.report.words import by
from properties.targets.references import references

__all__ = ["as_json", "as_text"]

_COLUMNS = ("name", "family", "parameters", "macs", "input", "source")
_NUMBERS = frozenset({"parameters", "macs"})


def as_json() -> dict[str, Any]:
    """``{"schema": 1, "references": [{name, family, parameters, macs, input, source}]}``.

    ``parameters`` and ``macs`` (of one image; null if unpublished) are published figures, ``input`` is ``[C, H, W]``.
    """
    found = [
        {
            "name": spec.name,
            "family": spec.family,
            "parameters": int(spec.num_params.value),
            "macs": None if spec.macs is None else int(spec.macs.value),
            "input": list(spec.input_shape),
            "source": spec.source,
        }
        for spec in references()
    ]
    return {"schema": 1, "references": found}


def as_text(width: int | None = None) -> str:
    """The same as aligned columns.

    Args:
        width: columns of the terminal; a source that does not fit goes on below. None for as many as it takes.
    """
    rows = [dict(zip(_COLUMNS, _columns(entry), strict=True)) for entry in as_json()["references"]]
    widths = {c: max(len(c), *(len(row[c]) for row in rows)) for c in _COLUMNS[:-1]}
    left = sum(widths.values()) + 2 * len(widths)
    lines = []
    for row in [{c: c for c in _COLUMNS}, *rows]:
        start = "".join((row[c].rjust(widths[c]) if c in _NUMBERS else row[c].ljust(widths[c])) + "  " for c in widths)
        source = [row["source"]] if width is None else textwrap.wrap(row["source"], max(width - left, 20))
        lines.append(start + source[0])
        lines += [" " * left + more for more in source[1:]]
    return "\n".join(line.rstrip() for line in lines)


def _columns(entry: dict[str, Any]) -> tuple[str, ...]:
    macs = "" if entry["macs"] is None else f"{entry['macs'] / 1e9:.3f} G"
    size = by(entry["input"])
    return entry["name"], entry["family"], f"{entry['parameters']:,}", macs, size, entry["source"]
