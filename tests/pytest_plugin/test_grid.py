"""The pytest plugin, as other people's runs of pytest meet it.

Where what is shown is the subject, the reports are made here; the tests at the end check real nets.
"""

import contextlib
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from importlib import metadata
from pathlib import Path

import pytest

from properties import cli
from properties.oracle.candidates.probe import Answers
from properties.oracle.remote.checked import Checked
from properties.pytest_plugin import grid
from properties.report import Deviation, Place, Report, Result

NAMES = ("image_is_left_untouched", "bits_are_the_same_each_time", "dropout_drops_at_its_rate", "is_never_asked")
TABLE = '[tool.archproof.candidates]\n"m:good" = "alexnet"\n"m:bad" = "vgg16"\n'
GOOD = Report(
    "m:good",
    "alexnet",
    "identical",
    results=(
        Result(NAMES[0], "passed", "The image is left alone.", "a paper"),
        Result(NAMES[1], "failed", "Its bits are the same.", "a page", "bits differ, but should not [net(1x3x9x9)]"),
        Result(NAMES[2], "implied", "It drops.", "a paper"),
        Result(NAMES[3], "skipped", "It is asked.", "a paper"),
    ),
    reproduce="archproof check m:good --against alexnet",
)
STRIDE = Deviation("attribute", "both", Place("conv1", "c"), "stride is 2, but should be 1 in the convolution")
BAD = Report("m:bad", "vgg16", "deviates", deviations=(STRIDE,), counterexample="a (1, 3, 4, 5) image", reproduce="x y")


@pytest.fixture
def project(pytester, monkeypatch):
    """A project whose checks are made here: its reports by name, and how often each was made."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    checked = []
    reports = {"m:good": GOOD, "m:bad": BAD}
    errors = {}

    def check(candidate, folder, *, side_by_side, by):
        checked.append(candidate.name)
        return Checked(reports[candidate.name], "what it printed\n")

    def probe(targets, folder):
        return Answers({"default": NAMES, "quick": ()}, {name: why for name, why in errors.items() if name in targets})

    monkeypatch.setattr(grid, "check_candidate", check)
    monkeypatch.setattr(grid, "all_warm", lambda candidates: contextlib.nullcontext())
    monkeypatch.setattr(grid, "probe", probe)
    pytester.makepyprojecttoml(TABLE)
    pytester.makepyfile(test_own="def test_own():\n    pass\n")
    pytester.checked, pytester.reports, pytester.errors = checked, reports, errors
    return pytester


def test_it_does_nothing_unless_it_is_asked(project):
    """A table alone collects nothing, and nothing of archproof is said or done."""
    result = project.runpytest_inprocess("-v")

    result.assert_outcomes(passed=1)
    assert [] == project.checked
    assert "candidate" not in result.stdout.str()


def test_there_is_an_item_for_each_property_of_each_candidate(project):
    """Ids are stable and readable; other tests run beside them."""
    result = project.runpytest_inprocess("--archproof", "--collect-only", "-q")

    assert ["test_own.py::test_own"] + [
        f"archproof::m:{name}::{item}" for name in ("good", "bad") for item in ("architecture", *NAMES)
    ] == result.outlines[:11]
    assert [] == project.checked


def test_every_status_is_what_pytest_calls_it(project):
    """Passed, failed, skipped with a reason, and passed because it follows; each net is checked once."""
    result = project.runpytest_inprocess("--archproof", "-v", "-rs")

    result.assert_outcomes(passed=4, failed=2, skipped=5)
    result.stdout.fnmatch_lines_random(
        [
            f"archproof::m:good::{NAMES[0]} PASSED *",
            f"archproof::m:good::{NAMES[1]} FAILED *",
            f"archproof::m:good::{NAMES[2]} PASSED (follows from the graph) *",
            "SKIPPED*does not apply to m:good",
            "SKIPPED*not checked, as m:bad is not the architecture of vgg16",
        ]
    )
    assert ["m:good", "m:bad"] == project.checked


def test_a_failure_shows_what_a_person_needs(project):
    """The sentence, what shows it and the command; for an architecture the report as `archproof check` prints it."""
    lines = project.runpytest_inprocess("--archproof").stdout

    lines.fnmatch_lines(
        [
            f"m:good: {NAMES[1]} fails",
            "says       Its bits are the same.",
            "shown by   bits differ, but should not *net(1x3x9x9)*",
            "reproduce  archproof check m:good --against alexnet",
            "deviates: m:bad is not vgg16, 1 deviation",
            " 1. stride is 2, but should be 1 in the convolution",
            "shown by   a (1, 3, 4, 5) image",
            "reproduce  x y",
        ]
    )
    lines.no_fnmatch_line("*Traceback*")


def test_the_summary_has_the_denominator(project):
    """How many there are, and what came of each: what was skipped is said to be."""
    whole = project.runpytest_inprocess("--archproof")
    some = project.runpytest_inprocess("--archproof", "-k", NAMES[0])

    whole.stdout.fnmatch_lines(
        [
            "m:good against alexnet: identical",
            "m:bad against vgg16: deviates",
            "archproof: 2 candidates, 8 properties: 1 hold, 1 follow from the graph, 1 do not apply, 1 fail,"
            " 4 not checked, as the architecture deviates",
        ]
    )
    some.stdout.fnmatch_lines(
        ["archproof: 2 candidates, 8 properties: 1 hold, 1 not checked, as the architecture deviates, 6 not run"]
    )


def test_what_is_expected_is_an_xfail(project):
    """Of an architecture and of a property, with the reason; ``--runxfail`` makes failures of them."""
    expected = Deviation(**{**vars(STRIDE), "expected": "as in the paper, https://example.org"})
    project.reports["m:bad"] = Report("m:bad", "vgg16", "deviates", deviations=(expected,))
    failed = Result(NAMES[1], "xfail", "Its bits are the same.", "a page", "they differ", expected="known, a link")
    project.reports["m:good"] = Report("m:good", "alexnet", "identical", results=(failed,))
    result = project.runpytest_inprocess("--archproof", "-rx", "-k", f"architecture or {NAMES[1]}")
    strictly = project.runpytest_inprocess("--archproof", "--runxfail", "-k", f"architecture or {NAMES[1]}")

    result.assert_outcomes(passed=1, xfailed=2, skipped=1, deselected=7)
    result.stdout.fnmatch_lines_random(
        ["*deviates, as expected: as in the paper*", f"XFAIL*{NAMES[1]} - known, a link"]
    )
    strictly.assert_outcomes(passed=1, failed=2, skipped=1, deselected=7)


def test_an_expected_failure_that_is_gone_fails_on_its_own(project):
    """The property's item fails; the architecture is what it should be."""
    gone = Result(NAMES[0], "failed", "It is.", "a page", "expected to fail, but passes; remove it", expected="once")
    project.reports["m:good"] = Report("m:good", "alexnet", "identical", results=(gone,))
    result = project.runpytest_inprocess("--archproof", "-k", f"good and (architecture or {NAMES[0]})")

    result.assert_outcomes(passed=1, failed=1, deselected=9)
    result.stdout.fnmatch_lines(["*expected to fail, but passes; remove it"])


