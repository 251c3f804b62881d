"""``archproof check`` as a person or a script meets it: exit statuses, standard output, files."""

import json
from functools import partial
from importlib.util import find_spec

import pytest


@pytest.fixture
def run(run):
    """Run the command in this process: status, standard output, standard error."""
    return partial(run, "check")


@pytest.mark.slow
def test_the_same_net_exits_with_0(run):
    """Two forms of one net are identical, and the first line says so."""
    status, out, err = run("cifar10_net_sequential", "--against", "cifar10_net")
    assert (0, "") == (status, err)
    assert out.startswith("identical: cifar10_net_sequential is the same architecture as cifar10_net\n")


@pytest.mark.slow
def test_another_net_exits_with_1(run):
    """A deviating net is described."""
    status, out, _ = run("cifar10_net(num_classes=7)", "--against", "cifar10_net")
    assert 1 == status
    assert "out_features is 7, but should be 10 in the linear layer" in out


def test_what_cannot_be_judged_exits_with_2_in_one_line(run):
    """A misspelt name is one line on standard error, with the nearest one."""
    status, out, err = run("cifar10_nett", "--against", "cifar10_net")
    assert (2, "", 1) == (status, out, err.count("\n"))
    assert "did you mean cifar10_net" in err


@pytest.mark.slow
def test_json_stands_alone_on_standard_output(run):
    """``--json -`` leaves nothing else there."""
    status, out, _ = run("cifar10_net_sequential", "--against", "cifar10_net", "--json", "-")
    report = json.loads(out)
    assert (0, 1, "identical") == (status, report["schema"], report["verdict"])
    assert "archproof check cifar10_net_sequential --against cifar10_net" == report["reproduce"]


@pytest.mark.slow
def test_timings_add_up(run, tmp_path):
    """A line for each stage that the JSON has, and the whole; it begins before the first process does."""
    file = tmp_path / "report.json"
    status, out, _ = run("cifar10_net_sequential", "--against", "cifar10_net", "--timings", "--json", str(file))
    report = json.loads(file.read_text())
    stages = [timing["stage"] for timing in report["timings"]]
    head = out.index("\nstage ")
    printed = out[head:].splitlines()[2:]

    assert 0 == status
    assert ["starting", "building cifar10_net"] == stages[:2]
    assert [*stages, "in all"] == [line.split("  ")[0] for line in printed]
    assert sum(timing["seconds"] for timing in report["timings"]) == pytest.approx(report["seconds"], abs=0.1)
    assert all(0 <= timing["waited"] <= timing["seconds"] for timing in report["timings"])
    assert any(timing["waited"] for timing in report["timings"])


def test_timings_are_of_one_check(run):
    """A table of candidates has none of its own."""
    status, _, err = run("--timings")

    assert 2 == status
    assert "--timings need a CANDIDATE" in err


@pytest.mark.slow
def test_a_report_is_written_for_an_error_too(run, tmp_path):
    """The file has the verdict ``error`` and the line that was printed."""
    status, _, err = run("cifar10_nett", "--against", "cifar10_net", "--json", str(tmp_path / "report.json"))
    report = json.loads((tmp_path / "report.json").read_text())
    assert (2, "error") == (status, report["verdict"])
    assert report["error"] in err


@pytest.mark.slow
def test_a_finished_check_outlives_a_file_that_cannot_be_written(run, tmp_path):
    """The report is printed before the mistake about the file."""
    place = str(tmp_path / "missing" / "report.json")
    status, out, err = run("cifar10_net_sequential", "--against", "cifar10_net", "--json", place)
    assert 2 == status
    assert out.startswith("identical")
    assert "cannot be written" in err


@pytest.mark.slow
def test_an_input_the_reference_rejects_names_what_works(run):
    """The smallest input that works is in the message."""
    status, _, err = run("alexnet", "--against", "alexnet", "--input", "3,20,20")
    assert 2 == status
    assert "63,63" in err


@pytest.mark.slow
def test_what_a_candidate_prints_is_shown_only_on_request(run, tmp_path):
    """The line of the error says how to see it; standard output stays empty."""
    (tmp_path / "loud.py").write_text("print('epoch 1')\n\n\ndef net():\n    raise ValueError('too late')\n")
    target = f"{tmp_path}/loud.py:net"
    _, out, err = run(target, "--against", "cifar10_net")
    _, shown, asked = run(target, "--against", "cifar10_net", "--show-output")

    assert ("", "") == (out, shown)
    assert err.endswith("ValueError: too late (loud.py, line 5); its output: --show-output\n")
    assert asked.endswith("ValueError: too late (loud.py, line 5)\nepoch 1\n")


OTHER_START = """
import torch
from arches import cifar10_net


class Net(type(cifar10_net())):
    def __init__(self):
        super().__init__()
        torch.nn.init.normal_(self.conv2.weight, std=0.5)
"""


@pytest.mark.slow
def test_another_initialisation_deviates_only_where_that_is_asked_for(run, tmp_path):
    """It trains otherwise and computes the same; the command that repeats the check has the option."""
    (tmp_path / "start.py").write_text(OTHER_START)
    target, place = f"{tmp_path}/start.py:Net", str(tmp_path / "report.json")
    same, _, _ = run(target, "--against", "cifar10_net", "--json", place)
    first = json.loads((tmp_path / "report.json").read_text())
    strictly, _, _ = run(target, "--against", "cifar10_net", "--strict-init", "--json", place)
    second = json.loads((tmp_path / "report.json").read_text())

    assert (0, "identical", []) == (same, first["verdict"], first["deviations"])
    assert (1, "deviates", None) == (strictly, second["verdict"], second["known_as"])
    assert ["initialisation"] == [deviation["kind"] for deviation in second["deviations"]]
    assert "--strict-init" not in first["reproduce"]
    assert second["reproduce"].endswith(" --strict-init")


@pytest.mark.slow
@pytest.mark.skipif(find_spec("torchvision") is None, reason="torchvision is not installed")
def test_a_net_that_is_built_without_its_initialisation_is_not_blamed_for_it(run):
    """Two of torchvision's take long to draw their weights, so they are built without."""
    status, out, _ = run("torchvision:googlenet", "--against", "googlenet_torchvision", "--strict-init")

    assert (0, True) == (status, out.startswith("identical"))


@pytest.mark.parametrize("option", ["--timeout", "--memory"])
def test_a_limit_is_a_positive_number(run, option):
    """What cannot be a limit is a mistake in what was typed."""
    status, _, err = run("cifar10_net", "--against", "cifar10_net", option, "0")

    assert 2 == status
    assert option in err
