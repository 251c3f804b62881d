"""The ``archproof`` command, as a person or a script meets it."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from properties import cli
from properties.cli import describe
from properties.cli.console import UsageError, parse_input_shape
from properties.describe.apart import Described
from properties.describe.job import answer
from properties.isolation import wire

RUN = "import sys; from properties.cli import main; sys.exit(main())"


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    """A narrow terminal that nothing may be cut to, as standard output is none."""
    monkeypatch.setenv("COLUMNS", "40")


MISTAKES = [
    (["chek"], "no such command 'chek'", "archproof --help"),
    (["descibe", "resnet18"], "descibe", "did you mean 'describe'"),
    (["describe", "resnet18", "--inptu", "3"], "--inptu", "did you mean --input?"),
    (["describe", "resnet18", "--depth", "deep"], "--depth", "integer"),
    (["describe", "resnet18", "--depth", "-1"], "--depth", "0"),
    (["describe", "resnet18", "extra"], "extra", "archproof describe --help"),
    (["describe"], "needs a target", "archproof list"),
    (["describe", "--depth", "1", "--solve", "kernel=3,in=8"], "--depth", "need a target"),
    (["describe", "resnet18", "--input", "3,0,4"], "'3,0,4'", "as in 1,3,224,224"),
    (["describe", "--solve", "kernel=5,inn=32"], "'inn'", "did you mean in?"),
    (["describe", "resnet81"], "'resnet81'", "resnet18"),
    (["describe", "torchvision:resnt50"], "'resnt50'", "did you mean resnet50"),
    (["describe", "no/such/file.py:net"], "no file no/such/file.py", ""),
    (["describe", "no_such_module:net"], "no module", "'no_such_module'"),
    (["describe", "resnet18(num_clases=3)"], "'num_clases'", "did you mean num_classes?"),
    (["describe", "resnet18(num_classes=n)"], "literals", "num_classes=10"),
    (["describe", "alexnet", "--input", "3,32,32"], "features.12", "--input 1,3,63,63"),
    (["list", "resnet"], "resnet", "archproof list --help"),
]


@pytest.mark.parametrize(("arguments", "what", "advice"), MISTAKES, ids=[" ".join(m[0]) for m in MISTAKES])
def test_a_mistake_ends_in_one_line_and_status_2(run, arguments, what, advice):
    """What, where, what to do; nothing on standard output."""
    status, out, err = run(*arguments)

    assert (2, "", 1) == (status, out, err.count("\n"))
    assert err.startswith("archproof: ")
    assert what in err
    assert advice in err


def test_a_strangers_mistake_is_reported_with_its_own_last_line(run, tmp_path):
    """What the candidate raises, with its file and line."""
    (tmp_path / "mine.py").write_text("print('loud')\n\ndef net():\n    raise OSError('no weights\\nhere')\n")

    status, out, err = run("describe", f"{tmp_path}/mine.py:net")

    assert (2, "") == (status, out)
    assert "raised while it was built: OSError: no weights here (mine.py, line 4)" in err.splitlines()[-1]


def test_a_candidate_that_exits_does_not_end_the_command(run, tmp_path):
    """``sys.exit(0)`` while a net is built is no success."""
    (tmp_path / "quits.py").write_text("import sys\n\ndef net():\n    sys.exit(0)\n")

    status, _, err = run("describe", f"{tmp_path}/quits.py:net")

    assert 2 == status
    assert "called sys.exit(0)" in err


def test_what_a_candidate_prints_stays_out_of_the_json(run, tmp_path):
    """Only JSON on standard output."""
    (tmp_path / "loud.py").write_text(
        "from torch import nn\nprint('hello')\n\ndef net():\n    print('building')\n    return nn.Conv2d(3, 4, 1)\n"
    )

    status, out, _ = run("describe", f"{tmp_path}/loud.py:net", "--json", "-")

    assert 0 == status
    assert 16 == json.loads(out)["totals"]["params"]


def test_bare_command_shows_the_help(run):
    """Nothing typed, nothing wrong."""
    status, out, err = run()

    assert (0, "") == (status, err)
    assert "describe" in out


def test_version_is_the_packages_torchs_and_the_devices(run):
    """As pyproject.toml has it, torch's below it, and at last the device by its kind, with the name of the part."""
    from importlib.metadata import version

    import torch

    status, out, err = run("--version")
    first, second, *_, last = out.splitlines()

    assert (0, "") == (status, err)
    assert [f"archproof {version('archproof')}", f"torch {version('torch')}"] == [first, second]
    assert last.startswith("device cuda (" if torch.cuda.is_available() else ("device cpu (", "device mps ("))


