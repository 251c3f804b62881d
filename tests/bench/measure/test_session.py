"""``pytest --benchmark-only`` as a whole: what it refuses, what it saves, and when it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from properties.bench.results.saved import read

ROOT = Path(__file__).resolve().parents[3]
BENCH = "tests/benchmarks/test_forward.py"
SMALL = ("--benchmark-batches", "1", "--benchmark-side", "32", "--device", "cpu")


def _pytest(*options: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *options]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_an_unknown_mode_is_a_usage_error():
    """With those there are."""
    run = _pytest(BENCH, "--benchmark-modes", "fast")

    assert pytest.ExitCode.USAGE_ERROR == run.returncode
    assert "modes must be default, ladder, all or some of eager, folded" in run.stderr


@pytest.mark.slow
def test_a_run_is_saved_compared_with_itself_and_not_with_another_device(tmp_path):
    """One small net: measured, said to be small, read again; then the saved file is given another device."""
    file = tmp_path / "run.json"
    first = _pytest(BENCH, "-k", "cifar10_net-", "--benchmark-only", *SMALL, "--benchmark-json", str(file))

    assert 0 == first.returncode, first.stdout + first.stderr
    assert "on a CPU the usual sizes are small" in first.stdout
    assert "cifar10_net: torchvision has no such net; measured alone" in first.stdout
    (row,) = read(file).rows
    assert ("cifar10_net-b1-float32-contiguous-eager", "archproof") == (row.case, row.arm)

    content = json.loads(file.read_text())
    content["machine_info"]["archproof"]["name"] = "another processor"
    file.write_text(json.dumps(content))
    second = _pytest(BENCH, "-k", "cifar10_net-", "--benchmark-only", *SMALL, "--benchmark-compare", str(file))

    assert pytest.ExitCode.USAGE_ERROR == second.returncode
    assert (
        "the saved run cannot be compared: it was measured on cpu (another processor) and this on cpu" in second.stderr
    )
    assert "Traceback" not in second.stderr


@pytest.mark.slow
def test_a_run_that_skipped_everything_fails():
    """Replaying needs CUDA graphs; nothing was measured, so nothing is green."""
    run = _pytest(BENCH, "-k", "cifar10_net-", "--benchmark-only", *SMALL, "--benchmark-modes", "replayed")

    assert pytest.ExitCode.TESTS_FAILED == run.returncode, run.stdout
    assert "replaying needs CUDA graphs, which cpu does not have" in run.stdout
    assert "no benchmark ran: all" in run.stdout
