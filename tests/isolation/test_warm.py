"""A warm process: what it has imported is there in what is forked from it, and nothing else of it is."""

import json
import os
import subprocess
import sys
import time

import pytest

from properties.isolation.warm import warm

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is none elsewhere")

PREPARE = "isolation_roles:prepare"
ROLES = '''
"""What the processes of these tests do."""

import json
import os
import sys


def prepare(setup):
    """Import something, and leave a trace that must not reach others by way of a sibling."""
    import colorsys
    sys.here = []


def tells(setup):
    """Write down what this process is."""
    sys.here.append(setup["name"])
    descriptors = sorted(int(name) for name in os.listdir("/proc/self/fd"))
    told = {
        "imported": "colorsys" in sys.modules,
        "here": sys.here,
        "mark": os.environ["ARCHPROOF_CHECK"],
        "folder": os.getcwd(),
        "leads": os.getsid(0) == os.getpid(),
        "open": [number for number in descriptors if number > 2 and number != setup["to"]],
    }
    print("printed", flush=True)
    os.write(setup["to"], json.dumps(told).encode())


def crashes(setup):
    """End by a signal."""
    os.kill(os.getpid(), 11)
'''


@pytest.fixture
def roles(tmp_path, monkeypatch):
    """A module with roles, where this process and those that it starts find it."""
    (tmp_path / "isolation_roles.py").write_text(ROLES)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def started(by, role, **setup):
    """What a process of this role wrote and printed, and how it ended."""
    reads, writes = os.pipe()
    hears, prints = os.pipe()
    process = by.start(
        {"role": f"isolation_roles:{role}", "to": writes, **setup}, descriptors=(writes,), output=prints, mark="child"
    )
    os.close(writes)
    os.close(prints)
    with open(reads, "rb") as wrote, open(hears, "rb") as printed:
        found = wrote.read(), printed.read()
    until = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    return *found, process


def test_what_is_forked_is_warm_and_otherwise_new(roles):
    """It has what was imported, and its own session, mark, folder and descriptors; a sibling's traces it has not."""
    with warm(PREPARE, {}, "warm") as by:
        for name in ("first", "second"):
            wrote, printed, process = started(by, "tells", name=name)
            told = json.loads(wrote)

            assert not isinstance(process, subprocess.Popen)
            assert (b"printed\n", 0) == (printed, process.poll())
            assert [name] == told["here"]
            assert (True, "child", str(roles), True) == tuple(
                told[key] for key in ("imported", "mark", "folder", "leads")
            )
            assert len(told["open"]) <= 1  # the folder that was listed


def test_how_it_ends_is_told(roles):
    """A signal is told as ``subprocess`` tells it, and the next one can be started."""
    with warm(PREPARE, {}, "warm") as by:
        assert -11 == started(by, "crashes")[2].poll()
        assert 0 == started(by, "tells", name="next")[2].poll()


def test_without_it_processes_are_started_from_scratch(roles):
    """Where the warm process is gone, its starter goes on without it."""
    with warm(PREPARE, {}, "warm") as by:
        by._process.kill()
        by._process.wait()
        *_, process = started(by, "crashes")

        assert isinstance(process, subprocess.Popen)
        assert -11 == process.wait()


def test_it_ends_with_its_block(roles):
    """Nothing of it is left."""
    with warm(PREPARE, {}, "warm") as by:
        assert by._process.poll() is None
    assert by._process.poll() is not None