def test_what_cannot_be_judged_fails_once(project):
    """One failure with the reason and what the net printed; its properties were not checked, and are said not to be."""
    project.reports["m:bad"] = Report("m:bad", "vgg16", "error", error="m:bad raised in forward: ValueError: no")
    result = project.runpytest_inprocess("--archproof", "-k", "bad")

    result.assert_outcomes(failed=1, skipped=4, deselected=6)
    result.stdout.fnmatch_lines(
        ["error: m:bad raised in forward: ValueError: no", "*output of m:bad*", "what it printed"]
    )
    result.stdout.fnmatch_lines(["archproof: 2 candidates, 8 properties: 4 could not be checked, 4 not run"])


@pytest.mark.parametrize(
    ("ids", "count"),
    [
        (["archproof"], 10),
        (["archproof::m:good"], 5),
        ([f"archproof::m:good::{NAMES[0]}", "archproof::m:bad::architecture"], 2),
        ([f"archproof::m:good::{NAMES[0]}", "test_own.py"], 2),
    ],
)
def test_an_id_selects_what_it_names(project, ids, count):
    """What pytest prints can be given to it again."""
    result = project.runpytest_inprocess("--archproof", "--collect-only", "-q", *ids)

    assert count == sum("::" in line for line in result.outlines)


def test_a_folder_of_the_same_name_is_a_folder(project):
    """``pytest archproof`` collects its tests, and all candidates as for any folder."""
    project.mkdir("archproof").joinpath("test_there.py").write_text("def test_there():\n    pass\n")
    result = project.runpytest_inprocess("--archproof", "--collect-only", "-q", "archproof")

    assert "archproof/test_there.py::test_there" == result.outlines[0]
    assert 11 == sum("::" in line for line in result.outlines)


def test_an_id_that_is_none_is_an_error(project):
    """As for any other id; the candidates that there are stand beside it."""
    result = project.runpytest_inprocess("--archproof", "archproof::m:god")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["ERROR: not found: archproof::m:god; there are archproof::m:good, archproof::m:bad"])


