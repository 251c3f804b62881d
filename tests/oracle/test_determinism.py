"""The same seed gives the same report, byte for byte apart from times, whatever order a process keeps its sets in."""

import json
import os
import subprocess
import sys

import pytest
from torch import nn

from properties import check

RUN = "import sys; from properties.cli import main; sys.exit(main(sys.argv[1:]))"


def reported(hash_seed: int, *arguments: str) -> str:
    """The JSON of a check in a process of its own, without its times."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, "check", *arguments, "--json", "-"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        timeout=300,
        check=False,
    )
    report = json.loads(done.stdout)
    for timed in (report, *report["properties"]):
        del timed["seconds"]
    del report["timings"]
    return json.dumps(report)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("cifar10_net_sequential", "--against", "cifar10_net"),
        ("resnet18_d2l", "--against", "resnet18"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_the_same_seed_gives_the_same_report(arguments):
    """Two processes with another order of sets and hashes write the same, counterexample included."""
    assert reported(1, *arguments) == reported(2, *arguments)


def _net(activation: type[nn.Module]) -> nn.Sequential:
    layers = nn.Conv2d(3, 8, 3, padding=1), activation(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)
    return nn.Sequential(*layers)


def test_another_seed_draws_other_numbers():
    """What is drawn decides by how much two nets differ, so the seed is no decoration."""
    one, other = (
        check(lambda: _net(nn.GELU), lambda: _net(nn.ReLU), input_shape=(3, 16, 16), seed=seed) for seed in (0, 1)
    )

    assert one.counterexample is not None
    assert one.counterexample != other.counterexample
