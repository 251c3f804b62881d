"""One job in a process of its own: what comes back, and what becomes of jobs that do not answer."""

import os
import time

import pytest

from properties.isolation.job import run_apart
from properties.isolation.limits import Limits

HERE = "apart_jobs"  # a module beside this file


@pytest.fixture(autouse=True)
def _importable(monkeypatch, tmp_path):
    """A module that a new process finds, as it is given this one's path."""
    (tmp_path / f"{HERE}.py").write_text(
        "import os, sys, time\n"
        "def echo(arguments, say):\n"
        "    say('echoing'); print('printed'); return repr(arguments).encode()\n"
        "def breaks(arguments, say):\n"
        "    for descriptor in range(3, 30):\n"
        "        try: os.write(descriptor, b'\\xff' * 64)\n"
        "        except OSError: pass\n"
        "    time.sleep(60)\n"
        "def swells(arguments, say):\n"
        "    say('swelling'); kept = [bytes(2**20) * 64 for _ in range(64)]; time.sleep(60)\n"
        "def starts(arguments, say):\n"
        "    import subprocess\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "    return str(child.pid).encode()\n"
        "def fails(arguments, say):\n"
        "    raise ValueError('no')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


def _run(function, arguments=None, **limits):
    stages: list[str] = []
    done = run_apart(f"{HERE}:{function}", arguments or {}, Limits(**{"timeout": 60.0, **limits}), stages.append)
    return done, stages


def test_what_a_function_returns_comes_back():
    """With its stages, and with what it printed apart."""
    done, stages = _run("echo", {"a": [1, None]})

    assert (b"{'a': [1, None]}", "") == (done.answer, done.error)
    assert "printed\n" in done.output
    assert "echoing" == stages[-1]


def test_what_raises_is_told_with_its_traceback_apart():
    """The process ends with a status; the traceback is part of what it printed."""
    done, _ = _run("fails")

    assert (None, "ended its process with exit status 1, loading torch") == (done.answer, done.error)
    assert "ValueError: no" in done.output


def test_what_writes_over_its_answer_is_told():
    """A stranger's code can find the pipe; what comes is no message then."""
    done, _ = _run("breaks")

    assert done.answer is None
    assert done.error.startswith("broke the connection: a message announces")


def test_memory_is_limited():
    """As soon as it holds more."""
    done, _ = _run("swells", memory=1.0)

    refused = "ended its process with exit status 1, swelling"  # where the system enforces the limit itself
    assert done.answer is None
    assert done.error in ("took more than 1 GiB of memory (--memory), swelling", refused)


def test_what_a_job_started_ends_with_it():
    """Nothing is left running."""
    done, _ = _run("starts")
    assert done.answer is not None
    pid, until = int(done.answer), time.monotonic() + 5
    while time.monotonic() < until and _runs(pid):
        time.sleep(0.05)

    assert not _runs(pid)


def _runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
