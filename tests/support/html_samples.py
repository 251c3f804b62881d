"""Reports and a description to make pages of, as the commands would have made them. Loads no torch."""

from __future__ import annotations

from properties.describe import Description
from properties.describe.model import Layer, Totals
from properties.report import Deviation, Place, Report, Result, Row
from properties.report.side_by_side import Cell, Line, SideBySide

__all__ = ["NASTY", "described", "deviating", "failed", "identical", "nasty", "two_nets"]

NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202egnp.\x00\u200b&amp;"
_BLOCKS = 12  # of conv, batch norm and ReLU


def _line(number: int, kind: str, *, apart: float | None) -> Line:
    cells = [Cell(f"{prefix}{number}.{kind}", kind, (), f"{8 + number}x32x32") for prefix in ("layer", "body.")]
    return Line(cells[0], cells[1], apart=apart)


def two_nets(mode: str = "eval", *, computed: bool = True, alike: bool = False) -> SideBySide:
    """Two nets of twelve blocks, which part at the fourth, in its stride, and lack one operator at the tenth."""
    lines = [Line(Cell("(input)", "input", (), "3x64x64"), Cell("(input)", "input", (), "3x64x64"))]
    for number in range(_BLOCKS):
        for kind in ("conv", "batch_norm", "relu"):
            far = number >= 3 and not alike
            lines.append(_line(number, kind, apart=(0.25 if far else 2e-16) if computed and kind != "relu" else None))
    if not alike:
        ours = Cell("layer3.conv", "conv 3x3", (("stride", "1"), ("padding", "1")), "11x32x32")
        theirs = Cell("body.3.conv", "conv 3x3", (("stride", "2"), ("padding", "1")), "11x16x16")
        lines[10] = Line(ours, theirs, differs=True, deviations=(1,))
        lines[30] = Line(lines[30].reference, None, differs=True, deviations=(2,))
    said = "2 images of 3x33x34, seed 0, in eval mode" if computed else None
    return SideBySide(mode, "2x3x64x64", tuple(lines), said, 1e-9 if computed else None)


def deviating(**changes: object) -> Report:
    """A net with two mistakes, the first of which has a name."""
    stride = Deviation(
        "attribute",
        "both",
        Place("layer3.conv", "body.3.conv"),
        "stride is 2, but should be 1 in the convolution",
        attribute="stride",
        reference=(1, 1),
        candidate=(2, 2),
        places=(Place("layer3.conv", "body.3.conv"),),
        effect={"parameters": 0, "logits": 0.28},
        known_as="a stride in the wrong place",
        link="https://example.org/issues/191",
        repair="set stride=1 in body.3.conv",
        excerpt=(Row("layer3.conv  conv 3x3, stride 1", "body.3.conv  conv 3x3, stride 2", True),),
    )
    relu = Deviation(
        "operator-missing",
        "train",
        Place("layer9.relu", "body.10.conv"),
        "the ReLU is missing, in train mode only",
        count=6,
        places=tuple(Place(f"layer{number}.relu", f"body.{number}.conv") for number in range(9, 15)),
        effect={"parameters": -4096},
    )
    values: dict[str, object] = {
        "known_as": "a_known_net",
        "deviations": (stride, relu),
        "results": (
            Result("input_is_not_modified", "passed", "The input stays as it was.", "a paper"),
            Result("output_is_finite", "failed", "The output is finite.", "another", counterexample="one image"),
        ),
        "parameters": {"candidate": 11_000, "reference": 15_096},
        "compared": ("eval at (2, 3, 64, 64)",),
        "counterexample": "a (1, 3, 4, 5) image, seed 0",
        "notes": ("something to know",),
        "seed": 0,
        "profile": "default",
        "reproduce": "archproof check net.py:made --against reference",
        "versions": {"archproof": "0.1.0", "torch": "2.13.0"},
        "seconds": 12.34,
        "sides": (two_nets(), two_nets("train", computed=False)),
    }
    return Report("net.py:made", "reference", "deviates", **{**values, **changes})  # type: ignore[arg-type]


def identical() -> Report:
    """A net that is the reference."""
    return Report(
        "net.py:made",
        "reference",
        "identical",
        parameters={"candidate": 15_096, "reference": 15_096},
        rules=("global pooling",),
        reproduce="archproof check net.py:made --against reference",
        sides=(two_nets(alike=True), two_nets("train", computed=False, alike=True)),
    )


def failed() -> Report:
    """A net that could not be built."""
    return Report(
        "net.py:made",
        "reference",
        "error",
        error="net.py:made raised while it was built: RuntimeError: no luck (net.py, line 15)",
        reproduce="archproof check net.py:made --against reference",
    )


def nasty() -> Report:
    """A net whose author put markup, quotes, direction marks and endless names wherever a name can stand."""
    place = Place(NASTY, f"{'long.' * 2000}end")
    deviation = Deviation(
        "attribute",
        "both",
        place,
        f"{NASTY} is {NASTY}",
        attribute=NASTY,
        reference=NASTY,
        candidate={NASTY: (NASTY,)},
        places=(place,),
        known_as=NASTY,
        link=f"javascript:{NASTY}",
        repair=NASTY,
        excerpt=(Row(NASTY, NASTY, True), Row(None, NASTY, True)),
        expected=NASTY,
    )
    cell = Cell(NASTY, NASTY, ((NASTY, NASTY),), NASTY)
    other = Cell("x" * 10_000, NASTY, ((NASTY, "other"),), "")
    lines = (Line(cell, other, True, (1,), 0.5), Line(None, cell, True), Line(cell, cell, apart=1e300))
    return Report(
        NASTY,
        NASTY,
        "deviates",
        known_as=NASTY,
        deviations=(deviation,),
        results=(Result(NASTY, "failed", NASTY, NASTY, NASTY),),
        compared=(NASTY,),
        counterexample=NASTY,
        notes=(NASTY, "\ud800 alone"),
        reproduce=NASTY,
        versions={NASTY: NASTY},
        sides=(SideBySide(NASTY, NASTY, lines, NASTY, 1e-9),),
    )


def described() -> Description:
    """A stem, a pool and a linear layer, described by hand."""
    shapes = [(1, 3, 64, 64), (1, 16, 32, 32), (1, 16, 32, 32), (1, 16, 1, 1), (1, 16), (1, 10)]
    kinds = (("conv", "3x3 /2"), ("relu", ""), ("global_avg_pool", ""), ("flatten", ""), ("linear", ""))
    layers = tuple(
        Layer(
            name=f"stem.{kind}",
            path=f"stem.{kind}",
            kind=kind,
            settings=settings,
            inputs=(shapes[at],),
            output=shapes[at + 1],
            formula=("floor((64 - 3 + 2*1)/2) + 1 = 32",) if kind == "conv" else (),
            params=448 if kind == "conv" else 0,
            position=at + 1,
            sources=(at,),
        )
        for at, (kind, settings) in enumerate(kinds)
    )
    totals = Totals(448, 448, 442_368, 442_368, 0.05, 0.1, 0.002)
    modules = {"": "Net", "stem": "Sequential", **{layer.path: layer.kind for layer in layers}}
    return Description("net.py:made", None, shapes[0], (shapes[-1],), layers, totals, modules)
