"""The table of stages."""

from properties.render.timings import timing_lines
from properties.report import Report, Timing


def test_a_line_for_each_stage_and_one_for_all():
    """Seconds, their share of the whole, and what of them was waiting."""
    report = Report("mine", "theirs", "identical", timings=(Timing("starting", 1.0), Timing("tracing", 3.0, 0.5)))

    assert [
        "stage     seconds  share  waiting for the candidate",
        "starting     1.00    25%                       0.00",
        "tracing      3.00    75%                       0.50",
        "in all       4.00   100%                       0.50",
    ] == list(timing_lines(report))


def test_a_check_that_never_began_has_none():
    """As a mistake in a table of candidates."""
    assert [] == list(timing_lines(Report("mine", "", "error", error="misspelt")))
