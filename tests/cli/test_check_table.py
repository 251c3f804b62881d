"""``archproof check`` without a candidate: all of the nearest pyproject.toml, and Markdown."""

import json
import os
import shutil
from functools import partial
from pathlib import Path

import pytest

ZOO = Path(__file__).resolve().parents[2] / "examples" / "model_zoo"


@pytest.fixture
def run(run, tmp_path, monkeypatch):
    """Run the command in a folder of its own: status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return partial(run, "check")


def test_without_a_table_it_says_what_it_needs(run):
    """One line, and no traceback."""
    status, out, err = run()

    assert (2, "", 1) == (status, out, err.count("\n"))
    assert err.startswith("archproof: check needs a CANDIDATE and --against REFERENCE, or a pyproject.toml")


def test_a_candidate_needs_a_reference(run):
    """As it always did."""
    status, out, err = run("alexnet")

    assert (2, "") == (status, out)
    assert err == "archproof: missing option '--against'; see archproof check --help\n"


@pytest.mark.parametrize("option", [("--against", "alexnet"), ("--input", "3,9,9"), ("--expected-failures", "x.toml")])
def test_what_belongs_to_one_candidate_is_refused(run, option):
    """It stands in the candidate's own entry."""
    status, out, err = run(*option)

    assert (2, "") == (status, out)
    assert "need a CANDIDATE" in err


def test_every_mistake_of_a_table_is_told(run, tmp_path):
    """One line each on standard error; the list of reports has them as errors, and the status is theirs."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.archproof.candidates]\n"m:net" = 3\n"gone.py:net" = "alexnet"\n"m:other" = {}\n'
    )
    status, out, err = run("--json", "-", "--html", "pages")
    reports = json.loads(out)

    assert 2 == status
    assert ["m:net", "gone.py:net", "m:other"] == [report["name"] for report in reports]
    assert {"error"} == {report["verdict"] for report in reports}
    assert [f"archproof: {report['error']}" for report in reports] == err.splitlines()
    assert 3 == len(list((tmp_path / "pages").glob("*.html")))


@pytest.mark.slow
def test_the_table_of_the_example_is_checked_from_a_folder_inside(run, tmp_path, monkeypatch):
    """The nearest table; each candidate with its own expected failures; JSON as a list, Markdown as for GitHub."""
    shutil.copytree(ZOO, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path / "tests")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "job.md"))
    status, out, err = run("--profile", "quick", "--json", "all.json", "--summary", "all.md", "--html", "pages")
    reports = json.loads((tmp_path / "tests" / "all.json").read_text())

    assert (0, "") == (status, err)
    assert out.startswith("identical: model_zoo.cifar:plain_net is the same architecture as cifar10_net\n")
    assert "deviates: model_zoo.cifar:relu_net(classes=10) is not cifar10_net, 1 deviation; as expected\n" in out
    assert out.endswith("\n2 of 2 candidates in pyproject.toml as they should be\n")
    assert ["identical", "deviates"] == [report["verdict"] for report in reports]
    assert ["quick", "quick"] == [report["profile"] for report in reports]
    assert reports[0]["reproduce"].startswith(f"cd {tmp_path} && archproof check ")
    assert (tmp_path / "job.md").read_text() == (tmp_path / "tests" / "all.md").read_text() + "\n"
    pages = {page.name: page.read_text() for page in Path("pages").iterdir()}
    assert {"model_zoo.cifar-plain_net.html", "relu_net.html"} == set(pages)
    assert "cifar10_net" in pages["model_zoo.cifar-plain_net.html"]
    assert str(tmp_path / "tests") == os.getcwd()


@pytest.mark.slow
def test_one_candidate_has_a_summary_too(run, tmp_path):
    """Without a table; a place that cannot be written costs the file and not the finished check."""
    options = ("--summary", "no/a.md", "--html", "no/a.html", "--json", "a.json")
    status, out, err = run("cifar10_net", "--against", "cifar10_net", "--profile", "quick", *options)
    written, _, _ = run("cifar10_net", "--against", "cifar10_net", "--profile", "quick", "--summary", "a.md")

    assert (2, True) == (status, out.startswith("identical"))
    assert "the summary cannot be written to no/a.md: No such file" in err
    assert "identical" == json.loads((tmp_path / "a.json").read_text())["verdict"]
    assert 0 == written
    assert (tmp_path / "a.md").read_text().startswith("## archproof: 1 of 1 candidate as it should be\n")
