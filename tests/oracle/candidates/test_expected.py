"""Expected failures: read from a file, marked in a report, and never longer-lived than their reasons."""

from dataclasses import replace

import pytest

from properties.errors import TargetError
from properties.oracle.candidates.expected import Expected, apply, read
from properties.report import Deviation, Place, Report, Result, identifier, identifiers

STRIDE = Deviation("attribute", "both", Place("layer2.0.conv1", "l2.a"), "stride is 2, but should be 1", "stride", 1, 2)
EPS = Deviation("attribute", "both", Place("bn1", "n"), "eps is 1e-3, but should be 1e-5", "eps", count=53)
DROPOUT = Deviation("operator-extra", "train", Place("fc", None), "a dropout too many")
EXTRA = Deviation("parameter", "both", Place(None, "spare.weight"), "never read", "registered")
FAILS = Result("logits_are_finite", "failed", "The logits are finite.", "a paper", "nan")
HOLDS = replace(FAILS, name="mode_returns", status="passed", counterexample=None)
REPORT = Report("mine.py:net", "resnet50", "deviates", deviations=(STRIDE, DROPOUT), results=(FAILS, HOLDS))

STRIDE_EXPECTED = Expected("attribute:stride:layer2.0.conv1", "second version", "https://example.org/1")
DROPOUT_EXPECTED = Expected("operator-extra:fc in train", "wanted", "https://example.org/2")
FAILS_EXPECTED = Expected("logits_are_finite", "division by zero", "https://example.org/3")


@pytest.mark.parametrize(
    ("deviation", "name"),
    [
        (STRIDE, "attribute:stride:layer2.0.conv1"),
        (EPS, "attribute:eps:bn1 x53"),
        (DROPOUT, "operator-extra:fc in train"),
        (EXTRA, "parameter:registered:spare.weight"),
    ],
)
def test_a_deviation_has_a_name_that_lasts(deviation, name):
    """Kind, attribute, the reference's place, how often and in which mode; no values, no words."""
    assert name == identifier(deviation)
    assert name == identifier(replace(deviation, message="in other words", candidate=7))


def test_what_differs_has_another_name():
    """One entry never hides a second mistake."""
    others = [
        replace(EPS, count=52),
        replace(EPS, mode="train"),
        replace(EPS, kind="wiring"),
        replace(EPS, attribute="momentum"),
        replace(EPS, where=Place("bn2", "n")),
    ]
    assert 6 == len({identifier(deviation) for deviation in (EPS, *others)})


def test_two_deviations_of_one_name_are_told_apart():
    """An entry covers one of them, and the other still decides."""
    report = replace(REPORT, deviations=(STRIDE, replace(STRIDE, candidate=4)), results=())
    second = replace(STRIDE_EXPECTED, name=f"{STRIDE_EXPECTED.name} #2")

    assert (STRIDE_EXPECTED.name, second.name) == identifiers(report.deviations)
    assert 1 == apply(report, [STRIDE_EXPECTED]).exit_status
    assert 0 == apply(report, [STRIDE_EXPECTED, second]).exit_status


def test_a_report_of_nothing_but_the_expected_has_status_0():
    """It stays a deviation in the report, with its reason, and does not decide."""
    found = apply(REPORT, [STRIDE_EXPECTED, DROPOUT_EXPECTED, FAILS_EXPECTED])

    assert ("deviates", 0, True) == (found.verdict, found.exit_status, found.as_expected)
    assert ["second version, https://example.org/1", "wanted, https://example.org/2"] == [
        deviation.expected for deviation in found.deviations
    ]
    assert [("xfail", "nan"), ("passed", None)] == [(r.status, r.counterexample) for r in found.results]
    assert () == found.notes
    found.raise_for_deviations()


@pytest.mark.parametrize("listed", [[], [STRIDE_EXPECTED], [DROPOUT_EXPECTED, FAILS_EXPECTED]])
def test_one_deviation_more_decides(listed):
    """A report with anything unexpected is a failure."""
    assert (1, False) == (apply(REPORT, listed).exit_status, apply(REPORT, listed).as_expected)


