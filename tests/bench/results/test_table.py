"""``archproof bench-report`` on saved runs: whole ones, damaged ones, and ones that must not be compared."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
from support.subjects import SPECS

from properties import cli
from properties.bench.measure.cases import Case
from properties.bench.measure.contest import Arm, Contest
from properties.bench.measure.pairing import Interval, Pairing
from properties.bench.measure.record import costs, figures, verdict
from properties.bench.measure.roofline import Ceilings
from properties.bench.results.saved import read, refusal
from properties.subject import Subject

CPU = {"device": "cpu", "name": "Some Processor, 2 threads", "torch": "2.13.0"}
GPU = {"device": "cuda", "name": "NVIDIA H100 80GB HBM3", "torch": "2.13.0", "driver": "580.1"}
SVG = "{http://www.w3.org/2000/svg}"


def _bench(net="resnet18", arm="archproof", *, speed=40.0, ratio=1.01, batch=4):
    info = {
        "case": f"{net}-b4-float32-contiguous-eager",
        "net": net,
        "arm": arm,
        "batch": batch,
        "side": 64,
        "dtype": "float32",
        "layout": "contiguous",
        "mode": "eager",
        "seconds": [0.9 * batch / speed, batch / speed, 1.2 * batch / speed],
        "images_per_second": speed,
        "floor_seconds": 0.25 * batch / speed,
    }
    if arm == "archproof" and ratio is not None:
        info |= {"ratio": [ratio - 0.02, ratio, ratio + 0.02], "noise": 0.008, "verdict": "same"}
    return {"name": "test_forward", "extra_info": info, "stats": {}}


def _content(*benchmarks, device=CPU, when="2026-11-21T10:00:00+00:00", commit="0123456789abcdef"):
    return {
        "machine_info": {"node": "here", "archproof": device},
        "commit_info": {"id": commit},
        "benchmarks": [*benchmarks, {"name": "test_prove_one_the_same", "extra_info": {}, "stats": {}}],
        "datetime": when,
        "version": "5.3.1",
    }


@pytest.fixture
def save(tmp_path):
    """Write a run to a file."""

    def save(name, content):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(path)

    return save


@pytest.fixture
def run(capsys):
    """The command in this process: status, standard output, standard error."""

    def run(*arguments):
        status = cli.main(["bench-report", *arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_the_table_shows_ours_beside_torchvisions(run, save):
    """Images per second of both, the ratio with its interval, the noise, the verdict, and the share of the roofline."""
    status, out, err = run(save("a.json", _content(_bench(), _bench(arm="torchvision", speed=1234.5))))

    assert (0, "") == (status, err)
    heading, columns, row = out.splitlines()
    assert heading.startswith("Some Processor, 2 threads, torch 2.13.0, 2026-11-21 01234567")
    assert columns.startswith("case ")
    assert "resnet18-b4-float32-contiguous-eager 64 40.0 1,234 1.010 0.990 to 1.030 0.8% same 0.25" == " ".join(
        row.split()
    )


def test_a_net_without_a_twin_has_gaps(run, save):
    """And a batch that was halved is said."""
    _, out, _ = run(save("a.json", _content(_bench(ratio=None, batch=2))))

    row = out.splitlines()[-1]
    assert "eager (measured with 2)" in row
    assert ["-", "-", "-", "-", "-", "0.25"] == row.split()[-6:]


def test_the_history_is_oldest_first_and_the_figures_are_the_newest(run, save):
    """Whatever order the files are given in; a case that only an older run has is shown from there."""
    newer = save("newer.json", _content(_bench(ratio=1.05, speed=30), when="2026-11-22T10:00:00"))
    older = save("older.json", _content(_bench(), _bench("vgg16", ratio=0.98), when="2026-11-20T10:00:00"))

    _, out, _ = run(newer, older)
    figures, history = out.split("\n\n")

    assert ["30.0", "40.0"] == sorted(line.split()[2] for line in figures.splitlines()[2:])
    assert "2026-11-20" in history.splitlines()[1].split("2026-11-22")[0]
    assert [["1.010", "1.050"], ["0.980", "-"]] == [line.split()[1:] for line in history.splitlines()[2:]]


def test_markdown_is_a_table(run, save):
    """For docs/performance.md."""
    _, out, _ = run(save("a.json", _content(_bench())), "--markdown")

    lines = out.splitlines()[2:]
    assert {10} == {line.count("|") for line in lines}
    assert lines[1].startswith("| --- | ---: |")


def test_the_picture_is_whole_and_holds_every_figure(run, save, tmp_path):
    """One dot for each arm and run, a roofline for each case, no file or font from elsewhere."""
    files = [
        save(f"{day}.json", _content(_bench(ratio=ratio), _bench(arm="torchvision"), when=f"2026-11-{day}"))
        for day, ratio in ((20, 1.0), (21, 1.5))
    ]
    status, _, _ = run(*files, "--svg", str(tmp_path / "p.svg"))
    text = (tmp_path / "p.svg").read_text()
    root = ElementTree.fromstring(text)

    legend, arms, runs = 2, 2, 2
    assert 0 == status
    assert legend + arms + runs == len(root.findall(f"{SVG}circle"))
    assert ["white"] == [dot.get("fill") for dot in root.findall(f"{SVG}circle") if dot.get("fill") == "white"]
    assert "href" not in text
    assert any("resnet18-b4" in (line.text or "") for line in root.findall(f"{SVG}text"))


def test_a_faster_net_stands_further_right(run, save, tmp_path):
    """And its roofline beyond it."""
    run(
        save("a.json", _content(_bench(speed=40), _bench(arm="torchvision", speed=90))),
        "--svg",
        str(tmp_path / "p.svg"),
    )
    root = ElementTree.parse(tmp_path / "p.svg").getroot()
    dots = {dot.get("fill"): float(dot.get("cx")) for dot in root.findall(f"{SVG}circle")[2:4]}
    roof = max(float(line.get("x1")) for line in root.findall(f"{SVG}line") if line.get("stroke-width") == "3")

    assert dots["#1f5fa8"] < dots["#d1762a"] < roof


def test_names_are_escaped(run, save, tmp_path):
    """A device's name is text, whatever it holds."""
    run(save("a.json", _content(_bench(), device={**CPU, "name": "<b>&"})), "--svg", str(tmp_path / "p.svg"))

    assert "on <b>&" in "".join(ElementTree.parse(tmp_path / "p.svg").getroot().itertext())


