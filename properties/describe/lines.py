"""A description as text: one line for each layer where it fits, else the formula on a line of its own below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from properties.describe.layers import batch_free
from properties.describe.model import Layer, Line, Totals

__all__ = ["Span", "counted", "facts", "legend", "plain", "short", "table", "totals_rows", "words_of"]

_GAP = "  "
_NUMBERS = frozenset({"params", "macs", "sees", "step"})


@dataclass(frozen=True)
class Span:
    """A piece of a line in one style; styles are rich's."""

    text: str
    style: str = ""


TextLine = list[Span]


def plain(lines: Sequence[TextLine]) -> str:
    """The lines without styles."""
    return "\n".join("".join(span.text for span in line).rstrip() for line in lines)


def table(lines: Sequence[Line], width: int | None = None) -> list[TextLine]:
    """The layers as aligned columns.

    Args:
        lines: what to show.
        width: columns of the terminal; None for as many as it takes.
    """
    cells = [words_of(line) for line in lines]
    wide = _layout(lines, cells, ("layer", "operator", "input", "output", "size", "params", "macs", "sees", "step"))
    if width is None or max(_length(line) for line in wide) <= width:
        return wide
    for columns in (
        ("layer", "operator", "input", "output", "params", "macs", "sees", "step"),
        ("layer", "operator", "output", "params", "macs", "sees", "step"),
        ("layer", "operator", "output", "params", "macs"),
        ("layer", "output", "params"),
    ):
        narrow = _layout(lines, cells, columns, below=True)
        if max(_length(line) for line in narrow) <= width:
            return narrow
    return narrow


def _length(line: TextLine) -> int:
    return len("".join(span.text for span in line).rstrip())


def words_of(line: Line) -> dict[str, str]:
    """What stands in each column of a line but that of the formula, by the column's name."""
    layer = line.layer
    sizes = list(dict.fromkeys(batch_free(shape) for shape in layer.inputs))
    shown = sizes if len(sizes) == 1 or line.heading else [batch_free(shape) for shape in layer.inputs]
    many = len(layer.inputs) > 2 and len(sizes) > 1
    return {
        "layer": "  " * line.level + line.name,
        "operator": f"{layer.kind} {layer.settings}".strip(),
        "input": f"{len(layer.inputs)} inputs" if many else " and ".join(shown),
        "output": batch_free(layer.output),
        "params": f"{layer.params:,}" if layer.params else "",
        "macs": short(layer.macs) if layer.macs else "",
        "sees": _axes(layer.sees),
        "step": "" if None in layer.step else _axes(layer.step),
    }


def _axes(values: tuple[int | None, ...]) -> str:
    """``43``, or ``43x7`` where the axes differ; ``all`` for a whole axis."""
    texts = ["all" if value is None else str(value) for value in values]
    return texts[0] if len(set(texts)) == 1 else "x".join(texts)


def short(number: int) -> str:
    """Three or four digits and a unit: ``118.0 M``."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size:
            return f"{number / size:,.{2 if unit == 'G' else 1}f} {unit}"
    return str(number)


def _remarks(line: Line) -> list[Span]:
    """The filled-in formula, and why a shortcut is what it is."""
    layer = line.layer
    if line.heading:
        return []
    spans = [Span(text, "cyan") for text in layer.formula]
    if layer.operators == 1:
        return spans + [Span(str(s), _style(s.kind)) for s in layer.shortcuts]
    return spans + [Span(text, _style(layer.shortcuts[0].kind)) for text in counted(layer)]


def _with_input(remarks: list[Span], row: dict[str, str]) -> list[Span]:
    """The input's size beside the formula, where there is no column for it."""
    if not remarks or row["input"] == row["output"] or row["input"].endswith(" inputs"):
        return remarks
    return [Span(f"from {row['input']}: {remarks[0].text}", remarks[0].style), *remarks[1:]]


def _style(shortcut: str) -> str:
    return {"identity": "green", "projection": "yellow"}.get(shortcut, "magenta")


def counted(layer: Layer) -> list[str]:
    """``1 projection, 3 identity shortcuts``; a single one in full."""
    if len(layer.shortcuts) < 2:
        return [str(shortcut) for shortcut in layer.shortcuts]
    kinds = [shortcut.kind for shortcut in layer.shortcuts]
    return [", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)) + " shortcuts"]


def _layout(
    lines: Sequence[Line], cells: Sequence[dict[str, str]], columns: Sequence[str], *, below: bool = False
) -> list[TextLine]:
    names = {"size": "size formula"}
    remarks = [_remarks(line) for line in lines]
    if below and "input" not in columns:
        remarks = [_with_input(spans, row) for spans, row in zip(remarks, cells, strict=True)]
    widths = {c: max(len(names.get(c, c)), *(len(row.get(c, "")) for row in cells), 0) for c in columns}
    if "size" in columns:
        widths["size"] = max(len(names["size"]), *(len(span.text) for spans in remarks for span in spans), 0)
    found = [_trimmed([Span(_aligned(names.get(c, c), c, widths[c]) + _GAP, "bold") for c in columns])]
    for line, row, spans in zip(lines, cells, remarks, strict=True):
        style = "bold" if line.heading else ""
        rest = list(spans)
        first = rest.pop(0) if rest and not below else Span("")
        shown = {c: first if c == "size" else Span(row[c], style) for c in columns}
        found.append(
            _trimmed([Span(_aligned(span.text, c, widths[c]) + _GAP, span.style) for c, span in shown.items()])
        )
        indent = 4 + 2 * line.level if below else sum(widths[c] + len(_GAP) for c in columns[: columns.index("size")])
        found += [[Span(" " * indent), span] for span in rest]
    return found


def _trimmed(line: TextLine) -> TextLine:
    """Without the spaces at its end, which would make a terminal wrap it."""
    kept = list(line)
    while kept and not kept[-1].text.strip():
        kept.pop()
    return [*kept[:-1], Span(kept[-1].text.rstrip(), kept[-1].style)] if kept else []


def _aligned(text: str, column: str, width: int) -> str:
    return text.rjust(width) if column in _NUMBERS else text.ljust(width)


def facts(rows: Sequence[tuple[str, str]], width: int | None = None) -> list[TextLine]:
    """Names and what there is to say of each, wrapped to the width."""
    found = []
    for name, text in rows:
        parts = [text] if width is None else wrap(text, max(width - 12, 20))
        found += [[Span(f"{'' if i else name:<12}", "bold"), Span(part)] for i, part in enumerate(parts)]
    return found


def totals_rows(totals: Totals) -> tuple[tuple[str, str], ...]:
    """What the net costs."""
    trained = "all trainable" if totals.trainable == totals.params else f"{totals.trainable:,} trainable"
    sizes = (
        f"input {totals.input_mb:.2f}, forward/backward {totals.forward_backward_mb:.2f}, "
        f"parameters {totals.params_mb:.2f}, together {totals.total_mb:.2f}"
    )
    return (
        ("parameters", f"{totals.params:,} ({trained})"),
        ("macs", f"{totals.macs:,} (convolutions and linear layers)"),
        ("mult-adds", f"{short(totals.mult_adds)} (as torchinfo counts: biases and norms too)"),
        ("megabytes", sizes),
    )


def legend(lines: Sequence[Line]) -> list[TextLine]:
    """What the last two columns mean, if they say anything."""
    if not any(line.layer.sees for line in lines):
        return []
    texts = (
        "sees: receptive field, the input positions along an axis behind one output",
        "step: total stride, the input positions between neighbouring outputs",
    )
    return [[Span(text, "dim")] for text in texts]
