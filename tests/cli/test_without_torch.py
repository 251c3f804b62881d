"""What needs no net loads no torch, in the command's own process or in one that it starts: answers come at once."""

import os
import subprocess
import sys

import pytest

import arches
from properties.cli.device import built_for

RUN = "import sys; from properties.cli import main; sys.exit(main())"
ANSWERED = (
    ["--help"],
    ["--version"],
    ["list"],
    ["list", "--json"],
    ["check", "--help"],
    ["describe", "--solve", "kernel=5,in=32,out=32"],
)
MISTAKEN = (
    ["chek"],
    ["check", "resnet5", "--against", "resnet50"],
    ["check", "resnet50", "--against", "resnet5"],
    ["check", "resnet50"],
    ["check", "missing.py:net", "--against", "resnet50"],
    ["check", "resnet50(", "--against", "resnet50"],
    ["check", "resnet50", "--against", "resnet50", "--profile", "slow"],
    ["check", "resnet50", "--against", "resnet50", "--input", "3,a,b"],
    ["check", "resnet50", "--against", "resnet50", "--expected-failures", "missing.toml"],
    ["describe", "resnet5"],
    ["describe", "missing.py:net"],
    ["port", "missing.pth", "--from", "resnet50", "--to", "resnet50", "-o", "new.pth"],
    ["port", "missing.pth", "--from", "resnet5", "--to", "resnet50", "-o", "new.pth"],
)


@pytest.fixture
def with_a_witness(tmp_path):
    """Run the command where the first torch on the path leaves a file and fails; the status, and whether it did."""
    (tmp_path / "torch").mkdir()
    witness = tmp_path / "imported"
    text = f"open({str(witness)!r}, 'w').close()\nraise ImportError('no torch here')\n"
    (tmp_path / "torch" / "__init__.py").write_text(text, encoding="utf-8")
    before = [os.environ["PYTHONPATH"]] if "PYTHONPATH" in os.environ else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *before])}

    def run(arguments: list[str]) -> tuple[int, bool]:
        command = [sys.executable, "-c", RUN, *arguments]
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True).returncode, witness.exists()

    return run


@pytest.mark.parametrize("arguments", ANSWERED, ids=" ".join)
def test_an_answer_that_needs_no_net_loads_no_torch(with_a_witness, arguments):
    """Help, versions, references and the formula solved."""
    assert (0, False) == with_a_witness(arguments)


@pytest.mark.parametrize("arguments", MISTAKEN, ids=" ".join)
def test_a_mistake_that_can_be_seen_without_torch_is(with_a_witness, arguments):
    """Names, files, profiles and sizes."""
    assert (2, False) == with_a_witness(arguments)


def test_what_needs_a_net_does(with_a_witness):
    """So that the tests above can fail."""
    assert (2, True) == with_a_witness(["describe", "cifar10_net"])


def test_claims_are_data():
    """``arches.SPECS`` loads no torch, a builder does."""
    script = (
        "import sys, arches; before = 'torch' in sys.modules, len(arches.SPECS); arches.resnet18;"
        "print(before, 'torch' in sys.modules)"
    )
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert f"{(False, len(arches.SPECS))} True" == child.stdout.strip()


@pytest.mark.parametrize(
    ("expected", "source"),
    [
        ({}, "__version__ = '2.13.0+cpu'\ncuda: Optional[str] = None\nhip: Optional[str] = None\n"),
        ({"cuda": "12.8"}, "__version__ = '2.13.0'\ncuda: Optional[str] = '12.8'\nhip: Optional[str] = None\n"),
        ({"hip": "6.4"}, "cuda: Optional[str] = None\nhip: Optional[str] = '6.4'\n"),
    ],
)
def test_what_torch_was_built_for_stands_in_its_version(expected, source):
    """As its wheels for the processor, for CUDA and for ROCm have it."""
    assert expected == built_for(source)
