"""Rules about windows, borders and parts on operators whose settings are drawn: wherever a rule fires it is true."""

from math import inf

import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.interpreter import value_of
from support.sides import faults
from support.steps import steps

from properties.graph.ir import Op, OpGraph

SHAPES = st.tuples(st.integers(1, 2), st.just(2), st.integers(2, 9), st.integers(2, 9))
PAIRS = st.tuples(st.integers(1, 4), st.integers(1, 4))
BORDERS = st.tuples(st.integers(0, 2), st.integers(0, 2))


@st.composite
def windows(draw: st.DrawFn) -> OpGraph:
    """An image, perhaps without negative values and with a border, and then pools."""
    row = Row(draw(SHAPES))
    if draw(st.booleans()):
        row.add("relu")
    if draw(st.booleans()):
        sides = draw(st.one_of(BORDERS.map(lambda both: [(side, side) for side in both]), st.tuples(BORDERS, BORDERS)))
        value = draw(st.sampled_from((0.0, -inf, 1.0)))
        row.add("pad", padding=((0, 0), (0, 0), *sides), mode="constant", value=value)
    for kind in draw(st.lists(st.sampled_from(("max", "avg", "adaptive_max", "adaptive_avg")), min_size=1, max_size=2)):
        if kind.startswith("adaptive"):
            row.add(f"{kind}_pool", output_size=draw(PAIRS))
            continue
        whole = draw(st.sampled_from((False, False, True)))
        kernel = tuple(row.shape[2:]) if whole else draw(PAIRS)
        common = {"kernel_size": kernel, "stride": draw(PAIRS), "padding": draw(st.just((0, 0)) | BORDERS)}
        own = (
            {"dilation": draw(st.just((1, 1)) | PAIRS)} if kind == "max" else {"count_include_pad": draw(st.booleans())}
        )
        if kind == "avg":
            own["divisor_override"] = draw(st.sampled_from((None, None, 1, 3)))
        row.add(f"{kind}_pool", **common, ceil_mode=draw(st.booleans()), **own)
    return row.graph()


@st.composite
def cuts(draw: st.DrawFn) -> OpGraph:
    """An image taken apart, reshaped, joined with itself, with zeros, and written over."""
    row = Row(draw(SHAPES))
    for kind in draw(st.lists(st.sampled_from(CUTS), min_size=2, max_size=5)):
        dim = draw(st.integers(0, len(row.shape) - 1))
        size = row.shape[dim]
        start = draw(st.integers(0, size - 1))
        end = draw(st.integers(start + 1, size))
        if kind == "slice":
            row.add("slice", dim=dim, start=start, end=end, step=draw(st.sampled_from((1, 1, 2))))
        elif kind == "select" and len(row.shape) > 1:
            row.add("select", dim=dim, index=start)
        elif kind == "zeros":
            whole, wide = row.last, draw(st.integers(1, 2))
            zeros = row.zeros((*row.shape[:dim], wide, *row.shape[dim + 1 :]))
            row.add("cat", *draw(st.sampled_from(((zeros, whole), (whole, zeros), (zeros, whole, zeros)))), dim=dim)
        elif kind == "halves" and size > 1:
            whole = row.last
            first = row.add("slice", whole, dim=dim, start=0, end=max(start, 1), step=1)
            second = row.add("slice", whole, dim=dim, start=max(start, 1), end=size, step=1)
            row.add("cat", first, second, dim=dim)
        elif kind == "twice":
            row.add("cat", row.last, row.last, dim=dim)
        elif kind == "put":
            whole = row.last
            part = row.add("tanh", row.add("slice", whole, dim=dim, start=start, end=end, step=1))
            row.add("put", whole, part, view="slice", dim=dim, start=start, end=end, step=1)
        elif kind == "cut up" and size % 2 == 0:
            shape = (*row.shape[:dim], 2, size // 2, *row.shape[dim + 1 :])
            row.add("reshape", to=shape, shape=shape)
    return row.graph()


CUTS = ("slice", "slice", "select", "zeros", "halves", "twice", "put", "cut up")


class Row:
    """A graph that grows; the interpreter says which size each result has."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.ops = [Op("input", attributes={"slot": 0}, shape=shape)]
        self.values = [torch.zeros(shape)]

    @property
    def last(self) -> int:
        """Where the last result stands."""
        return len(self.ops) - 1

    @property
    def shape(self) -> tuple[int, ...]:
        """Its size."""
        return self.ops[-1].shape

    def add(self, kind: str, *inputs: int, to: tuple[int, ...] = (), **attributes: object) -> int:
        """One more operator, of the last result if none is named; what torch rejects is not drawn."""
        read = () if kind == "full" else inputs or (self.last,)
        op = Op(kind, read, attributes, shape=to)
        try:
            value = value_of(op, [self.values[source] for source in read], {}, torch.float32)
        except RuntimeError:
            assume(False)
        assume(kind == "pad" or bool(value.isfinite().all()))  # no window is all border
        self.ops.append(op.with_(shape=tuple(value.shape)))
        self.values.append(value)
        return self.last

    def zeros(self, shape: tuple[int, ...]) -> int:
        """Zeros of this size."""
        return self.add("full", to=shape, shape=shape, value=0.0, dtype="float32")

    def graph(self) -> OpGraph:
        """All of it."""
        return OpGraph((*self.ops, Op("output", (self.last,), {"paths": ("",)}, shape=self.shape)))


def check(graph: OpGraph, seed: int) -> None:
    """Hold every rule that fires to its evidence."""
    shape = graph.ops[0].shape
    image = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)

    assert [] == [(step.rule.name, fault) for step in steps(graph, "C") for fault in faults(step, {}, image)]


@settings(max_examples=60)
@given(windows(), st.integers(0, 99))
def test_rules_about_windows_are_true_for_all_settings(graph, seed):
    """Kernels, strides, borders, dilations, ceil mode, divisors and bins, as far as torch takes them."""
    check(graph, seed)


@settings(max_examples=60)
@given(cuts(), st.integers(0, 99))
def test_rules_about_parts_are_true_for_all_settings(graph, seed):
    """Parts of parts, of joined and of reshaped tensors, zeros beside them, and parts that are written over."""
    check(graph, seed)
