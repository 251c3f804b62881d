"""``archproof bench-report`` on what the checker itself costs."""

from __future__ import annotations

import json

import pytest
from support.contestants import in_turns

from properties import cli
from properties.bench.results.checks import measured, ratio

MIB = 2**20


def _arm(*seconds, cpu=None, held=None):
    return {"seconds": list(seconds), "cpu_seconds": cpu, "bytes": held}


def _check(verdict, *, check, script=(4.0, 4.4)):
    arms = {
        "script": _arm(*script, cpu=4.0, held=800 * MIB),
        "quick": _arm(*check, cpu=5.0, held=600 * MIB),
    }
    return {"measured": "check", "net": "resnet50", "verdict": verdict, "arms": arms}


CAPTURE = {
    "measured": "capture",
    "net": "vgg16",
    "arms": {
        "forward": _arm(0.02, 0.02),
        "capture": _arm(0.05, 0.06),
        "export": _arm(0.4, 0.4),
        "align": _arm(0.01, 0.01),
    },
}
MANY = {"measured": "many", "net": "10 times x", "arms": {"together": _arm(30.0, 30.0), "alone": _arm(60.0, 75.0)}}


@pytest.fixture
def report(tmp_path, capsys):
    """The command on a run with these entries: status, standard output, standard error."""

    def report(*infos):
        content = {
            "machine_info": {"archproof": {"device": "cpu", "name": "Some Processor", "torch": "2.13.0"}},
            "commit_info": {"id": "0123456789"},
            "benchmarks": [{"name": "test", "extra_info": info, "stats": {}} for info in infos],
            "datetime": "2026-11-30T10:00:00",
        }
        path = tmp_path / "run.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        status = cli.main(["bench-report", str(path)])
        return status, *capsys.readouterr()

    return report


def test_a_check_stands_beside_the_script(report):
    """Medians, their ratio with that of neighbouring turns, the noise, the processor's time and the memory."""
    status, out, err = report(_check("identical", check=(2.0, 3.3)), _check("deviates", check=(5.3, 5.3)))
    heading, _, alike, deviating = out.splitlines()

    assert (0, "") == (status, err)
    assert "checks beside a script, Some Processor, torch 2.13.0, 2026-11-30 01234567" == heading
    assert "resnet50 identical quick 4.2 s 2.6 s 0.63 0.50 to 0.75 65% 1.25 0.75 -" == " ".join(alike.split())
    assert "resnet50 deviates quick 4.2 s 5.3 s 1.26 1.20 to 1.32 10% 1.25 0.75 2.00" == " ".join(deviating.split())


def test_a_capture_stands_beside_a_forward_pass(report):
    """And torch.export and an alignment beside it, too."""
    _, out, _ = report(CAPTURE)

    assert "vgg16 20 ms 2.75 2.50 to 3.00 20% 20.00 0.50" == " ".join(out.splitlines()[-1].split())


def test_many_candidates_stand_beside_each_alone(report):
    """Their time in one table over that of as many commands."""
    _, out, _ = report(MANY)

    assert "10 times x 67.5 s 30.0 s 0.44 0.40 to 0.50 25%" == " ".join(out.splitlines()[-1].split())


def test_each_kind_has_a_table(report):
    """In one run, with an empty line between."""
    _, out, _ = report(MANY, CAPTURE, _check("identical", check=(2.0, 2.0)))

    assert ["captures,", "checks", "many"] == [table.split()[0] for table in out.split("\n\n")]


@pytest.mark.parametrize(
    "wrong",
    [
        {**CAPTURE, "arms": {}},
        {**CAPTURE, "arms": {"forward": _arm(0.0)}},
        {**CAPTURE, "arms": {"forward": _arm()}},
        {"measured": "capture", "net": "vgg16"},
    ],
)
def test_what_is_no_figure_is_refused(report, wrong):
    """In one line, as every damaged file."""
    status, out, err = report(wrong)

    assert (2, "", 1) == (status, out, err.count("\n"))
    assert "was not written by this project's benchmarks" in err


def test_noise_is_that_of_the_more_restless_arm():
    """The longest of its turns over its shortest."""
    assert 0.5 == pytest.approx(ratio((1.0, 1.1), (2.0, 3.0)).noise)
    assert 0.1 == pytest.approx(ratio((1.0, 1.1), (2.0, 2.0)).noise)


def test_turns_go_there_and_back():
    """A B C C B A, and what is written of them can be read."""
    order = []
    arms = {name: (lambda name=name: order.append(name)) for name in "abc"}

    def measure(call):
        call()
        return float(len(order))

    found = in_turns(arms, 1, measure)

    assert list("abccba") == order
    assert {"a": (1.0, 6.0), "b": (2.0, 5.0), "c": (3.0, 4.0)} == {
        name: arm.seconds for name, arm in measured({"measured": "check", "net": "x", "arms": found}).arms.items()
    }
