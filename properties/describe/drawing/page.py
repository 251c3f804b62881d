"""A description as a page: what the net costs, its picture, and every operator with its size formula on demand."""

from __future__ import annotations

from properties.describe import Description
from properties.describe.drawing.picture import draw
from properties.describe.drawing.stages import Stage, stages
from properties.describe.layers import batch_free
from properties.describe.lines import legend, plain, totals_rows, words_of
from properties.describe.model import Line
from properties.render.html.markup import Markup, element, joined, name
from properties.render.html.page import page

__all__ = ["description_page"]

_HEADS = {
    "layer": "layer",
    "operator": "operator",
    "input": "input",
    "output": "output",
    "size": "size formula",
    "params": "params",
    "macs": "macs",
    "sees": "sees",
    "step": "step",
}
_NUMBERS = ("params", "macs", "sees", "step")


def description_page(description: Description, depth: int | None = None) -> str:
    """One HTML document that needs nothing beside it.

    Args:
        description: the net.
        depth: how deep modules are folded into one stage; by default as deep as makes a good picture.
    """
    listed = [_stage(number, stage) for number, stage in enumerate(stages(description, depth), start=1)]
    notes = element("ul", *(element("li", note) for note in description.notes)) if description.notes else None
    meaning = plain(legend(description.outline())).splitlines()
    picture = element(
        "div", draw(description, depth, linked=True), class_="scroll", tabindex="0", role="region", aria_label="picture"
    )
    return page(
        f"{description.target}: the way of an image",
        _banner(description),
        element("section", element("h2", "The way of an image"), picture, id="flow"),
        element(
            "section",
            element("h2", "Stage by stage"),
            element("p", element("button", "unfold all", type="button", data_unfold=True), class_="tools", hidden=True),
            *listed,
            *(element("p", line, class_="source") for line in meaning),
            id="stages",
        ),
        element("section", element("h2", "Notes"), notes, id="notes") if notes else Markup(),
    )


def _banner(description: Description) -> Markup:
    returned = ", ".join(map(batch_free, description.outputs))
    count = description.input_shape[0]
    way = f"{count} input{'s' * (count != 1)} of {batch_free(description.input_shape)} to {returned}"
    tiles = [
        element("div", element("dt", term), element("dd", said.partition(" (")[0]), _note(said))
        for term, said in totals_rows(description.totals)[:3]
    ]
    sizes = totals_rows(description.totals)[3]
    return element(
        "header",
        element("p", "archproof describe", class_="kicker"),
        element("h1", name(description.target)),
        element("p", way),
        element("p", description.source, class_="source") if description.source else None,
        element("dl", *tiles, class_="tiles"),
        element("p", f"{sizes[0]}: {sizes[1]}", class_="source"),
        class_="banner plain",
    )


def _note(said: str) -> Markup | None:
    _, found, note = said.partition(" (")
    return element("dd", note.rstrip(")"), class_="note") if found else None


def _stage(number: int, stage: Stage) -> Markup:
    entering = " and ".join(dict.fromkeys(map(batch_free, stage.folded[0].inputs)))
    summary = joined(
        [
            name(stage.name),
            " ",
            element("span", stage.words, class_="soft"),
            " ",
            element("span", f"{entering} to {batch_free(stage.output)}", class_="size"),
        ]
    )
    heads = [element("th", head, scope="col", class_=_align(key)) for key, head in _HEADS.items()]
    rows = [_row(Line(one, 0, one.name)) for one in stage.layers]
    table = element("table", element("thead", element("tr", *heads)), element("tbody", *rows), class_="layers")
    area = element("div", table, class_="scroll", tabindex="0", role="region", aria_label=f"operators of {stage.name}")
    return element("details", element("summary", summary), area, id=f"stage-{number}", class_="fold stage")


def _row(line: Line) -> Markup:
    shown = words_of(line)
    remarks = [*line.layer.formula, *map(str, line.layer.shortcuts)]
    formula = joined([element("code", remark) for remark in remarks], element("br"))
    found = []
    for key in _HEADS:
        said = name(line.layer.name) if key == "layer" else formula if key == "size" else shown[key]
        found.append(element("td", said, class_=_align(key)))
    return element("tr", *found)


def _align(key: str) -> str | None:
    return "number-column" if key in _NUMBERS else None