@pytest.mark.parametrize(
    ("shell", "typed", "offered"),
    [
        ("bash", "archproof desc", "describe"),
        ("bash", "archproof check --stri", "--strict-init"),
        ("bash", "archproof check --profile th", "thorough"),
        ("zsh", "archproof desc", "describe"),
        ("fish", "archproof desc", "describe"),
    ],
)
def test_a_shell_completes_what_is_typed(shell, typed, offered):
    """Commands, options and the values of an option, as the script that ``--show-completion`` prints asks for them."""
    asked = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}  # bash
    asked |= {"_TYPER_COMPLETE_ARGS": typed, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}  # zsh, fish
    env = {**os.environ, **asked, "_ARCHPROOF_COMPLETE": f"complete_{shell}"}

    child = subprocess.run([sys.executable, "-c", RUN], env=env, capture_output=True, text=True)

    assert (0, "") == (child.returncode, child.stderr)
    assert offered in child.stdout


def test_list_has_every_reference(run):
    """Name, family, figures, input and source."""
    import arches

    status, out, _ = run("list")

    assert 0 == status
    assert [spec.name for spec in arches.SPECS] == [line.split()[0] for line in out.splitlines()[1:]]
    (line,) = [line for line in out.splitlines() if line.startswith("resnet50 ")]
    assert ["resnet50", "resnet", "25,557,032", "4.089", "G", "3x224x224"] == line.split()[:6]
    assert line.endswith("He et al. 2015, arXiv:1512.03385, Table 1")


def test_list_as_json(run):
    """The same, for programs."""
    _, out, _ = run("list", "--json")
    content = json.loads(out)

    assert 1 == content["schema"]
    assert {
        "name": "cifar10_net",
        "family": "cifar10",
        "parameters": 145_578,
        "macs": None,
        "input": [3, 32, 32],
    }.items() <= next(entry for entry in content["references"] if entry["name"] == "cifar10_net").items()


def test_describe_prints_every_layer_uncut(run):
    """Output that is not a terminal has no width."""
    status, out, err = run("describe", "cifar10_net")

    assert (0, "") == (status, err)
    assert "floor((32 - 5 + 2*2)/1) + 1 = 32" in out
    assert "\x1b" not in out
    assert "…" not in out


def test_describe_writes_the_json_beside_the_text(run, tmp_path):
    """``--json FILE`` does not silence the text, ``--json -`` does; both hold the same."""
    file = tmp_path / "net.json"

    _, text, _ = run("describe", "cifar10_net", "--input", "3,32,32", "--depth", "1", "--json", str(file))
    _, out, _ = run("describe", "cifar10_net", "--depth", "1", "--json", "-")

    assert "145,578" in text
    assert json.loads(out) == json.loads(file.read_text())
    assert [file] == list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["missing/net.json", "."])
def test_a_file_that_cannot_be_written_is_a_mistake(run, tmp_path, place):
    """Said before anything is printed."""
    status, out, err = run("describe", "--solve", "kernel=5,in=32,out=32", "--json", str(tmp_path / place))

    assert (2, "", 1) == (status, out, err.count("\n"))
    assert "cannot be written" in err


