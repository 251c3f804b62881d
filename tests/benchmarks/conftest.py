"""What the benchmarks share: the device's clock, its ceilings, which ones run untimed, and what to know about a run."""

from __future__ import annotations

import pytest

from properties.bench.measure.ceilings import measure
from properties.bench.measure.machine import describe, fast
from properties.bench.measure.roofline import Ceilings
from properties.bench.measure.timer import Timer, timer_for

NOTES = pytest.StashKey[dict[str, None]]()


@pytest.fixture
def note(pytestconfig: pytest.Config, request: pytest.FixtureRequest):
    """Say a line about a figure, below the tables; each line once."""

    def say(line: str) -> None:
        pytestconfig.stash.setdefault(NOTES, {})[line] = None

    return say


@pytest.fixture(scope="session")
def clock(device: str) -> Timer:
    """The device's clock."""
    if device == "meta":
        pytest.skip("the meta device computes nothing that could be timed")
    return timer_for(device)


@pytest.fixture(autouse=True)
def _on_the_devices_clock(request: pytest.FixtureRequest) -> None:
    """Have pytest-benchmark use the device's clock where a benchmark asks for it."""
    if "clock" in request.fixturenames:
        request.node.add_marker(pytest.mark.benchmark(timer=request.getfixturevalue("clock")))


@pytest.fixture(scope="session")
def ceilings(device: str, clock: Timer):
    """The device's ceilings for a dtype, each measured once and before any net that is held against it."""
    known: dict[str, Ceilings] = {}

    def of(dtype: str) -> Ceilings:
        if dtype not in known:
            with fast():
                known[dtype] = measure(device, clock, [dtype])
        return known[dtype]

    return of


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say where the figures come from, and what was unusual."""
    notes = config.stash.get(NOTES, {})
    if notes:
        machine = describe(config.getoption("device"))
        terminalreporter.section(f"forward passes on {machine['device']}: {machine['name']}")
        for line in notes:
            terminalreporter.write_line(line)
