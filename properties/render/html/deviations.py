"""Each deviation as a card: the sentence, both values, its name, the repair, and the nets around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from properties.render.html.markup import Markup, element, joined, name
from properties.report import Deviation, Row, identifier
from properties.report.words import off, value

__all__ = ["deviation_card", "web_link"]

_SHOWN = 4  # places that are written out; the others are folded


def deviation_card(number: int, deviation: Deviation, line: str | None) -> Markup:
    """One deviation.

    Args:
        number: in the report, the first being 1.
        deviation: the deviation.
        line: address of its first line in the two columns, if it has one.
    """
    facts = [
        _fact("expected", deviation.expected),
        _fact("known as", _known(deviation)),
        _fact("repair", deviation.repair),
        _fact("places", _places(deviation)),
    ]
    return element(
        "li",
        element(
            "article",
            element("h3", element("span", str(number), class_="number"), " ", deviation.message),
            element("p", *_chips(deviation), class_="chips"),
            _values(deviation),
            element("dl", *facts, class_="facts") if any(facts) else None,
            _excerpt(deviation),
            element("p", element("a", "in both networks", href=f"#{line}")) if line else None,
            class_="deviation expected" if deviation.expected else "deviation",
        ),
        id=f"deviation-{number}",
        tabindex="-1",
    )


def web_link(address: str, text: str) -> Markup:
    """A link to the web; what is no address of it stays text."""
    if not address.startswith(("https://", "http://")):
        return element("span", text)
    return element("a", text, href=address, rel="noopener noreferrer")


def _chips(deviation: Deviation) -> list[Markup]:
    said = [deviation.kind, "" if deviation.mode == "both" else f"in {deviation.mode} mode only"]
    said.append(f"{deviation.count} places" if deviation.count > 1 else "")
    parameters, output = deviation.effect.get("parameters", 0), deviation.effect.get("logits")
    said.append(f"{parameters:+,} parameters" if parameters else "")
    said.append(f"output {off(output)}" if output else "")
    chips = [element("span", text, class_="chip") for text in said if text]
    return [
        *chips,
        element("code", identifier(deviation), class_="chip id", title="its id in a list of expected failures"),
    ]


def _values(deviation: Deviation) -> Markup | None:
    """What differs, with the reference's value beside the candidate's."""
    if deviation.attribute is None or (deviation.reference is None and deviation.candidate is None):
        return None
    values = [
        element(
            "span",
            element("span", side, class_="side"),
            " ",
            element("mark", _said(deviation.attribute, what)),
            class_=side,
        )
        for side, what in (("reference", deviation.reference), ("candidate", deviation.candidate))
    ]
    return element("p", element("code", deviation.attribute), *values, class_="values")


def _said(attribute: str, what: Any) -> str:
    """A value in words; of several settings each with its name."""
    if isinstance(what, Mapping):
        return ", ".join(f"{key} {_said(str(key), item)}" for key, item in what.items())
    if isinstance(what, tuple | list):
        written = value(attribute, tuple(what))
        return written if not written.startswith("(") else ", ".join(_said("", item) for item in what)
    return "none" if what is None else "yes" if what is True else "no" if what is False else str(what)


def _fact(term: str, said: str | None) -> Markup | None:
    return joined([element("dt", term), element("dd", said)]) if said else None


def _known(deviation: Deviation) -> Markup | None:
    if deviation.known_as is None:
        return None
    parts = [element("strong", deviation.known_as)]
    if deviation.link:
        parts += [Markup(" "), web_link(deviation.link, deviation.link)]
    return joined(parts)


def _places(deviation: Deviation) -> Markup | None:
    pairs = list(dict.fromkeys((place.reference, place.candidate) for place in deviation.places))
    items = [element("li", _place(ours), " ↔ ", _place(theirs)) for ours, theirs in pairs]
    if not items:
        return None
    shown = element("ul", *items[:_SHOWN], class_="places")
    more = items[_SHOWN:]
    if not more:
        return shown
    rest = element("details", element("summary", f"{len(more)} more"), element("ul", *more, class_="places"))
    return joined([shown, rest])


def _place(where: str | None) -> Markup:
    return element("i", "not there") if where is None else name(where)


def _excerpt(deviation: Deviation) -> Markup | None:
    if not deviation.excerpt:
        return None
    heads = [element("th", text, scope="col") for text in ("reference", "candidate")]
    rows = [_row(row) for row in deviation.excerpt]
    table = element("table", element("thead", element("tr", *heads)), element("tbody", *rows), class_="excerpt")
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label="the nets around it")


def _row(row: Row) -> Markup:
    cells = [
        element("td", element("code", element("bdi", text)), class_=side)
        if text is not None
        else element("td", class_="empty")
        for side, text in (("reference", row.reference), ("candidate", row.candidate))
    ]
    return element("tr", *cells, class_="differs" if row.differs else None)
