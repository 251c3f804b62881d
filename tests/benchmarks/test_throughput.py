"""How fast the suite itself is: drawing, predicting, capturing, proving, importing; over depth and image size.

Untimed, only the first of each series runs. What a whole check costs is in ``test_check.py``, an alignment of nets that
differ in ``test_align.py``.
"""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from support.subjects import subject_of

import arches
from properties import strategies as some
from properties.graph.alignment.align import isomorphism
from properties.graph.rules.canonical import canonicalise
from properties.graph.sizes.plan import compile_sizes
from properties.graph.torch.capture import capture

RESNETS = sorted(
    (spec for spec in arches.SPECS if spec.family == "resnet" and spec.torchvision), key=lambda spec: spec.macs.value
)
DRAWN = {
    "images": some.images(),
    "conv_configs": some.conv_configs(),
    "pool_configs": some.pool_configs(),
    "block_configs": some.block_configs(),
    "resnet_configs": some.resnet_configs(),
}
SERIES = {
    "deep": [spec.name for spec in RESNETS],
    "side": [32, 64, 128, 224, 512],
    "drawn": list(DRAWN),
    "module": ["properties.cli", "properties.graph.alignment.align", "properties", "arches"],
}
EXAMPLES = 200
_in_blocks = pytest.mark.benchmark(min_time=0.001)  # microseconds each: one by one they would fill the saved file


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whole series where they are timed, else the first of each."""
    for name, values in SERIES.items():
        if name in metafunc.fixturenames:
            timed = metafunc.config.getoption("benchmark_enable")
            metafunc.parametrize(name, values if timed else values[:1])


def _rate(benchmark, what: str, number: int) -> None:
    """Note how many a second, where there is a time."""
    if benchmark.enabled:
        benchmark.extra_info[f"{what}_per_second"] = number / benchmark.stats["median"]


def test_drawing(benchmark, drawn):
    """Examples per second of a strategy, Hypothesis's own work included."""
    benchmark.group = "draw 200 examples"
    settled = settings(
        max_examples=EXAMPLES, database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )

    def draw() -> int:
        seen = []

        @settled
        @given(DRAWN[drawn])
        def examples(example):
            seen.append(example)

        examples()
        return len(seen)

    number = benchmark(draw)
    _rate(benchmark, "examples", number)

    assert number >= EXAMPLES


@_in_blocks
def test_predicting_sizes_by_depth(benchmark, deep):
    """All of a net's sizes, once its closed form is compiled."""
    benchmark.group = "predict all sizes, by depth"
    plan = compile_sizes(subject_of(deep).graph())
    shapes = benchmark(plan, 2, 224, 224)
    _rate(benchmark, "predictions", 1)

    assert (2, 1000) == shapes[plan.graph.output.inputs[0]]


@_in_blocks
def test_predicting_sizes_by_side(benchmark, side):
    """The image's size costs nothing: no tensor is made."""
    benchmark.group = "predict all sizes of resnet18, by image size"
    plan = compile_sizes(subject_of("resnet18").graph())
    shapes = benchmark(plan, 2, side, side)
    _rate(benchmark, "predictions", 1)

    assert (2, 3, side, side) == shapes[0]


def test_capture_by_depth(benchmark, deep):
    """A net on the meta device to its operators."""
    benchmark.group = "capture, by depth"
    graph = benchmark.pedantic(capture, (subject_of(deep).meta,), {"input_shape": (2, 3, 224, 224)}, rounds=3)
    benchmark.extra_info["operators"] = len(graph)

    assert graph.num_params == sum(parameter.numel() for parameter in subject_of(deep).meta.parameters())


def test_capture_by_side(benchmark, side):
    """Nothing is computed, so large images cost what small ones do."""
    benchmark.group = "capture resnet18, by image size"
    graph = benchmark.pedantic(capture, (subject_of("resnet18").meta,), {"input_shape": (2, 3, side, side)}, rounds=3)

    assert (2, 3, side, side) == graph.ops[0].shape


def test_normal_form_by_depth(benchmark, deep):
    """Rewriting until no rule applies."""
    benchmark.group = "bring to normal form, by depth"
    graph = capture(subject_of(deep).meta, input_shape=(2, 3, 224, 224))

    assert len(benchmark(canonicalise, graph).graph) <= len(graph)


def test_proof_by_depth(benchmark, deep):
    """That two graphs are one, operator by operator."""
    benchmark.group = "prove identity, by depth"
    graph = subject_of(deep).graph()

    assert benchmark(isomorphism, graph, graph).exact


def test_importing(benchmark, module):
    """In a fresh interpreter; the command's modules answer before torch is loaded."""
    benchmark.group = "import"
    benchmark.pedantic(subprocess.run, ([sys.executable, "-c", f"import {module}"],), {"check": True}, rounds=3)
