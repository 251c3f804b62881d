"""What a forward pass costs, counted and not timed: the regressions that no noise hides and no noise fakes."""

from __future__ import annotations

import functools
import itertools

import pytest
import torch
from support.pairs import Net, conv, normal_form
from support.subjects import subject_of
from torch import nn

import arches
from properties.bench.measure import ceilings
from properties.bench.measure.meter import Metered, meter
from properties.bench.measure.roofline import Ceilings, Kernel, at_size, floor_seconds, kernels, moved_bytes
from properties.graph.alignment.align import isomorphism
from properties.subject import Subject
from properties.targets.target import builder

DEEP = 16  # residual blocks; deeper nets have the same blocks, more often
TWINS = [
    pytest.param(spec, id=spec.name, marks=[pytest.mark.slow] if spec.residual_blocks > DEEP else [])
    for spec in arches.SPECS
    if spec.torchvision
]


_subject = functools.cache(subject_of)


def _theirs(spec) -> nn.Module:
    with torch.device("meta"):
        return builder(f"torchvision:{spec.torchvision}")()


# ----------------------------------------------------------------------------------------------- ours and torchvision's
@pytest.mark.parametrize("spec", TWINS)
def test_a_reference_costs_what_torchvisions_net_costs(spec):
    """Operators that are dispatched, multiply-adds, bytes moved, and memory at its fullest."""
    shape = (2, *spec.input_shape)

    assert meter(_theirs(spec), shape) == meter(_subject(spec.name).meta, shape)


@pytest.mark.parametrize(
    "spec",
    [pytest.param(p.values[0], id=p.id, marks=[] if p.id == "resnet18" else [pytest.mark.slow]) for p in TWINS],
)
def test_a_reference_has_torchvisions_graph(spec):
    """In eval mode, proved operator by operator."""
    theirs = Subject(builder(f"torchvision:{spec.torchvision}"), name="theirs", input_shape=spec.input_shape)

    assert isomorphism(_subject(spec.name).graph(), theirs.graph()).exact


@pytest.mark.parametrize(
    ("name", "operators", "giga_macs"),
    [
        ("resnet18", 68, 1.814),
        ("resnet50", 174, 4.089),
        pytest.param("resnet152", 514, 11.514, marks=pytest.mark.slow),
        ("googlenet_torchvision", 195, 1.498),
    ],
)
def test_operators_and_macs_are_those_counted_elsewhere(name, operators, giga_macs):
    """Figures that others counted on torchvision's nets."""
    found = meter(_subject(name).meta, (1, 3, 224, 224))

    assert (operators, giga_macs) == (found.operators, round(found.macs / 1e9, 3))


# ------------------------------------------------------------------------------------------------------------ the meter
def _metered(run, **members) -> Metered:
    return meter(Net(run, **members).to("meta"), (2, 8, 12, 12))


ONE = 2 * 8 * 12 * 12 * 4  # bytes of the tests' image
WEIGHT = 8 * 8 * 3 * 3 * 4


def test_the_meter_counts_by_hand():
    """A convolution reads image and weight and writes one result; 12 x 12 positions of 8 x 8 x 9 multiply-adds each."""
    found = _metered(lambda n, x: n.a(x), a=conv(bias=False))

    assert Metered(1, 2 * 144 * 8 * 8 * 9, 2 * ONE + WEIGHT, 2 * ONE) == found


def test_the_meter_sees_one_operator_too_many():
    """A copy that changes nothing: one operator, two passes over memory, one more result alive."""
    lean = _metered(lambda n, x: n.a(x).relu_(), a=conv(bias=False))
    fat = _metered(lambda n, x: n.a(x).relu_().clone(), a=conv(bias=False))

    assert (1, 0, 2 * ONE, ONE) == (
        fat.operators - lean.operators,
        fat.macs - lean.macs,
        fat.bytes_moved - lean.bytes_moved,
        fat.peak_bytes - lean.peak_bytes,
    )


def test_the_meter_sees_what_is_kept_too_long():
    """Same operators, but the first result lives until the last one is made."""

    def lean(n, x):
        y = n.a(x)
        y = n.a(y)
        return n.a(y)

    def fat(n, x):
        first = n.a(x)
        second = n.a(first)
        return n.a(second)

    counts = [_metered(run, a=conv()) for run in (lean, fat)]

    assert counts[0].operators == counts[1].operators
    assert (3 * ONE, 4 * ONE) == tuple(found.peak_bytes for found in counts)


