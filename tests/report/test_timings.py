"""The time of each stage of a check."""

import pytest

from properties.report.timings import Clock, Timing


@pytest.fixture
def now():
    """Seconds that pass when the test says so."""
    return [10.0]


@pytest.fixture
def announced():
    """What was announced."""
    return []


@pytest.fixture
def clock(now, announced):
    """A clock of those seconds; the check began two of them ago."""
    return Clock(announced.append, began=8.0, now=lambda: now[0])


def test_a_stage_lasts_until_the_next(clock, now, announced):
    """The first is what comes before any is announced, the last goes on."""
    clock("building")
    now[0] = 13.0
    clock("tracing")
    now[0] = 14.0

    assert ["building", "tracing"] == announced
    assert (Timing("starting", 2.0), Timing("building", 3.0), Timing("tracing", 1.0)) == clock.timings()
    assert 6.0 == clock.seconds


def test_turns_of_one_stage_are_added_up(clock, now):
    """It stands where it first began."""
    for moment, stage in [(10.0, "tracing"), (11.0, "aligning"), (14.0, "tracing")]:
        now[0] = moment
        clock(stage)
    now[0] = 19.0

    assert [("starting", 2.0), ("tracing", 6.0), ("aligning", 3.0)] == [
        (timing.stage, timing.seconds) for timing in clock.timings()
    ]


def test_waiting_is_credited_to_the_stages_it_reaches_into(clock, now):
    """Also where a stage begins while the judge waits."""
    clock("tracing")
    now[0] = 11.0
    clock.wait(True)
    now[0] = 13.0
    clock("aligning")
    now[0] = 16.0
    clock.wait(False)
    now[0] = 20.0

    assert (Timing("starting", 2.0), Timing("tracing", 3.0, 2.0), Timing("aligning", 7.0, 3.0)) == clock.timings()


def test_asking_for_the_times_changes_none(clock, now):
    """They can be asked for at any moment."""
    now[0] = 11.0
    clock.timings()
    now[0] = 12.0

    assert (Timing("starting", 4.0),) == clock.timings()
