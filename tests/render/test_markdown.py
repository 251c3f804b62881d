"""Reports as Markdown: what GitHub shows of a job."""

import pytest

from properties.render.destinations import write_pages, write_summary
from properties.render.markdown import counted, markdown
from properties.report import Deviation, Place, Report, Result

EPS = Deviation(
    "attribute",
    "both",
    Place("bn1", "norm"),
    "eps is 0.001, but should be 1e-05 in 53 batch norms",
    known_as="TensorFlow's epsilon",
    link="https://example.org/eps",
)
GOOD = Report(
    "m:net",
    "alexnet",
    "identical",
    results=tuple(
        Result(f"p{number}", status, "It holds.", "a paper", why)
        for number, (status, why) in enumerate(
            [("passed", None), ("implied", None), ("implied", None), ("skipped", None), ("skipped", "could not be run")]
        )
    ),
)
BAD = Report("m:other", "vgg16", "deviates", deviations=(EPS,), reproduce="archproof check m:other --against vgg16")


def test_the_table_says_how_many_are_as_they_should_be():
    """A heading with the denominator, and a row for each candidate and each entry that could not be used."""
    text = markdown({"m:net": GOOD, "m:other": BAD}, mistakes={"m:third": "has no reference"})

    assert text.startswith("## archproof: 1 of 3 candidates as they should be\n")
    assert (
        "| `m:net` | `alexnet` | :white_check_mark: identical | 0 | 1 hold, 2 follow from the graph, 1 do not apply,"
        " 1 could not be checked |"
    ) in text
    assert "| `m:other` | `vgg16` | deviates | 1 | not checked |" in text
    assert "| `m:third` | | error | | has no reference |" in text


def test_a_deviation_has_its_name_its_link_and_the_whole_report():
    """What `archproof check` prints can be unfolded; a candidate that conforms needs no section."""
    text = markdown({"m:net": GOOD, "m:other": BAD})

    assert (
        "- eps is 0.001, but should be 1e-05 in 53 batch norms ([TensorFlow's epsilon](https://example.org/eps))"
        in (text)
    )
    assert "reproduce  archproof check m:other --against vgg16\n" in text
    assert "### `m:other`" in text
    assert "### `m:net`" not in text


@pytest.mark.parametrize(
    "name", ["a|b", "`code`", "<script>alert(1)</script>", "**bold**", "line\nbreak", "```\nfence", "[x](y)", "<!--"]
)
def test_a_strangers_names_mean_nothing_to_markdown(name):
    """Outside code spans and fenced blocks nothing of a name is left that Markdown or a table could read."""
    deviation = Deviation("wiring", "both", Place(name, name), f"{name} is missing", known_as=name, link=f"x:{name}")
    text = markdown({name: Report(name, name, "deviates", deviations=(deviation,))})
    fences = [line for line in text.splitlines() if line.strip("`") in ("", "text") and line.startswith("```")]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    (bullet,) = [line for line in text.splitlines() if line.startswith("- ")]

    assert 2 == len(fences)
    assert fences[1] not in name
    assert 3 == len(rows)
    assert 6 == rows[2].replace("\\|", "").count("|")
    for mark in "|`<*[":
        assert mark not in bullet.replace(f"\\{mark}", "")


def test_the_counts_are_a_sentence():
    """Every status has its words, and those that do not occur are left out."""
    assert "20 hold, 6 follow from the graph, 2 do not apply" == counted({"passed": 20, "implied": 6, "skipped": 2})
    assert "1 fail as expected, 3 fail, 4 not run" == counted({"xfail": 1, "failed": 3, "missing": 4, "passed": 0})


def test_github_and_a_file_both_get_it(tmp_path, monkeypatch):
    """A job's summary is added to, as other steps write there too; a file is written anew."""
    job, file = tmp_path / "job.md", tmp_path / "file.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job))
    for place in (job, file):
        place.write_text("before\n")

    assert write_summary("after\n", file) is None
    assert ["before\nafter\n\n", "after\n"] == [job.read_text(), file.read_text()]


def test_nothing_is_written_where_nobody_asked(tmp_path, monkeypatch):
    """Neither on GitHub nor with an option: no file, no complaint."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.chdir(tmp_path)

    assert write_summary("text") is None
    assert [] == list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_one_line(tmp_path, monkeypatch):
    """It costs no verdict: what is returned says where and why."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)

    assert f"the summary cannot be written to {tmp_path}/no/file.md: No such file or directory" == write_summary(
        "text", tmp_path / "no" / "file.md"
    )


def test_pages_have_names_that_every_system_takes(tmp_path):
    """Two that would be one get different names; none leaves the folder."""
    pages = {"a/b:net": "1", "a b:net": "2", "../../up": "3", "..": "4"}

    assert write_pages(pages, tmp_path / "new") is None
    assert {"a-b-net.html": "1", "a-b-net-2.html": "2", "up.html": "3", "candidate.html": "4"} == {
        page.name: page.read_text() for page in (tmp_path / "new").iterdir()
    }
    assert "cannot be written" in (write_pages({"net": ""}, tmp_path / "new" / "up.html") or "")
