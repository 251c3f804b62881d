"""``archproof port`` as typed: what it says, and that no net's code can do harm to it."""

import json
import os

import pytest
import torch

from properties.targets.target import builder

MINE = "import arches\ndef net():\n    return arches.cifar10_net_sequential()\n"


@pytest.fixture
def port(run, tmp_path, monkeypatch):
    """Port a checkpoint of cifar10_net to a net of some code: status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    torch.save(builder("cifar10_net")().state_dict(), "given.pth")

    def port(code, *options):
        (tmp_path / "mine.py").write_text(code)
        arguments = ["given.pth", "--from", "cifar10_net", "--to", "mine.py:net", "-o", "out.safetensors"]
        return run("port", *arguments, *options)

    return port


def test_the_command_writes_and_says_so(run, tmp_path):
    """Status 0, what was done on standard output, and the ledger as JSON where that is asked for."""
    state = builder("cifar10_net")().state_dict()
    torch.save({"state_dict": {f"module.{key}": tensor for key, tensor in state.items()}}, tmp_path / "given.pth")
    (tmp_path / "mine.py").write_text("import arches\ndef net():\n    return arches.cifar10_net_sequential()\n")
    arguments = ["port", f"{tmp_path}/given.pth", "--from", "cifar10_net", "--to", f"{tmp_path}/mine.py:net"]

    status, out, _ = run(*arguments, "-o", f"{tmp_path}/out.safetensors", "--json", f"{tmp_path}/ledger.json")
    ledger = json.loads((tmp_path / "ledger.json").read_text())["ledger"]

    assert (0, True) == (status, (tmp_path / "out.safetensors").exists())
    assert "found under 'state_dict'" in out
    assert "prefix 'module.' removed" in out
    assert f"{len(state)}  renamed" in out
    assert set(state) == {source for entry in ledger for source in entry["sources"]}


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        pytest.param(
            ["given.pth", "--from", "cifar10_net", "--to", "resnet18_cifar", "-o", "out.pth"],
            1,
            "is not cifar10_net",
            marks=pytest.mark.slow,
        ),
        (["given.pth", "--from", "cifar10_net", "--to", "cifar10_net", "-o", "given.pth"], 2, "checkpoint itself"),
        (["none.pth", "--from", "cifar10_net", "--to", "cifar10_net", "-o", "out.pth"], 2, "cannot be read"),
        (
            ["given.pth", "--from", "resnet18_cifar", "--to", "cifar10_net", "-o", "out.pth"],
            2,
            "does not fit resnet18_cifar",
        ),
        (["given.pth", "--from", "cifar10_net", "-o", "out.pth"], 2, "--to"),
    ],
)
def test_the_command_fails_in_one_line(run, tmp_path, monkeypatch, arguments, status, said):
    """1 where the nets are not the same, 2 for every mistake; nothing is written."""
    monkeypatch.chdir(tmp_path)
    torch.save(builder("cifar10_net")().state_dict(), "given.pth")

    found, out, err = run("port", *arguments)

    assert (status, "", 1) == (found, out, err.count("\n"))
    assert said in err
    assert ["given.pth"] == os.listdir()


@pytest.mark.slow
def test_what_a_net_prints_is_kept_apart(port, tmp_path):
    """Standard output is ours alone; ``--show-output`` shows theirs on standard error."""
    code = MINE.replace("    return", "    print('building away')\n    return")
    status, out, err = port(code, "--json", "-")
    _, _, shown = port(code, "--show-output")

    assert (0, "") == (status, err)
    assert "mine.py:net" == json.loads(out)["candidate"]
    assert "building away\n" in shown


@pytest.mark.parametrize(
    ("body", "options", "said"),
    [
        ("    import os; os._exit(3)", (), "ended its process with exit status 3, building both nets"),
        (
            "    while True: pass",
            ("--timeout", "8"),
            "did not finish building both nets within 8 s (--timeout)",
        ),
    ],
    ids=["ends the process", "never ends"],
)
@pytest.mark.slow
def test_a_net_that_ends_the_process_or_never_ends_is_one_line(port, body, options, said):
    """Status 2, and nothing is written."""
    status, out, err = port(f"def net():\n{body}\n", *options)

    assert (2, "", f"archproof: the process that runs cifar10_net and mine.py:net {said}\n") == (status, out, err)
    assert ["given.pth", "mine.py"] == sorted(name for name in os.listdir() if name != "__pycache__")


@pytest.mark.slow
def test_a_process_killed_while_it_writes_leaves_nothing(port):
    """The candidate runs once more with the file that was written, before that gets its name."""
    code = MINE.replace("return arches.cifar10_net_sequential()", "return Wild(arches.cifar10_net_sequential())")
    wild = """
import glob, os, signal
from torch import nn

class Wild(nn.Sequential):
    def forward(self, x):
        if glob.glob(".out.safetensors.*"):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(x)
"""
    status, out, err = port(wild + code)

    assert (2, "") == (status, out)
    assert "was killed, perhaps by the system for want of memory (SIGKILL)" in err
    assert ["given.pth", "mine.py"] == sorted(name for name in os.listdir() if name != "__pycache__")
