"""A report as a person reads it: verdict first, then one paragraph for each deviation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from properties.report import Deviation, Place, Report, Result, Row
from properties.report.words import off

__all__ = ["SAID", "STATUSES", "lines", "print_report"]

_COLOURS = {
    "identical": "bold green",
    "equivalent": "bold green",
    "conditional": "bold yellow",
    "undistinguished": "bold yellow",
    "error": "bold magenta",
}
SAID = {
    "identical": "{candidate} is the same architecture as {reference}",
    "equivalent": "{candidate} is the same architecture as {reference}, spelled or stored in another way",
    "undistinguished": "nothing was found that tells {candidate} from {reference}, but no proof that they are the same",
    "conditional": "{candidate} is {reference} for part of the inputs only",
    "deviates": "{candidate} is not {reference}",
}
STATUSES = {
    "passed": "hold",
    "implied": "follow from the graph",
    "skipped": "do not apply",
    "failed": "fail",
    "xfail": "fail as expected",
}
_INDENT = " " * 6
_SHOWN = 4  # places of one deviation that are written out


def print_report(report: Report) -> None:
    """Print it to standard output, in colour on a terminal; nothing is cut to a width elsewhere."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for line in lines(report, console.width):
        console.print(line)


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
    text.append(f": {SAID[report.verdict].format(candidate=report.candidate, reference=report.reference)}")
    if report.deviations:
        text.append(f", {_counted(len(report.deviations), 'deviation')}")
    if report.known_as:
        text.append("; this is ").append(report.known_as, style="bold")
    if report.as_expected:
        text.append("; as expected", style="bold green")
    if report.surprises:
        text.append(f"; {_counted(len(report.surprises), 'expected failure')} no longer there", style="bold red")
    return text


def _deviation(number: int, deviation: Deviation) -> Iterator[Text]:
    head = Text(f"{number:2}. ")
    head.append(deviation.message, style="bold")
    parameters = deviation.effect.get("parameters", 0)
    if parameters:
        head.append(f"  {parameters:+,} parameters", style="yellow")
    if deviation.effect.get("logits"):
        head.append(f"  output {off(deviation.effect['logits'])}", style="yellow")
    yield head
    if deviation.expected:
        yield Text(f"{_INDENT}expected   {deviation.expected}", style="green")
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
    """The first few places in one net, each once, and how many there are."""
    names = list(dict.fromkeys(name for place in places if (name := getattr(place, side)) is not None))
    rest = f", ... {len(names)} in all" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest


def _facts(report: Report) -> Iterator[Text]:
    ours, theirs = report.parameters["reference"], report.parameters["candidate"]
    if ours is not None and theirs is not None:
        same = f"{theirs:,}" if ours == theirs else f"{theirs:,}, but should be {ours:,} ({theirs - ours:+,})"
        yield _fact("parameters", same)
    yield from _paragraph("domain", [report.domain] if report.domain else [])
    yield from _paragraph("shown by", [report.counterexample] if report.counterexample else [])
    yield from _paragraph("compared", report.compared)
    yield from _properties(report.results)
    yield from _paragraph("rests on", [", ".join(report.rules)] if report.rules and report.exit_status == 0 else [])
    yield from _paragraph("note", report.notes)
    yield _fact("reproduce", report.reproduce)
    yield _fact("took", f"{report.seconds:.1f} s")


def _properties(results: Sequence[Result]) -> Iterator[Text]:
    """How many properties of the candidate alone hold, and each that does not."""
    if not results:
        return
    counts = Counter(result.status for result in results)
    said = [f"{counts[status]} {word}" for status, word in STATUSES.items() if counts[status]]
    failed = [result for result in results if result.status in ("failed", "xfail")]
    yield from _paragraph("properties", [", ".join(said), *map(_failure, failed)])


def _failure(result: Result) -> str:
    if result.status == "failed" and result.expected:  # it holds after all
        return f"{result.name} {result.counterexample}"
    why = f"; expected: {result.expected}" if result.expected else ""
    return f"{result.name} fails: {result.counterexample or result.sentence}{why}"


def _counted(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


def _paragraph(name: str, entries: Sequence[str]) -> Iterator[Text]:
    for number, entry in enumerate(entries):
        yield _fact(name if number == 0 else "", entry)


def _fact(name: str, text: str) -> Text:
    return Text(f"{name:<11}", style="dim").append(text, style="default")