@pytest.mark.parametrize(
    ("arguments", "checks"),
    [((), True), (("tests",), True), (("test_own.py",), False), (("test_own.py", "--archproof"), True)],
)
def test_where_the_option_is_usual_single_files_run_alone(project, arguments, checks):
    """With ``addopts = "--archproof"`` a folder checks the candidates, and a file that is named does not."""
    project.makepyprojecttoml(f'[tool.pytest.ini_options]\naddopts = "--archproof"\n{TABLE}')
    project.mkdir("tests")
    result = project.runpytest_inprocess(*arguments)

    assert checks is ("m:good" in project.checked)
    assert checks is not ("not checked, as test files were named" in result.stdout.str())


def test_marks_and_the_last_failures_select(project):
    """``-m``, ``--deselect`` and ``--lf`` work as on any test."""
    project.runpytest_inprocess("--archproof").assert_outcomes(passed=4, failed=2, skipped=5)

    project.runpytest_inprocess("--archproof", "--lf").assert_outcomes(failed=2, deselected=9)
    project.runpytest_inprocess("--archproof", "-m", "not archproof").assert_outcomes(passed=1, deselected=10)
    left = project.runpytest_inprocess("--archproof", "--deselect", "archproof::m:bad")
    left.assert_outcomes(passed=4, failed=1, skipped=1, deselected=5)


def test_junit_has_a_case_for_each(project):
    """With the candidate as class, and the verdict beside the architecture."""
    project.runpytest_inprocess("--archproof", "--junitxml=out.xml")
    cases = ET.parse(project.path / "out.xml").findall(".//testcase")
    (bad,) = [
        case for case in cases if case.get("classname") == "archproof.m:bad" and case.get("name") == "architecture"
    ]

    assert 11 == len(cases)
    assert "deviates" in {entry.get("value") for entry in bad.iter("property")}
    assert "stride is 2, but should be 1" in bad.find("failure").text


def test_markdown_is_written_for_github_and_on_request(project, monkeypatch):
    """Both places get the same; without either nothing is written."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.path / "job.md"))
    project.runpytest_inprocess("--archproof", "--archproof-summary", "own.md")
    text = (project.path / "own.md").read_text()

    assert text == (project.path / "job.md").read_text().removesuffix("\n")
    assert text.startswith("## archproof: 1 of 2 candidates as they should be\n")


def test_a_page_for_each_candidate_on_request(project):
    """In a folder that is made for them, by the candidates' names."""
    project.runpytest_inprocess("--archproof", "--archproof-html", "out/pages")
    pages = {page.name: page.read_text() for page in (project.path / "out" / "pages").iterdir()}

    assert {"m-good.html", "m-bad.html"} == set(pages)
    assert "stride is 2, but should be 1 in the convolution" in pages["m-bad.html"]


def test_a_summary_that_cannot_be_written_is_no_success(project):
    """The line stands in the terminal, and a run without failures does not exit with 0."""
    result = project.runpytest_inprocess("--archproof", "--archproof-summary", "no/own.md", "-k", NAMES[2])

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stdout.fnmatch_lines(["archproof: the summary cannot be written to *own.md: No such file or directory"])


def test_a_wrong_entry_is_a_collection_error_and_the_others_run(project):
    """One line says which entry and why, whether it is malformed or cannot be imported."""
    project.makepyprojecttoml(TABLE + '"m:odd" = { referense = "alexnet" }\n')
    project.errors["m:bad"] = "no module is called 'm'"
    result = project.runpytest_inprocess("--archproof")

    result.assert_outcomes(passed=4, failed=1, skipped=1, errors=2)
    assert pytest.ExitCode.TESTS_FAILED == result.ret
    result.stdout.fnmatch_lines_random(
        [
            "pyproject.toml, [[]tool.archproof.candidates[]], 'm:odd': has the key 'referense'; did you mean *",
            "pyproject.toml, [[]tool.archproof.candidates[]], 'm:bad': no module is called 'm'",
            "ERROR archproof::m:odd",
            "m:bad: not checked, its entry cannot be used",
            "archproof: 3 candidates, 4 properties: 1 hold, 1 follow from the graph, 1 do not apply, 1 fail",
        ]
    )


def test_one_wrong_entry_of_two_may_be_named(project):
    """The other is not collected, and what runs beside it is not stopped."""
    project.makepyprojecttoml(TABLE + '"m:odd" = 1\n"m:odder" = 2\n')
    result = project.runpytest_inprocess("--archproof", "archproof::m:odd", "archproof::m:good::architecture")

    result.assert_outcomes(passed=1, errors=1)


def test_a_broken_test_file_still_stops_the_run(project):
    """Only errors of the table's own entries are passed over."""
    project.errors["m:bad"] = "no module is called 'm'"
    project.makepyfile(test_broken="import nothing_of_this_name")
    result = project.runpytest_inprocess("--archproof")

    assert pytest.ExitCode.INTERRUPTED == result.ret
    assert [] == project.checked


