"""A report as a person reads it: verdict first, then one paragraph for each deviation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from properties.report import Deviation, Place, Report, Row

__all__ = ["lines"]

_COLOURS = {
    "identical": "bold green",
    "equivalent": "bold green",
    "undistinguished": "bold yellow",
    "error": "bold magenta",
}
_INDENT = " " * 6
_SHOWN = 4  # places of one deviation that are written out


def lines(report: Report, width: int = 100) -> Iterator[Text]:
    """The report, line by line, styled for a terminal; ``Text.plain`` is the same without colour.

    Args:
        report: what to print.
        width: columns of the terminal; where two nets side by side need more, one is printed below the other.
    """
    yield _verdict(report)
    for number, deviation in enumerate(report.deviations, start=1):
        yield Text("")
        yield from _deviation(number, deviation)
        yield from _excerpt(deviation.excerpt, width)
        if deviation.repair:
            yield Text(f"{_INDENT}repair     {deviation.repair}")
    yield Text("")
    yield from _facts(report)


def _verdict(report: Report) -> Text:
    text = Text()
    text.append(report.verdict, style=_COLOURS.get(report.verdict, "bold red"))
    if report.error:
        return text.append(f": {report.error}")
    if report.exit_status == 0:
        return text.append(f": {report.candidate} is the same architecture as {report.reference}")
    many = "1 deviation" if len(report.deviations) == 1 else f"{len(report.deviations)} deviations"
    text.append(f": {report.candidate} is not {report.reference}, {many}")
    if report.known_as:
        text.append("; this is ").append(report.known_as, style="bold")
    return text


def _deviation(number: int, deviation: Deviation) -> Iterator[Text]:
    head = Text(f"{number:2}. ")
    head.append(deviation.message, style="bold")
    parameters = deviation.effect.get("parameters", 0)
    if parameters:
        head.append(f"  {parameters:+,} parameters", style="yellow")
    yield head
    if deviation.known_as:
        yield Text(f"{_INDENT}known as   {deviation.known_as}")
        if deviation.link:
            yield Text(f"{_INDENT}           {deviation.link}", style="blue")
    for side in ("reference", "candidate"):
        names = _names(deviation.places, side)
        if names:
            yield Text(f"{_INDENT}{side}  {names}", style="dim")


def _excerpt(rows: Sequence[Row], width: int) -> Iterator[Text]:
    """Reference left and candidate right, what differs marked; one below the other where the terminal is narrow."""
    left, right = (max((len(text or "") for text in texts), default=0) for texts in _columns(rows))
    if len(_INDENT) + 2 + left + 3 + right > width:
        yield from _stacked(rows)
        return
    for row in rows:
        text = Text(f"{_INDENT}{'> ' if row.differs else '  '}")
        text.append((row.reference or "").ljust(left), style="green" if row.differs else "dim")
        text.append(" | ", style="dim")
        yield text.append(row.candidate or "", style="red" if row.differs else "dim")


def _columns(rows: Sequence[Row]) -> tuple[list[str | None], list[str | None]]:
    return [row.reference for row in rows], [row.candidate for row in rows]


def _stacked(rows: Sequence[Row]) -> Iterator[Text]:
    for row in rows:
        if row.reference == row.candidate:
            yield Text(f"{_INDENT}             {row.reference}", style="dim")
            continue
        mark = "> " if row.differs else "  "
        if row.reference is not None:
            yield Text(f"{_INDENT}{mark}reference  {row.reference}", style="green" if row.differs else "dim")
        if row.candidate is not None:
            yield Text(f"{_INDENT}{mark}candidate  {row.candidate}", style="red" if row.differs else "dim")


def _names(places: Sequence[Place], side: str) -> str:
    """The first few places on one side, each once, and how many there are."""
    names = list(dict.fromkeys(name for place in places if (name := getattr(place, side)) is not None))
    rest = f", ... {len(names)} in all" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest


def _facts(report: Report) -> Iterator[Text]:
    ours, theirs = report.parameters["reference"], report.parameters["candidate"]
    if ours is not None and theirs is not None:
        same = f"{theirs:,}" if ours == theirs else f"{theirs:,}, but should be {ours:,} ({theirs - ours:+,})"
        yield _fact("parameters", same)
    yield from _paragraph("compared", report.compared)
    yield from _paragraph("rests on", [", ".join(report.rules)] if report.rules and report.exit_status == 0 else [])
    yield from _paragraph("note", report.notes)
    yield _fact("reproduce", report.reproduce)
    yield _fact("took", f"{report.seconds:.1f} s")


def _paragraph(name: str, entries: Sequence[str]) -> Iterator[Text]:
    for number, entry in enumerate(entries):
        yield _fact(name if number == 0 else "", entry)


def _fact(name: str, text: str) -> Text:
    return Text(f"{name:<11}", style="dim").append(text, style="default")