def test_views_are_free_and_work_in_place_is_not():
    """Reshaping moves nothing; an activation in place reads and writes, and needs no memory."""
    found = _metered(lambda n, x: n.a(x).relu_().flatten(1)[:, None], a=conv(bias=False))

    assert (2, 4 * ONE + WEIGHT, 2 * ONE) == (found.operators, found.bytes_moved, found.peak_bytes)


def test_the_meter_leaves_the_mode_alone():
    """It counts in eval mode."""
    net = Net(lambda n, x: n.d(x), d=nn.Dropout()).to("meta").train()

    assert 0 == meter(net, (2, 8, 12, 12)).operators
    assert net.training


# --------------------------------------------------------------------------------------------------------- the roofline
SCALARS = 2 * 8 * 12 * 12
CEILINGS = Ceilings(4.3e12, {"bfloat16": 790e12 / 2})  # 790e12 operations are half as many macs


def test_a_kernel_takes_what_stands_behind_it():
    """Convolution, norm, addition and activation are one kernel: two images read, one written, each tensor once."""
    net = Net(lambda n, x: (n.b(n.a(x)) + x).relu(), a=conv(bias=False), b=nn.BatchNorm2d(8))
    (found,) = kernels(normal_form(net).graph)

    assert Kernel("a", 2 * 144 * 8 * 8 * 9, 2 * SCALARS + 8 * 8 * 9 + 4 * 8) == found  # x is read by one kernel, once


def test_a_result_that_two_read_is_written():
    """It cannot stay inside a kernel."""
    net = Net(lambda n, x: (lambda y: y.sigmoid() + y.tanh())(n.a(x)), a=conv(bias=False))
    found = kernels(normal_form(net).graph)

    assert ["a", "(sigmoid)", "(tanh)"] == [kernel.label for kernel in found]
    assert [2 * SCALARS + 8 * 8 * 9, 2 * SCALARS, 3 * SCALARS] == [kernel.scalars for kernel in found]


def test_joining_is_free():
    """Both parts can be written where they belong."""
    net = Net(lambda n, x: torch.cat([n.a(x), n.b(x)], 1), a=conv(bias=False), b=conv(bias=False))

    assert ["a", "b"] == [kernel.label for kernel in kernels(normal_form(net).graph)]


def test_each_kernel_takes_the_longer_of_computing_and_moving():
    """One that computes and one that moves."""
    found = (Kernel("computes", 1000, 1), Kernel("moves", 1, 500))
    limits = Ceilings(4.0, {"float32": 10.0, "tfloat32": 100.0})

    assert 1000 / 10 + 500 * 4 / 4 == floor_seconds(found, "float32", limits)
    assert 1000 / 100 + 500 * 4 / 4 == floor_seconds(found, "float32", limits, compute="tfloat32")
    assert 501 * 2 == moved_bytes(found, "bfloat16")


@pytest.mark.parametrize(
    ("name", "milliseconds"),
    [
        ("resnet18", 1.35),
        pytest.param("resnet50", 4.25, marks=pytest.mark.slow),
        pytest.param("resnet152", 10.1, marks=pytest.mark.slow),
        pytest.param("googlenet_torchvision", 1.89, marks=pytest.mark.slow),
    ],
)
def test_the_floor_is_the_one_computed_elsewhere(name, milliseconds):
    """Batch 256 in bfloat16 at 790 TFLOP/s and 4.3 TB/s; pools and fusing leave room for 5 %."""
    found = kernels(at_size(_subject(name).graph(), 256, 224, 224))

    assert milliseconds == pytest.approx(1e3 * floor_seconds(found, "bfloat16", CEILINGS), rel=0.05)


def test_ceilings_are_bytes_and_multiply_adds_per_second(monkeypatch):
    """On a clock that moves a second with each reading: what was read and written, and the cube of the side."""
    monkeypatch.setitem(ceilings._SIZES, "cpu", (4096, 16))
    seconds = itertools.count()
    found = ceilings.measure("cpu", lambda: float(next(seconds)), ["float32", "bfloat16"])

    assert Ceilings(4096.0, {"float32": 16.0**3, "bfloat16": 16.0**3}) == found


def test_a_graph_at_another_size_is_the_one_captured_there():
    """By the closed forms, without another capture."""
    with torch.device("meta"):
        net = arches.cifar10_net()
    subject = _subject("cifar10_net")

    assert normal_form(net, shape=(5, 3, 32, 32)).graph.ops[:-1] == at_size(subject.graph(), 5, 32, 32).ops[:-1]