@pytest.mark.parametrize(
    ("table", "arguments", "complaint"),
    [
        ("[project]\nname = 'x'", ["--archproof"], "--archproof finds no pyproject.toml with *"),
        (TABLE, ["--archproof-summary", "x.md"], "--archproof-summary needs --archproof"),
        (TABLE, ["--archproof-html", "pages"], "--archproof-html needs --archproof"),
    ],
)
def test_an_option_that_cannot_be_used_is_a_usage_error(project, table, arguments, complaint):
    """One line, before anything is collected."""
    project.makepyprojecttoml(table)
    result = project.runpytest_inprocess(*arguments)

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines([f"ERROR: {complaint}"])


def test_a_malformed_table_is_a_collection_error(project):
    """The project's own tests run all the same."""
    project.makepyprojecttoml('[tool.archproof]\ncandidates = ["m:good"]\n')
    result = project.runpytest_inprocess("--archproof")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["pyproject.toml: * must be a table of targets and references, got *"])


# ----------------------------------------------------------------------------------------------------------- real nets
ZOO = Path(__file__).resolve().parents[2] / "examples" / "model_zoo"


@pytest.fixture
def zoo(pytester, monkeypatch):
    """A copy of the example package, which keeps what is written."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    shutil.copytree(ZOO, pytester.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return pytester


def test_being_loaded_costs_next_to_nothing():
    """Beside pytest itself the plugin imports nothing but itself, as it is loaded in everybody's runs."""
    script = "import sys, pytest; a = set(sys.modules); import properties.pytest_plugin; print(*a ^ set(sys.modules))"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert {"properties", "properties.pytest_plugin"} == set(child.stdout.split())


def test_the_plugin_is_installed():
    """pytest finds it by its entry point, in every run."""
    (found,) = metadata.entry_points(group="pytest11", name="archproof")

    assert "properties.pytest_plugin" == found.value


@pytest.mark.slow
def test_the_example_package_passes(zoo):
    """Its nets are judged as its authors expect, beside a test that they wrote with ``conforms``."""
    result = zoo.runpytest_subprocess(
        "-v", "--junitxml=out.xml", "--archproof-summary", "out.md", "--archproof-html", "out"
    )

    result.assert_outcomes(passed=14, skipped=17, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "tests/test_cifar.py::test_plain_net_conforms PASSED *",
            "archproof::model_zoo.cifar:plain_net::architecture PASSED *",
            "archproof::model_zoo.cifar:plain_net::image_is_left_untouched PASSED *",
            "archproof::model_zoo.cifar:plain_net::dropout_drops_at_its_rate PASSED (follows from the graph) *",
            "archproof::relu_net::architecture XFAIL *",
            "archproof: 2 candidates, 28 properties: 4 hold, 7 follow from the graph, 3 do not apply,"
            " 14 not checked, as the architecture deviates",
        ]
    )
    assert "plain_net against cifar10_net: identical" in (zoo.path / "out.xml").read_text()
    assert "2 of 2 candidates as they should be" in (zoo.path / "out.md").read_text()
    assert 'id="networks"' in (zoo.path / "out" / "relu_net.html").read_text()


@pytest.mark.slow
def test_xdist_checks_each_candidate_once(zoo):
    """However its items are spread; what cannot be imported is one error, however many workers collect."""
    table = (zoo.path / "pyproject.toml").read_text()
    table = table.replace("candidates]\n", 'candidates]\n"model_zoo.gone:net" = "cifar10_net"\n')
    (zoo.path / "pyproject.toml").write_text(table)
    with (zoo.path / "model_zoo" / "cifar.py").open("a") as code:  # each process that imports it leaves a file
        code.write("\n\nimport os\n\nopen(f'imported-by-{os.getpid()}', 'w').close()\n")
    result = zoo.runpytest_subprocess("-n2", "archproof")

    result.assert_outcomes(passed=12, skipped=17, xfailed=1, errors=1)
    result.stdout.fnmatch_lines_random(
        [
            "pyproject.toml, *'model_zoo.gone:net': no module is called 'model_zoo.gone'",
            "archproof: 3 candidates, 28 properties: 4 hold, 7 follow from the graph, 3 do not apply,"
            " 14 not checked, as the architecture deviates",
        ]
    )
    probed, checked = 2, 2
    assert probed + checked == len(list(zoo.path.glob("imported-by-*")))


@pytest.mark.slow
def test_the_command_that_a_failure_shows_reproduces_it(zoo, monkeypatch, capsys):
    """It is typed as it stands, in the folder in which pytest ran."""
    (zoo.path / "known-deviations.toml").write_text("")
    result = zoo.runpytest_inprocess("archproof::relu_net::architecture")
    result.assert_outcomes(failed=1)
    (line,) = {line for line in result.outlines if line.startswith("reproduce  archproof ")}

    assert 1 == cli.main(shlex.split(line)[2:])
    assert "1. the ReLU should not be there, 3 times" in capsys.readouterr().out
