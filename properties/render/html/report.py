"""A report as a page: the verdict first, then what differs, then both nets, then how it was found out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from properties.render.html.chart import chart
from properties.render.html.columns import columns
from properties.render.html.deviations import deviation_card
from properties.render.html.lines import anchor, first_apart
from properties.render.html.markup import Markup, element, joined, name
from properties.render.html.page import page
from properties.render.text import SAID, STATUSES
from properties.report import Report, Result
from properties.report.side_by_side import Line

__all__ = ["report_page"]

_GOOD = ("identical", "equivalent")
_FAIR = ("conditional", "undistinguished")
_STATES = ("failed", "xfail", "passed", "implied", "skipped")


def report_page(report: Report) -> str:
    """The whole report as one HTML document that needs nothing beside it.

    Args:
        report: of any verdict; with ``sides`` it shows both nets whole.
    """
    sections = {
        "deviations": ("Deviations", _deviations(report)),
        "divergence": ("Layer by layer", _divergence(report)),
        "networks": ("Both networks", _networks(report)),
        "properties": ("Properties of the candidate", _properties(report.results)),
        "evidence": ("How it was compared", _evidence(report)),
        "reproduce": ("Reproduce", _reproduce(report)),
    }
    filled = {key: (title, body) for key, (title, body) in sections.items() if body}
    contents = [element("li", element("a", title, href=f"#{key}")) for key, (title, _) in filled.items()]
    stepping = None
    if report.deviations:
        stepping = element(
            "p",
            element("button", "previous ", element("kbd", "p"), type="button", data_step="-1"),
            element("button", "next deviation ", element("kbd", "n"), type="button", data_step="1"),
            class_="stepping",
            hidden=True,
        )
    return page(
        f"{report.verdict}: {report.candidate} against {report.reference}",
        _banner(report),
        element("nav", element("ul", *contents), stepping, aria_label="sections"),
        *(
            element("section", element("h2", title, id=f"{key}-title"), body, id=key, aria_labelledby=f"{key}-title")
            for key, (title, body) in filled.items()
        ),
    )


# ----------------------------------------------------------------------------------------------------------- verdict
def _banner(report: Report) -> Markup:
    tone = "good" if report.verdict in _GOOD else "fair" if report.verdict in _FAIR else "bad"
    tone = "error" if report.verdict == "error" else "good" if report.as_expected else tone
    return element(
        "header",
        element("p", "archproof check", class_="kicker"),
        element("h1", element("span", report.verdict, class_="verdict"), " ", _sentence(report)),
        element("p", joined(_besides(report), " "), class_="besides"),
        element("dl", *_tiles(report), class_="tiles"),
        class_=f"banner {tone}",
    )


def _sentence(report: Report) -> Markup:
    if report.error:
        return element("span", report.error, class_="why")
    names = {"candidate": name(report.candidate), "reference": name(report.reference)}
    return element("span", Markup(SAID[report.verdict].format(**names)))


def _besides(report: Report) -> list[Markup]:
    found = []
    if report.known_as:
        found.append(joined(["This is ", name(report.known_as, class_="known"), "."]))
    if report.domain:
        found.append(element("span", f"{report.domain[:1].upper()}{report.domain[1:]}."))
    if report.as_expected:
        found.append(element("strong", "All of it is expected."))
    if report.surprises:
        found.append(element("strong", f"{len(report.surprises)} expected failures are no longer there."))
    if report.error:
        found.append(joined([name(report.candidate), " could not be held against ", name(report.reference), "."]))
    return found


def _tiles(report: Report) -> list[Markup]:
    found = []
    if not report.error:
        found.append(_tile("deviations", str(len(report.deviations)), None))
    ours, theirs = report.parameters["reference"], report.parameters["candidate"]
    if ours is not None and theirs is not None:
        note = "as the reference" if ours == theirs else f"{theirs - ours:+,}: should be {ours:,}"
        found.append(_tile("parameters", f"{theirs:,}", note))
    for shown in report.sides:
        first = first_apart(shown)
        if first is not None:
            line = shown.lines[first]
            cell = line.reference or line.candidate
            where = "" if cell is None else cell.where
            found.append(_tile("first apart at", element("a", name(where), href=f"#{anchor(shown, first)}"), None))
    counts = Counter(result.status for result in report.results)
    if report.results:
        held = counts["passed"] + counts["implied"]
        found.append(_tile("properties", f"{held} of {len(report.results) - counts['skipped']}", "hold"))
    drawn = "" if report.profile is None else f"{report.profile} profile, seed {report.seed}"
    return [*found, _tile("took", f"{report.seconds:.1f} s", drawn or None)]


def _tile(term: str, value: str, note: str | None) -> Markup:
    below = element("dd", note, class_="note") if note else None
    return element("div", element("dt", term), element("dd", value), below)


# ------------------------------------------------------------------------------------------------------------- parts
def _deviations(report: Report) -> Markup | None:
    if not report.deviations:
        return None
    lines = _first_lines(report)
    cards = [
        deviation_card(number, deviation, lines.get(number))
        for number, deviation in enumerate(report.deviations, start=1)
    ]
    shown = _paragraph("The smallest input found that shows a difference: ", report.counterexample)
    return joined([element("ol", *cards, class_="cards"), shown])


def _first_lines(report: Report) -> dict[int, str]:
    """For each deviation the address of its first line."""
    found: dict[int, str] = {}
    for shown in report.sides:
        for number, at in _marks(shown.lines).items():
            found.setdefault(number, anchor(shown, at))
    return found


def _marks(lines: Sequence[Line]) -> dict[int, int]:
    """For each deviation the position of its first line."""
    found: dict[int, int] = {}
    for at, line in enumerate(lines):
        for number in line.deviations:
            found.setdefault(number, at)
    return found


def _divergence(report: Report) -> Markup | None:
    measured = [shown for shown in report.sides if shown.computed is not None]
    drawn = measured or [shown for shown in report.sides if any(line.differs for line in shown.lines)][:1]
    if not drawn:
        return None
    parts: list[Markup] = []
    for shown in drawn:
        picture = chart(shown, _marks(shown.lines))
        area = element("div", picture, class_="scroll", tabindex="0", role="region", aria_label="chart")
        if shown.computed is None:
            said = f"Nothing was computed layer by layer; this is where the deviations stand, in {shown.mode} mode."
        else:
            first = first_apart(shown)
            said = (
                "The largest difference of each layer's result, relative to the largest number in it, on"
                f" {shown.computed}, with the same weights in both nets."
            )
            said += " Up to the dashed line it is rounding." if first is not None else " All of it is rounding."
        parts.append(element("figure", area, element("figcaption", said)))
    return joined(parts)


def _networks(report: Report) -> Markup | None:
    if not report.sides:
        return None
    parts = []
    told: Counter[int] = Counter()
    for number, shown in enumerate(report.sides):
        numbers = {one for line in shown.lines for one in line.deviations}
        is_open = number == 0 or not numbers <= told.keys()
        body = columns(shown, told)
        title = f"{shown.mode} mode, input {shown.size}"
        parts.append(element("details", element("summary", title), body, class_="mode", open=is_open))
    heads = element(
        "div",
        element("span", "reference ", name(report.reference), class_="reference"),
        element("span", "candidate ", name(report.candidate), class_="candidate"),
        class_="heads",
    )
    unfold = element("p", element("button", "unfold all", type="button", data_unfold=True), class_="tools", hidden=True)
    return joined([unfold, heads, *parts])


def _properties(results: Sequence[Result]) -> Markup | None:
    if not results:
        return None
    counts = Counter(result.status for result in results)
    said = ", ".join(f"{counts[status]} {word}" for status, word in STATUSES.items() if counts[status])
    ordered = sorted(results, key=lambda result: _STATES.index(result.status) if result.status in _STATES else -1)
    table = element("table", element("tbody", *map(_result, ordered)), class_="results")
    failed = any(result.status in ("failed", "xfail") for result in results)
    listed = element("details", element("summary", f"{len(results)} properties: {said}"), table, open=failed)
    return listed


def _result(result: Result) -> Markup:
    why = [result.counterexample, f"expected: {result.expected}" if result.expected else None]
    below = [element("p", text, class_="note") for text in why if text]
    return element(
        "tr",
        element("td", element("span", result.status, class_=f"status {result.status}")),
        element("th", name(result.name), scope="row"),
        element("td", result.sentence, *below, element("p", result.source, class_="source")),
    )


def _evidence(report: Report) -> Markup | None:
    rules = report.rules if report.verdict in _GOOD else ()
    facts = [
        ("compared", report.compared),
        ("rests on", rules),
        ("notes", report.notes),
    ]
    listed = [joined([element("dt", term), element("dd", _list(items))]) for term, items in facts if items]
    return element("dl", *listed, class_="facts") if listed else None


def _list(items: Iterable[str]) -> Markup:
    return element("ul", *(element("li", item) for item in items))


def _reproduce(report: Report) -> Markup:
    made = ", ".join(f"{library} {version}" for library, version in report.versions.items())
    command = (
        element("pre", element("code", report.reproduce), class_="command", tabindex="0") if report.reproduce else None
    )
    return joined([command, element("p", made, class_="source")])


def _paragraph(before: str, said: str | None) -> Markup | None:
    return element("p", before, element("strong", said), class_="counterexample") if said else None
