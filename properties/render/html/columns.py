"""Two whole nets in two columns, as a code review shows two versions: what is alike folded, what differs marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from properties.render.html.lines import amount, anchor, first_apart, has_parted
from properties.render.html.markup import Markup, element, joined, name
from properties.report.side_by_side import Cell, Line, SideBySide

__all__ = ["columns"]

_AROUND = 2  # lines shown before and after one that differs
_WORTH = 3  # fewer lines than this are not folded away
_REPEATED = 8  # lines of one deviation that stay open; what is repeated more often is folded as well


def columns(shown: SideBySide, told: Counter[int]) -> Markup:
    """Both nets in one mode, from the input to the output.

    Args:
        shown: the two nets.
        told: how many lines of each deviation stood open before; those of this mode are added.
    """
    first = first_apart(shown)
    kept = _kept(shown, first, told)
    parts: list[Markup] = []
    for fold, positions in _runs(len(shown.lines), kept):
        rows = _table(shown, positions, first)
        parts.append(_folded(shown, positions, rows) if fold else rows)
    return element("div", *parts, class_="columns")


def _kept(shown: SideBySide, first: int | None, told: Counter[int]) -> set[int]:
    """Lines that stay open: what differs, what stands around it, and where the nets part."""
    marked = set() if first is None else {first}
    for at, line in enumerate(shown.lines):
        if any(told[number] < _REPEATED for number in line.deviations) or (line.differs and not line.deviations):
            marked.add(at)
            told.update(line.deviations)
    return {at + step for at in marked for step in range(-_AROUND, _AROUND + 1)}


def _runs(count: int, kept: set[int]) -> Iterator[tuple[bool, range]]:
    """Stretches of lines, each with whether it is folded."""
    start = 0
    while start < count:
        end = start
        while end < count and (end in kept) == (start in kept):
            end += 1
        yield start not in kept and end - start >= _WORTH, range(start, end)
        start = end


def _folded(shown: SideBySide, positions: range, rows: Markup) -> Markup:
    lines = [shown.lines[at] for at in positions]
    ends = [name(one.where) for one in (_own(lines[0]), _own(lines[-1]))]
    again = Counter(number for line in lines for number in line.deviations)
    said: list[Markup] = [element("span", f"{len(lines)} operators{'' if again else ' alike'}: "), *ends]
    for number, count in sorted(again.items()):
        link = element("a", str(number), href=f"#deviation-{number}", class_="number", title=f"deviation {number}")
        said.append(joined([link, f" again in {count}"]))
    further = [line.apart for line in lines if line.apart is not None and has_parted(shown, line)]
    if further:
        said.append(element("span", f"up to {amount(max(further))} apart", class_="apart far"))
    summary = joined([said[0], said[1], " … ", *(joined([one, " "]) for one in said[2:])])
    return element("details", element("summary", summary), rows, class_="fold")


def _own(line: Line) -> Cell:
    cell = line.reference or line.candidate
    assert cell is not None
    return cell


def _table(shown: SideBySide, positions: range, first: int | None) -> Markup:
    """A stretch of lines; every stretch is a table of its own with the same columns."""
    heads = [element("th", text, scope="col") for text in ("reference", "deviation", "candidate", "apart")]
    rows = [_row(shown, at, is_first=at == first) for at in positions]
    return element(
        "table",
        element("thead", element("tr", *heads), class_="unseen"),
        element("tbody", *rows),
        class_="pair" if shown.computed else "pair unmeasured",
    )


def _row(shown: SideBySide, at: int, *, is_first: bool) -> Markup:
    line = shown.lines[at]
    kind = "differs" if line.differs else "about" if line.deviations else "alike"
    far = has_parted(shown, line)
    relative = "" if line.apart is None else amount(line.apart)
    measured = element("td", relative or ("size" if far else ""), class_="apart far" if far else "apart")
    return element(
        "tr",
        _cell(line.reference, line.candidate, "reference", line.differs),
        element("td", _numbers(line), class_="gutter"),
        _cell(line.candidate, line.reference, "candidate", line.differs),
        measured,
        id=anchor(shown, at),
        class_=f"{kind} first" if is_first else kind,
        tabindex="-1",
    )


def _numbers(line: Line) -> Markup:
    links = [
        element("a", str(number), href=f"#deviation-{number}", class_="number", title=f"deviation {number}")
        for number in line.deviations
    ]
    return joined(links) if links or not line.differs else element("span", "≠", title="differs")


def _cell(cell: Cell | None, other: Cell | None, side: str, differs: bool) -> Markup:
    if cell is None:
        return element("td", element("span", "not there", class_="absent"), class_=f"{side} empty", data_side=side)
    beside = dict(other.settings) if other is not None else {}
    one_kind = other is not None and other.kind == cell.kind
    said: list[Markup] = [_marked(cell.kind, differs and other is not None and not one_kind)]
    for key, value in cell.settings:
        is_other = differs and other is not None and beside.get(key) != value
        said.append(_marked(f"{key} {value}", is_other))
    return element(
        "td",
        element(
            "div",
            name(cell.where, class_="where"),
            element("span", joined(said, " "), class_="what"),
            element("span", cell.size, class_="resized" if other and other.size != cell.size else "size"),
            class_="operator",
        ),
        class_=side,
        data_side=side,
    )


def _marked(text: str, differs: bool) -> Markup:
    return element("mark", text) if differs else element("span", text)
