"""Hypothesis profiles, ``--device``, torch determinism, and whether benchmarks are timed; nothing else."""

import os

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
    """Add ``--device``."""
    parser.addoption(
        "--device",
        choices=DEVICES,
        default="cpu",
        help="where nets and images live; auto takes cuda, else mps, else cpu (default: cpu)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Settle the device, make torch repeatable, and time benchmarks only where that was asked for."""
    present = _present()
    wanted = config.getoption("device")
    if wanted == "auto":
        config.option.device = wanted = present[0]
    if wanted not in present:
        raise pytest.UsageError(f"--device {wanted}: torch finds none here; use one of {', '.join(present)}, or auto")

    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    torch.set_num_threads(max(1, torch.get_num_threads() // workers))
    # Some CUDA and MPS kernels have no deterministic form and would raise; there, the knobs that cannot raise.
    torch.use_deterministic_algorithms(wanted in ("cpu", "meta"))
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False

    if config.getoption("benchmark_only", default=False):
        config.option.benchmark_enable = True


@pytest.fixture(scope="session")
def device(pytestconfig: pytest.Config) -> str:
    """The device that ``--device`` names."""
    return str(pytestconfig.getoption("device"))
