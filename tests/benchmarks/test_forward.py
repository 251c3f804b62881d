"""Forward passes of every reference beside torchvision's net with the same weights.

``pytest -k resnet --benchmark-only`` times them on the GPU, if there is one. Each is held against float64 first. The
two take turns, and a reference that is slower than torchvision's net fails; ``extra_info`` has the ratio.
Untimed, as in a plain run, the smallest reference goes through all of it but the clock. On a CPU one image is measured
for a short time, so that the command takes two minutes; ``--benchmark-thorough`` measures there as elsewhere.
"""

from __future__ import annotations

import functools
import gc
import sys
from typing import NamedTuple

import pytest
import torch

import arches
from properties.bench.measure.cases import Case, batches, cases
from properties.bench.measure.contest import Contest, WrongOutput, enter
from properties.bench.measure.machine import fast, tensor_cores
from properties.bench.measure.modes import ModeError, Unavailable
from properties.bench.measure.pairing import Pairing, paired
from properties.bench.measure.record import costs, figures, verdict
from properties.bench.measure.timer import calls_per_block, warm_up
from properties.subject import Subject

ROUNDS = 20  # at most, for each row of pytest-benchmark's table


class Budget(NamedTuple):
    """What is spent on an arm: calls and seconds to warm up, seconds in turns with the other, and alone."""

    calls: int
    warm: float
    turns: float
    alone: float


THOROUGH, BRIEF = Budget(10, 0.5, 2.0, 1.0), Budget(3, 0.2, 0.5, 0.1)
_subject = functools.cache(Subject.of)


def _selected(config: pytest.Config) -> dict[str, Case]:
    device = config.getoption("device")
    if not config.getoption("benchmark_enable"):
        smallest = min((spec for spec in arches.SPECS if spec.torchvision), key=lambda spec: spec.num_params.value)
        uncompiled = cases([smallest], "cpu", ("ladder",), batch=[1])[:3:2]
        return {str(case): case for case in uncompiled}
    modes, batch = config.getoption("benchmark_modes"), config.getoption("benchmark_batches")
    if _is_brief(config) and modes == ("default",):
        batch = batch or batches(device)[:1]
    found = cases(arches.SPECS, device, modes, batch=batch, side=config.getoption("benchmark_side"))
    return {str(case): case for case in found}


def _is_brief(config: pytest.Config) -> bool:
    return config.getoption("device") == "cpu" and not config.getoption("benchmark_thorough")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each case, and beside it one for torchvision's net where there is one."""
    if "case" in metafunc.fixturenames:
        selected = _selected(metafunc.config)
        rows = [(key, side) for key, case in selected.items() for side in ("", "torchvision") if _has(case, side)]
        ids = ["-".join(filter(None, row)) for row in rows]
        metafunc.parametrize(("case", "opponent"), rows, ids=ids)


def _has(case: Case, opponent: str) -> bool:
    return not opponent or case.spec.torchvision is not None


class Arena:
    """The contest that is on, kept for both of its tests; one at a time, as memory is finite."""

    def __init__(self, device: str) -> None:
        self.device = device
        self._key: Case | None = None
        self._contest: Contest | Exception | None = None
        self.pairing: Pairing | None = None

    def contest(self, case: Case) -> Contest:
        """The case made ready; what went wrong with it goes wrong again for its second test."""
        if case != self._key:
            self.close()
            self._key = case
            try:
                self._contest = enter(case, self.device)
            except (WrongOutput, ModeError, MemoryError, Unavailable) as error:
                self._contest = error.with_traceback(None)
        if isinstance(self._contest, Unavailable):
            pytest.skip(str(self._contest))
        if isinstance(self._contest, Exception):
            pytest.fail(str(self._contest), pytrace=False)
        return self._contest

    def close(self) -> None:
        """Give back what the contest held."""
        self._key = self._contest = self.pairing = None
        if "torch._dynamo" in sys.modules:  # else nothing was compiled, and loading it takes seconds
            torch.compiler.reset()
        gc.collect()
        if self.device == "cuda":
            torch.cuda.empty_cache()


@pytest.fixture(scope="module")
def arena(device: str):
    """Where the two meet."""
    found = Arena(device)
    yield found
    found.close()


def test_forward(benchmark, case, opponent, arena, device, clock, ceilings, note, pytestconfig):
    """A reference is as fast as torchvision's net of the same weights, as far as the machine's noise lets one see."""
    chosen = _selected(pytestconfig)[case]
    benchmark.group = case
    budget = BRIEF if _is_brief(pytestconfig) else THOROUGH
    ceiling = ceilings(chosen.dtype) if benchmark.enabled else None
    with torch.inference_mode(), fast(), tensor_cores(chosen.dtype == "tfloat32"):
        contest = arena.contest(chosen)
        arm = contest.theirs if opponent else contest.ours
        for line in contest.notes:
            note(line)
        if arm is None:
            pytest.skip(contest.notes[0])
        if ceiling is None:
            benchmark(arm.run)
            return
        seconds = warm_up(arm.run, clock, calls=budget.calls, seconds=budget.warm)
        calls = calls_per_block(seconds)
        if contest.theirs and not opponent:
            warm_up(contest.theirs.run, clock, calls=budget.calls, seconds=budget.warm)
            arena.pairing = paired(arm.run, contest.theirs.run, clock, calls=calls, seconds=budget.turns)
        rounds = min(ROUNDS, max(5, int(budget.alone / (calls * seconds))))
        benchmark.pedantic(arm.run, rounds=rounds, iterations=calls)
        pairing, blocks = arena.pairing, benchmark.stats.stats.data
        if pairing is not None:  # what was measured in turns fits together better than what was measured in a row
            blocks = pairing.second if opponent else pairing.first
        benchmark.extra_info.update(figures(contest, arm, blocks, calls))
    benchmark.extra_info.update(costs(contest, _subject(chosen.spec), ceiling))
    if device == "cpu":
        note("on a CPU the usual sizes are small; --benchmark-batches=32 --benchmark-side=224 asks for others")
        if budget is BRIEF:
            note("and little time is spent; --benchmark-thorough spends as much as on a GPU, with every size")
    if pairing is not None and not opponent:
        benchmark.extra_info.update(verdict(pairing))
        if pairing.is_noisy:
            note(f"{case}: the machine was too restless to see 5 %: {pairing}")
        assert not pairing.is_slower, f"{case} takes {pairing} times as long as torchvision's net"
