"""The test run's own options."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """A rootdir of its own with this project's conftest and configuration, and one benchmark that counts its rounds."""
    folder = tmp_path_factory.mktemp("bench")
    for name in ("conftest.py", "pyproject.toml"):
        (folder / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_bench.py").write_text(
        "def test_speed(benchmark):\n"
        "    rounds = []\n"
        "    benchmark.pedantic(rounds.append, args=(1,), rounds=7)\n"
        "    print(f'rounds={len(rounds)}')\n"
        "def test_device(device):\n"
        "    print(f'device={device}')\n",
        encoding="utf-8",
    )
    return folder


def _pytest(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-s", *options]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}  # no worker of ours
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_an_absent_device_is_a_usage_error(bench):
    """``--device`` with a device that torch does not find ends in one line that names those it does."""
    absent = "mps" if torch.cuda.is_available() else "cuda"
    run = _pytest(bench, "--device", absent)

    assert pytest.ExitCode.USAGE_ERROR == run.returncode
    assert f"--device {absent}: torch finds none here; use one of" in run.stderr


@pytest.mark.slow
def test_plain_pytest_runs_a_benchmark_once(bench):
    """Without an option benchmarks are tests like others: one call, no timing, on the CPU."""
    run = _pytest(bench)

    assert "rounds=1\n" in run.stdout
    assert "device=cpu\n" in run.stdout


@pytest.mark.slow
def test_benchmark_only_times_them(bench):
    """``--benchmark-only`` is enough to have them timed."""
    assert "rounds=7\n" in _pytest(bench, "--benchmark-only").stdout


def test_a_run_that_cannot_be_compared_with_is_a_usage_error(bench, tmp_path):
    """One line that names the file, and nothing is timed for naught; ``content_of`` says what is refused."""
    file = tmp_path / "saved.json"
    file.write_text("{", encoding="utf-8")
    run = _pytest(bench, "--benchmark-only", f"--benchmark-compare={file}")
    (line,) = filter(None, run.stderr.splitlines())

    assert pytest.ExitCode.USAGE_ERROR == run.returncode
    assert line.startswith(f"ERROR: --benchmark-compare: {file} is damaged or no JSON")


@pytest.mark.slow
def test_comparing_with_the_last_run_where_there_is_none_is_said(bench):
    """pytest-benchmark warns, and times all the same."""
    run = _pytest(bench, "--benchmark-only", "--benchmark-compare")

    assert 0 == run.returncode
    assert "Can't compare. No benchmark files in" in run.stdout + run.stderr
