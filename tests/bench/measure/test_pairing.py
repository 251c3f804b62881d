"""Two callables that take turns: what is flagged and what is not, on a clock that the test moves."""

from __future__ import annotations

import random

import pytest
import torch

from properties.bench.measure.pairing import interval, paired, spread
from properties.bench.measure.timer import CudaStamp, block_seconds, calls_per_block, timer_for, warm_up


class Clock:
    """A clock that stands still but for the work done: jitter, a machine that slows down, and interruptions."""

    def __init__(self, *, seed: int = 0, jitter: float = 0.01, drift: float = 0.0, hiccups: float = 0.0) -> None:
        self.now = 0.0
        self.calls: list[str] = []
        self._draw, self._jitter, self._drift, self._hiccups = random.Random(seed), jitter, drift, hiccups

    def __call__(self) -> float:
        """The time."""
        return self.now

    def work(self, seconds: float, name: str = ""):
        """A callable that takes about so long."""

        def run() -> None:
            self.calls.append(name)
            factor = max(0.1, self._draw.gauss(1, self._jitter)) * (1 + self._drift * self.now)
            self.now += seconds * factor * (2 if self._draw.random() < self._hiccups else 1)

        return run


def _pairing(ratio: float, **noise: float):
    clock = Clock(**noise)
    return paired(clock.work(0.02 * ratio), clock.work(0.02), clock)


@pytest.mark.parametrize("seed", range(10))
def test_a_slowdown_of_five_percent_is_flagged(seed):
    """Whatever the noise of an ordinary machine does."""
    found = _pairing(1.05, seed=seed, drift=0.01, hiccups=0.03)

    assert "slower" == found.verdict
    assert found.ratio.low < 1.05 < found.ratio.high + 0.01


def test_twenty_runs_of_a_net_against_itself_raise_no_alarm():
    """The same with nothing to find."""
    verdicts = [_pairing(1.0, seed=seed, drift=0.01, hiccups=0.03).verdict for seed in range(20)]

    assert ["same"] * 20 == verdicts


def test_a_speedup_is_no_alarm():
    """It is said as such."""
    found = _pairing(0.9)

    assert ("faster", False) == (found.verdict, found.is_slower)


def test_a_restless_machine_is_said_to_be_one():
    """Where noise alone moves the ratio by more, five percent are neither flagged nor declared absent."""
    found = _pairing(1.05, jitter=0.4)

    assert ("noisy", True, False) == (found.verdict, found.gate > 0.05, found.is_slower)


def test_a_steady_drift_meets_both_arms_alike():
    """A machine that becomes ten times as slow in the course of the run changes no ratio: A B B A."""
    found = _pairing(1.0, jitter=0.0, drift=0.5)

    assert 1.0 == pytest.approx(found.ratio.median, abs=2e-3)


def test_the_arms_take_turns_and_the_first_meets_itself():
    """A round is A B B A and then A A A A, each block of as many calls as were asked for."""
    clock = Clock()
    paired(clock.work(1, "a"), clock.work(1, "b"), clock, calls=2, seconds=0, fewest=1)

    assert "aabbbbaa" + "aaaaaaaa" == "".join(clock.calls)


def test_rounds_fit_into_the_time_that_is_given():
    """Between the fewest and the most."""
    rounds = []
    for seconds in (0, 16, 1e6):
        clock = Clock(jitter=0)
        rounds.append(len(paired(clock.work(0.1), clock.work(0.1), clock, seconds=seconds, most=30).first) // 2)

    assert [10, 20, 30] == rounds


def test_the_interval_holds_the_median_and_is_reproducible():
    """Same values, same interval."""
    values = [random.Random(3).gauss(1, 0.1) for _ in range(30)]
    found = interval(values)

    assert found == interval(values)
    assert found.low <= found.median <= found.high
    assert (1.0, 1.0, 1.0) == (interval([1.0]).low, interval([1.0]).median, interval([1.0]).high)
    with pytest.raises(ValueError, match="empty"):
        interval([])


def test_the_spread_is_the_fifths():
    """20 %, 50 % and 80 % of the numbers from 0 to 100."""
    assert (20.0, 50.0, 80.0) == spread([float(n) for n in range(101)])
    assert (7.0, 7.0, 7.0) == spread([7.0])


def test_warming_up_takes_calls_and_seconds():
    """Both at least: a fast net is called more often, a slow one for longer."""
    fast, slow = Clock(jitter=0), Clock(jitter=0)

    assert 0.01 == pytest.approx(warm_up(fast.work(0.01), fast))
    assert 3.0 == pytest.approx(warm_up(slow.work(3.0), slow))
    assert len(fast.calls) in (50, 51)
    assert 10 == len(slow.calls)


@pytest.mark.parametrize(("seconds", "calls"), [(0.02, 1), (0.01, 1), (0.003, 4), (1e-5, 1000)])
def test_a_block_takes_ten_milliseconds(seconds, calls):
    """As many calls as that takes."""
    clock = Clock(jitter=0)

    assert calls == calls_per_block(seconds)
    assert block_seconds(clock.work(seconds), clock, calls) >= 0.01 - 1e-9


def test_cuda_stamps_subtract_to_seconds_once_the_work_is_done(monkeypatch):
    """They are events: recorded at once, waited for when subtracted, in milliseconds."""
    queue = []

    class Event:
        def __init__(self, *, enable_timing):
            assert enable_timing

        def record(self):
            queue.append("record")
            self.at = 2.5 * len(queue)

        def synchronize(self):
            queue.append("wait")

        def elapsed_time(self, later):
            assert "wait" in queue
            return later.at - self.at

    monkeypatch.setattr(torch.cuda, "Event", Event)
    start, end = CudaStamp(), CudaStamp()

    assert 0.0025 == end - start
    assert ["record", "record", "wait"] == queue


def test_a_device_without_a_clock_is_refused():
    """The meta device computes nothing."""
    assert timer_for("cuda") is CudaStamp
    with pytest.raises(ValueError, match="'meta'"):
        timer_for("meta")