@pytest.mark.parametrize("status", ["passed", "implied"])
def test_an_expected_failure_that_passes_is_a_failure(status):
    """The list is strict: what was repaired must be taken off it."""
    report = Report("mine.py:net", "resnet50", "identical", results=(replace(FAILS, status=status),))
    assert 0 == report.exit_status

    found = apply(report, [FAILS_EXPECTED])

    assert (1, "failed") == (found.exit_status, found.results[0].status)
    assert "expected to fail (division by zero, https://example.org/3), but passes" in str(
        found.results[0].counterexample
    )


def test_what_fits_nothing_is_named():
    """A spelling mistake, or a deviation that is gone, is a note and no failure."""
    clean = Report("mine.py:net", "resnet50", "identical", results=(replace(FAILS, status="skipped"),))

    found = apply(clean, [STRIDE_EXPECTED, FAILS_EXPECTED])

    assert 0 == found.exit_status
    assert 2 == len(found.notes)
    assert "'attribute:stride:layer2.0.conv1' did not occur" in found.notes[0]
    assert "'logits_are_finite' was not run" in found.notes[1]


def test_entries_for_another_candidate_are_passed_over():
    """One file may serve several candidates, and the nearer entry gives the reason."""
    other = replace(STRIDE_EXPECTED, candidate="other.py:net")
    own = replace(STRIDE_EXPECTED, candidate="mine.py:net", reason="ours")

    assert [None, None] == [deviation.expected for deviation in apply(REPORT, [other]).deviations]
    assert () == apply(REPORT, [other]).notes
    assert "ours, https://example.org/1" == apply(REPORT, [own, STRIDE_EXPECTED, other]).deviations[0].expected


def test_a_net_that_could_not_be_judged_stays_so():
    """An error is never expected."""
    report = Report("mine.py:net", "resnet50", "error", error="it raised")

    assert report == apply(report, [STRIDE_EXPECTED])


TABLE = '[[expected]]\nname = "a"\nreason = "b"\nlink = "c"\n'


def test_a_file_is_read(tmp_path):
    """In its order, with or without a candidate; an empty file expects nothing."""
    (tmp_path / "list.toml").write_text(f'{TABLE}{TABLE}candidate = "mine.py:net"\n')
    (tmp_path / "empty.toml").write_text("# nothing yet\n")

    assert (Expected("a", "b", "c"), Expected("a", "b", "c", "mine.py:net")) == read(tmp_path / "list.toml")
    assert () == read(str(tmp_path / "empty.toml"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TABLE + TABLE, "table 2 has 'a' a second time"),
        (TABLE.replace('reason = "b"\n', ""), "table 1 has no reason"),
        (TABLE.replace('link = "c"\n', ""), "table 1 has no link"),
        (TABLE.replace('name = "a"\n', ""), "table 1 has no name"),
        (TABLE.replace('"b"', '" "'), "reason must be a text that is not empty"),
        (TABLE.replace('"b"', "3"), "reason must be a text that is not empty, got 3"),
        (TABLE + 'reasn = "d"\n', "the key 'reasn'; did you mean reason"),
        ("expected = 3\n", "nothing else, got 'expected'"),
        ("expected = [3]\n", "must be a table, got 3"),
        (TABLE + "[[xfail]]\n", "nothing else, got 'xfail'"),
        ("name: a\n", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
    ],
)
def test_a_malformed_file_is_one_line(tmp_path, content, said):
    """It names the file, the table and what is wrong with it."""
    path = tmp_path / "list.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(TargetError, match=said) as caught:
        read(path)

    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path):
    """Absent files and folders alike."""
    with pytest.raises(TargetError, match="no such file"):
        read(tmp_path / "absent.toml")
    with pytest.raises(TargetError, match="is a directory"):
        read(tmp_path)