def _without(key):
    entry = _bench()
    del entry["extra_info"][key]
    return _content(entry)


BAD = {
    "damaged": ('{"machine_info": {', "is damaged or no JSON"),
    "empty": ("", "is damaged or no JSON"),
    "foreign": ({"schema": 1}, "is not a file of pytest-benchmark"),
    "list": ([1, 2], "is not a file of pytest-benchmark"),
    "others": ({**_content(_bench()), "machine_info": {"node": "x"}}, "was not written by this project's benchmarks"),
    "no forward pass": (_content(), "holds no forward pass and no check"),
    "no seconds": (_without("seconds"), "KeyError: 'seconds'"),
    "no speed": (_content(_bench(speed=float("nan"))), "no measured figure"),
    "no number": (_content({"name": "x", "extra_info": {**_bench()["extra_info"], "batch": "many"}}), "'many'"),
    "no info": (_content({"name": "x", "extra_info": None}), "TypeError"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_is_none_is_one_line_and_status_2(run, save, kind):
    """What, where, what is wrong; nothing on standard output."""
    content, what = BAD[kind]
    path = save("bad.json", content)
    status, out, err = run(save("good.json", _content(_bench())), path)

    assert (2, "", 1) == (status, out, err.count("\n"))
    assert err.startswith(f"archproof: {path} ")
    assert what in err


def test_a_missing_file_is_one_line(run, tmp_path):
    """So is a folder."""
    for path in (tmp_path / "missing.json", tmp_path):
        status, out, err = run(str(path))
        assert (2, "", 1) == (status, out, err.count("\n"))
        assert f"{path} cannot be read" in err


def test_files_of_two_devices_refuse_to_be_compared(run, save):
    """Both devices and both files are named."""
    files = save("cpu.json", _content(_bench())), save("gpu.json", _content(_bench(), device=GPU, when="2026-11-22"))
    status, out, err = run(*files)

    assert (2, "", 1) == (status, out, err.count("\n"))
    for part in (*files, "cuda (NVIDIA H100 80GB HBM3)", "cpu (Some Processor, 2 threads)"):
        assert part in err


def test_a_driver_or_a_torch_is_no_device():
    """A newer torch on the same card is what one wants to compare; another card, or more threads, is not."""
    base = {"archproof": GPU}

    assert refusal(base, {"archproof": {**GPU, "driver": "590.2", "torch": "2.14.0"}}) is None
    assert "H200" in (refusal(base, {"archproof": {**GPU, "name": "NVIDIA H200"}}) or "")
    assert "which device" in (refusal(base, {"node": "x"}) or "")


def test_what_is_recorded_is_what_is_read(save):
    """Figures, costs and the pairing of one contest, through a file and back."""
    spec = SPECS["cifar10_net"]
    arms = [Arm(name, lambda: torch.zeros(1), 0.5, 1e-6) for name in ("cifar10_net", "torchvision:cifar10_net")]
    contest = Contest(Case(spec, 8, 32, "bfloat16", "channels_last", "eager"), 4, *arms, ())
    pairing = Pairing(Interval(1.01, 1.0, 1.02), Interval(1.0, 0.99, 1.004), (0.1,), (0.1,))
    ceilings = Ceilings(1e9, {"bfloat16": 1e12})
    info = figures(contest, arms[0], [0.1, 0.2, 0.3], 5) | costs(contest, Subject.of(spec), ceilings) | verdict(pairing)
    (row,) = read(Path(save("a.json", _content({"name": "x", "extra_info": info})))).rows

    assert ("cifar10_net-b8-bfloat16-channels_last-eager", "archproof", 4, 32) == (
        row.case,
        row.arm,
        row.batch,
        row.side,
    )
    assert 4 / 0.2 == row.images_per_second
    assert ((1.0, 1.01, 1.02), "same") == (row.ratio, row.verdict)
    assert 0.01 == pytest.approx(row.noise)
    convolutions = 25 * (3 * 32 * 32**2 + 32 * 32 * 16**2 + 32 * 64 * 8**2)  # 5x5, on 32, 16 and 8 pixels
    assert 4 * (convolutions + 1024 * 64 + 64 * 10) == info["macs"]
    assert info["bytes_moved"] / 1e9 == pytest.approx(row.floor_seconds)  # so slow a memory is all that counts


def test_a_run_that_pytest_benchmark_saved_is_read(save):
    """Day, commit and device stand beside the figures."""
    found = read(Path(save("a.json", _content(_bench()))))

    assert ("2026-11-21 01234567", "cpu", 1) == (found.label, found.device["device"], len(found.rows))
    assert 0.25 == found.rows[0].floor_fraction


COMMITTED = sorted((Path(__file__).resolve().parents[3] / "benchmarks").glob("*/*.json"))


@pytest.mark.parametrize("file", COMMITTED, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_the_page_shows_the_committed_figures(run, file):
    """Line by line as the command prints them, so that no figure was typed in by hand."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "performance.md").read_text(encoding="utf-8")
    status, out, _ = run(str(file), "--markdown")

    assert 0 == status
    assert [] == [line for line in out.splitlines() if line not in page.splitlines()]
