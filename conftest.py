"""Hypothesis profiles, ``--device``, torch determinism, and what is timed on which machine; nothing else."""

import argparse
import os
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, settings

# Building a net in a test body says nothing about one draw's speed, so there is no deadline anywhere.
settings.register_profile("ci", settings.get_profile("ci"), deadline=None, max_examples=20)
settings.register_profile("dev", deadline=None, max_examples=5, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("dev"), max_examples=200)
settings.load_profile("ci" if "CI" in os.environ else "dev")

DEVICES = ("auto", "cpu", "cuda", "mps", "meta")


def _present() -> tuple[str, ...]:
    accelerators = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return (*(name for name, there in accelerators.items() if there), "cpu", "meta")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--device`` and what the benchmarks measure."""
    parser.addoption(
        "--device",
        choices=DEVICES,
        help="where nets and images live; auto takes cuda, else mps, else cpu (default: cpu, and auto for benchmarks)",
    )
    group = parser.getgroup("benchmark")
    group.addoption(
        "--benchmark-modes",
        type=_modes,
        default=("default",),
        metavar="MODES",
        help="what test_forward measures: default, ladder, all, or some of eager, folded, compiled, frozen, autotuned,"
        " replayed, compiled_replayed (default: eager, in float32 and on a GPU in bfloat16 too)",
    )
    group.addoption(
        "--benchmark-thorough",
        action="store_true",
        help="on a CPU, too, every size of test_forward and as many rounds as on a GPU; a quarter of an hour",
    )
    group.addoption("--benchmark-batches", type=_numbers, metavar="N,N", help="images in test_forward's batches")
    group.addoption(
        "--benchmark-turns",
        type=int,
        default=1,
        metavar="N",
        help="how often test_check goes there and back (default: 1)",
    )
    group.addoption("--benchmark-side", type=int, metavar="PIXELS", help="height and width of test_forward's images")


def _modes(text: str) -> tuple[str, ...]:
    from properties.bench.measure.cases import parse_selection

    try:
        return parse_selection(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _numbers(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise argparse.ArgumentTypeError(f"numbers must be positive, as in 1,32; got {text!r}")
    return tuple(int(part) for part in parts)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Settle the device, make torch repeatable, and time benchmarks only where that was asked for."""
    present = _present()
    timed = config.getoption("benchmark_only", default=False)
    wanted = config.option.device = config.getoption("device") or ("auto" if timed else "cpu")
    if wanted == "auto":
        config.option.device = wanted = present[0]
    if wanted not in present:
        raise pytest.UsageError(f"--device {wanted}: torch finds none here; use one of {', '.join(present)}, or auto")

    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    torch.set_num_threads(max(1, torch.get_num_threads() // workers))
    if workers > 1:  # processes that a worker starts take no more than the worker
        os.environ.setdefault("OMP_NUM_THREADS", str(torch.get_num_threads()))
    # Some CUDA and MPS kernels have no deterministic form and would raise; there, the knobs that cannot raise.
    torch.use_deterministic_algorithms(wanted in ("cpu", "meta"))
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False

    if timed:
        config.option.benchmark_enable = True
    if config.pluginmanager.hasplugin("benchmark"):
        _settle_comparison(config)


def _settle_comparison(config: pytest.Config) -> None:
    """Refuse a file that no run can be compared with; pytest-benchmark would end in a traceback."""
    from pytest_benchmark.logger import PytestBenchmarkWarning

    # What it says about its files is no error of the tests: now, while it reads them, and later.
    warnings.filterwarnings("default", category=PytestBenchmarkWarning)
    config.addinivalue_line("filterwarnings", "default::pytest_benchmark.logger.PytestBenchmarkWarning")
    given = config.getoption("benchmark_compare")
    if not isinstance(given, str) or (len(Path(given).parts) < 3 and not Path(given).is_file()):
        return  # none, the last one, or a number or a pattern of saved ones
    from properties.bench.results.saved import BenchFileError, content_of

    try:
        content_of(Path(given))
    except BenchFileError as error:
        raise pytest.UsageError(f"--benchmark-compare: {error}") from error


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, Any]) -> None:
    """Say which device the figures are of."""
    from properties.bench.measure.machine import describe

    machine_info["archproof"] = describe(config.getoption("device"))


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_compare_machine_info(machine_info: dict[str, Any], compared_benchmark: dict[str, Any]) -> None:
    """Refuse to compare figures of two devices; pytest-benchmark itself only warns."""
    from properties.bench.results.saved import refusal

    why = refusal(compared_benchmark.get("machine_info", {}), machine_info)
    if why is not None:
        raise pytest.UsageError(f"the saved run cannot be compared: {why}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run that was to measure and skipped everything has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not session.config.getoption("benchmark_only", default=False):
        return
    skipped = len(reporter.stats.get("skipped", ()))
    ran = any(reporter.stats.get(outcome) for outcome in ("passed", "failed", "error", "xfailed", "xpassed"))
    if skipped and not ran and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line(f"\nno benchmark ran: all {skipped} tests were skipped, so this run fails", red=True)


@pytest.fixture(scope="session")
def device(pytestconfig: pytest.Config) -> str:
    """The device that ``--device`` names."""
    return str(pytestconfig.getoption("device"))
