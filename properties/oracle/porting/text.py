"""What ``archproof port`` prints."""

from __future__ import annotations

from collections.abc import Iterator

from properties.oracle.porting.ledger import Entry
from properties.oracle.porting.port import PortReport

__all__ = ["text"]

_SHOWN = 4  # tensors of one action that are written out
_WORDS = {
    "moved": "moved under their own names",
    "renamed": "renamed",
    "reshaped": "reshaped",
    "rearranged": "rearranged",
    "kept": "kept as the candidate was built",
    "ignored": "of the checkpoint without a place in the candidate",
}
_UNTOLD = ("moved", "renamed")  # too many to be worth a line each


def text(report: PortReport) -> str:
    """The report as a person reads it."""
    return "\n".join(_lines(report))


def _lines(report: PortReport) -> Iterator[str]:
    yield f"written: {report.output}, for {report.candidate}, from {report.checkpoint} of {report.reference}"
    yield f"{report.verdict}: {report.agreement}"
    for note in report.notes:
        yield f"note       {note}"
    for action, words in _WORDS.items():
        entries = [entry for entry in report.ledger if entry.action == action]
        if entries:
            yield f"{len(entries):>9}  {words}"
            yield from () if action in _UNTOLD else _some(entries)
    yield f"took       {report.seconds:.1f} s"


def _some(entries: list[Entry]) -> Iterator[str]:
    for entry in entries[:_SHOWN]:
        names = " <- ".join(filter(None, (entry.target, ", ".join(entry.sources))))
        yield f"           {names}{f': {entry.why}' if entry.why else ''}"
    if len(entries) > _SHOWN:
        yield f"           ... {len(entries) - _SHOWN} more"