def test_a_failed_write_leaves_the_old_file(run, tmp_path, monkeypatch):
    """A report is written whole or not at all."""
    file = tmp_path / "net.json"
    file.write_text("old")

    def fail(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    status, _, err = run("describe", "--solve", "kernel=5,in=32,out=32", "--json", str(file))

    assert 2 == status
    assert "no space left on device" in err
    assert ("old", [file]) == (file.read_text(), list(tmp_path.iterdir()))


def test_solve_needs_no_target(run):
    """The padding that keeps 32 with kernel 5 (facts E)."""
    expected = "padding 2 (stride 1, dilation 1): floor((32 - 5 + 2*2)/1) + 1 = 32\n"

    assert (0, expected, "") == run("describe", "--solve", "kernel=5,in=32,out=32")


def test_solve_without_a_solution_has_status_1(run):
    """So that a script notices, in JSON too."""
    assert 1 == run("describe", "--solve", "kernel=3,in=224,out=500")[0]
    status, out, _ = run("describe", "--solve", "kernel=3,in=224,out=500", "--json", "-")
    assert (1, []) == (status, json.loads(out)["solutions"])


def test_tensorboard_gets_the_graph(run, tmp_path):
    """An event file in the folder (facts E)."""
    pytest.importorskip("tensorboard")
    folder = tmp_path / "runs"

    status, _, err = run("describe", "cifar10_net", "--depth", "0", "--tensorboard", str(folder))

    assert (0, "") == (status, err)
    (file,) = folder.iterdir()
    assert file.name.startswith("events.out.tfevents")
    assert b"conv1" in file.read_bytes()


def test_missing_tensorboard_names_the_extra(tmp_path, monkeypatch):
    """What to install; the command shows whatever its process could not do."""
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    arguments = {"target": "cifar10_net", "input_shape": None, "tensorboard": str(tmp_path / "runs")}

    described = wire.loads(Described, answer(arguments, lambda stage: None))

    assert described.description is None
    assert "pip install 'archproof[tensorboard]'" in described.error


@pytest.mark.parametrize(
    ("body", "options", "said"),
    [
        ("import os; os._exit(3)", (), "ended its process with exit status 3, describing {0}"),
        ("while True: pass", ("--timeout", "8"), "did not finish describing {0} within 8 s (--timeout)"),
    ],
    ids=["ends the process", "never ends"],
)
@pytest.mark.slow
def test_a_net_that_ends_the_process_or_never_ends_is_one_line(run, tmp_path, body, options, said):
    """Its code runs in a process of its own."""
    (tmp_path / "mine.py").write_text(f"def net():\n    {body}\n")
    target = f"{tmp_path}/mine.py:net"

    assert (2, "", f"archproof: {target} {said.format(target)}\n") == run("describe", target, *options)


@pytest.mark.slow
def test_what_was_printed_is_shown_where_it_is_asked_for(run, tmp_path):
    """On standard error, and not otherwise."""
    code = "from torch import nn\nprint('hello')\n\ndef net():\n    return nn.Conv2d(3, 4, 1)\n"
    (tmp_path / "loud.py").write_text(code)

    _, _, silent = run("describe", f"{tmp_path}/loud.py:net")
    _, _, shown = run("describe", f"{tmp_path}/loud.py:net", "--show-output")

    assert ("", "hello\n") == (silent, shown)


class _Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("no_color", [True, False])
def test_a_terminal_gets_colour_unless_it_is_unwanted(monkeypatch, no_color):
    """NO_COLOR is obeyed, and so is the width."""
    terminal = _Terminal()
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", terminal)

    assert 0 == cli.main(["describe", "cifar10_net"])

    shown = terminal.getvalue()
    assert (not no_color) == ("\x1b[36m" in shown)
    assert "floor((32 - 5 + 2*2)/1) + 1 = 32" in shown


def test_ctrl_c_is_quiet(run, monkeypatch):
    """Status 130 and no traceback."""

    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(describe, "_described", interrupt)

    assert (130, "", "") == run("describe", "resnet18")


def test_a_reader_that_left_is_no_error():
    """A closed pipe: no traceback, the status a shell gives it."""
    read, write = os.pipe()
    os.close(read)
    arguments = ["describe", "--solve", "kernel=5,in=32,out=32"]

    child = subprocess.run([sys.executable, "-c", RUN, *arguments], stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)

    assert (128 + signal.SIGPIPE, "") == (child.returncode, child.stderr)


@pytest.mark.parametrize(
    "arguments",
    ["--help", "describe --help", "list --help", "describe --solve kernel=5,in=32", "chek"],
)
def test_what_needs_no_net_loads_no_torch(arguments):
    """It answers at once."""
    script = "import sys; from properties.cli import main; main(); sys.exit(10 + ('torch' in sys.modules))"

    child = subprocess.run([sys.executable, "-c", script, *arguments.split()], capture_output=True)

    assert 10 == child.returncode


def test_help_answers_in_half_a_second():
    """The best of three, as other work on the machine is not its fault."""

    def seconds():
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", RUN, "--help"], capture_output=True, check=True)
        return time.perf_counter() - began

    assert min(seconds() for _ in range(3)) < 0.5


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("1,3,224,224", (1, 3, 224, 224)),
        ("3,224,224", (1, 3, 224, 224)),
        ("(2, 3, 32, 48)", (2, 3, 32, 48)),
        ("1x3x32x32", (1, 3, 32, 32)),
        ("784", (1, 784)),
        ("20,784", (20, 784)),
    ],
)
def test_an_input_shape_is_read(text, shape):
    """With a batch axis or without."""
    assert shape == parse_input_shape(text)


@pytest.mark.parametrize("text", ["", ",", "3,-1,2", "3,a,2", "1.5,2,3", "0,3,2,2", "²,3,2"])
def test_an_input_shape_that_is_none_is_rejected(text):
    """With an example of one that is."""
    with pytest.raises(UsageError, match="as in 1,3,224,224"):
        parse_input_shape(text)
