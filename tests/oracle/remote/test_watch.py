"""Processes of a check: started apart, watched, and ended with everything they started."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from properties.isolation import processes
from properties.isolation.limits import Limits
from properties.isolation.processes import MARK, end_all, memory_of, takes_more, usual_memory, words_for
from properties.oracle.remote import pair
from properties.oracle.remote.watch import check_isolated
from properties.request import Request

WAIT = "import time; time.sleep(600)"
linux = pytest.mark.skipif(sys.platform != "linux", reason="both are forked from one process on Linux alone")


def _gone(pids, within=10.0):
    """Whether none of the processes runs any more, soon."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if not any(processes._runs(psutil.Process(pid)) for pid in pids if psutil.pid_exists(pid)):
            return True
        time.sleep(0.05)
    return False


def _leader(code, mark="test"):
    """A process in a session of its own that prints the pids of what it started."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, MARK: mark},
    )


# Starts a child, one in another session, and one whose own parent has ended; prints their pids.
STARTS = f"""
    import subprocess, sys, time
    wait = [sys.executable, "-c", {WAIT!r}]
    orphan = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:], start_new_session=True).pid, flush=True)"
    between = subprocess.Popen([sys.executable, "-c", orphan, *wait], stdout=subprocess.PIPE)
    pids = [subprocess.Popen(wait).pid, subprocess.Popen(wait, start_new_session=True).pid]
    print(*pids, int(between.stdout.readline()), flush=True)
    between.wait()
    time.sleep(600)
"""


def test_everything_that_a_process_started_ends_with_it():
    """A child, one in another session and one that nobody is the parent of are all killed."""
    with _leader(STARTS) as leader:
        pids = [leader.pid, *map(int, leader.stdout.readline().split())]
        end_all([leader.pid], "test")

        assert 4 == len(pids)
        assert _gone(pids)


def test_other_processes_are_left_alone():
    """What carries another mark, and stands in no tree that ends, goes on."""
    with _leader(WAIT, "other") as other, _leader(WAIT) as leader:
        end_all([leader.pid], "test")

        assert other.poll() is None
        other.kill()


# Becomes the parent of what its child leaves behind, in a session and an environment of its own; has another child.
ADOPTS = f"""
    import os, subprocess, sys
    from properties.isolation.processes import take_orphans
    take_orphans()
    orphan = "import subprocess as s, sys; print(s.Popen(sys.argv[1:], stdout=s.DEVNULL, start_new_session=True).pid)"
    wait = [sys.executable, "-c", {WAIT!r}]
    left = subprocess.run([sys.executable, "-c", orphan, *wait], stdout=subprocess.PIPE, env={{}}).stdout
    print(int(left), subprocess.Popen(wait).pid, flush=True)
    {WAIT}
"""


@linux
def test_what_a_process_left_behind_ends_without_its_new_parent():
    """Orphans of one side are ended; the process that they were given to and its other child go on."""
    with _leader(ADOPTS) as leader:
        orphan, other = map(int, leader.stdout.readline().split())
        end_all([], "nothing has this mark", adopted_by=leader.pid, but=other)

        assert _gone([orphan])
        assert leader.poll() is None
        assert processes._runs(psutil.Process(other))
        end_all([leader.pid], "test")


def test_the_memory_of_children_counts():
    """A process is charged for what its children hold."""
    code = """
        import subprocess, sys, time
        hold = "import time; x = b'.' * (200 * 2**20); print(flush=True); time.sleep(600)"
        child = subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE)
        child.stdout.readline()
        print(flush=True)
        time.sleep(600)
    """
    with _leader(code) as leader:
        leader.stdout.readline()
        held = memory_of(leader.pid)
        more = takes_more(leader.pid, 200 * 2**20), takes_more(leader.pid, 400 * 2**20)
        end_all([leader.pid], "test")

    assert 200 * 2**20 < held < 400 * 2**20
    assert (True, False) == more
    assert 0 == memory_of(leader.pid)


def test_the_usual_memory_is_less_than_the_machine_has():
    """Half of it, in GiB."""
    assert 0 < usual_memory() <= psutil.virtual_memory().total / 2**30


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (3, "ended its process with exit status 3"),
        (-signal.SIGSEGV, "crashed with a segmentation fault (SIGSEGV)"),
        (-signal.SIGUSR1, "was ended by SIGUSR1"),
    ],
)
def test_the_end_of_a_process_has_words(status, words):
    """Exit statuses and signals read as a person says them."""
    assert words == words_for(status)


@pytest.mark.parametrize(("target", "says"), [("models:", "not a target"), ("nowhere.py:net", "there is no file")])
def test_a_misspelt_target_starts_no_process(target, says, monkeypatch):
    """What can be said without torch is said at once."""
    monkeypatch.setattr(pair, "start", lambda *arguments, **keywords: pytest.fail("started a process"))
    report, output = check_isolated(target, "resnet50", Request())

    assert ("error", "") == (report.verdict, output)
    assert says in report.error


def test_the_command_loads_no_torch():
    """The process that watches starts at once and cannot be hurt through torch."""
    script = "import sys, properties.oracle.remote.watch; print('torch' in sys.modules)"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "False" == child.stdout.strip()


def test_time_runs_out_at_the_stage_that_is_named(tmp_path):
    """The message has the candidate, the limit and the option; nothing waits any longer."""
    began = time.monotonic()
    outcome = check_isolated("cifar10_net", "cifar10_net", Request(), Limits(timeout=0.3))

    assert "error" == outcome.report.verdict
    assert "within 0.3 s (--timeout)" in outcome.report.error
    assert time.monotonic() - began < 5


def _command(tmp_path, body):
    """``archproof check`` of a file, started and in its candidate's code; and the pids that this has."""
    (tmp_path / "slow.py").write_text(
        f"import os\nfrom pathlib import Path\nPath('pids').write_text(str(os.getpid()))\n{body}"
    )
    command = "from properties.cli import main; raise SystemExit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", command, "check", "slow.py:net", "--against", "cifar10_net"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until = time.monotonic() + 60
    while not (tmp_path / "pids").exists() and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.2)
    return process, [child.pid for child in psutil.Process(process.pid).children(recursive=True)]


def _folders():
    return {path for home in (Path("/dev/shm"), Path("/tmp")) if home.is_dir() for path in home.glob("archproof-*")}


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_nothing_stays_after_the_command_is_ended(number, status, tmp_path):
    """After Ctrl-C and after a kill that cannot be answered, no process and no folder is left."""
    before = _folders()
    process, pids = _command(tmp_path, f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {WAIT!r}])")
    process.send_signal(number)
    process.communicate(timeout=30)

    assert status == process.returncode
    assert len(pids) >= 3
    assert _gone(pids)
    until = time.monotonic() + 10
    while _folders() - before and time.monotonic() < until:
        time.sleep(0.05)
    assert set() == _folders() - before


# Leaves a process behind, in a session and an environment of its own, and writes down its pid; then does more.
LEAVES = f"""
import os, subprocess, sys
from pathlib import Path
orphan = "import subprocess as s, sys; print(s.Popen(sys.argv[1:], stdout=s.DEVNULL, start_new_session=True).pid)"
between = [sys.executable, "-c", orphan, sys.executable, "-c", {WAIT!r}]
left = subprocess.run(between, stdout=subprocess.PIPE, env={{}}).stdout
(Path(__file__).parent / "left").write_text(left.decode())
"""


@linux
@pytest.mark.slow
@pytest.mark.parametrize(
    ("then", "says"),
    [("os._exit(3)", "exit status 3, while importing"), ("raise ValueError", "ValueError")],
)
def test_what_a_candidate_leaves_behind_ends_with_the_check(then, says, tmp_path):
    """Also what hides from its parent, whatever becomes of the candidate."""
    (tmp_path / "leaves.py").write_text(f"{LEAVES}\n{then}\n")
    outcome = check_isolated(f"{tmp_path}/leaves.py:net", "cifar10_net", Request())

    assert says in outcome.report.error
    assert _gone([int((tmp_path / "left").read_text())])


@linux
@pytest.mark.slow
def test_a_candidate_that_kills_what_it_was_forked_from_is_told(tmp_path):
    """Both processes end with it, and the message says what happened."""
    (tmp_path / "kills.py").write_text("import os, time\n\nos.kill(os.getppid(), 9)\ntime.sleep(60)\n")
    outcome = check_isolated(f"{tmp_path}/kills.py:net", "cifar10_net", Request())

    assert "process that both nets were started by was killed" in outcome.report.error


@linux
@pytest.mark.slow
def test_what_both_sides_share_is_nobodys_code_and_no_thread():
    """Imports alone: torch and this package, nothing that a candidate may replace or a fork may break."""
    script = """
        import os, sys
        from properties.oracle.remote import fork
        before = dict(os.environ)
        fork.prepare({"targets": ["net.py:net", "resnet50"]})
        libraries = {"torch._dynamo", "timm", "torchvision"} & set(sys.modules)
        print(*libraries, len(os.listdir("/proc/self/task")), before == dict(os.environ))
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}
    child = subprocess.run(command, capture_output=True, text=True, check=True, env=alone)

    assert "1 True" == child.stdout.strip()


@pytest.mark.slow
def test_a_reference_that_crashes_is_named(tmp_path):
    """The judge lives with the reference's code, and the message says which side ended."""
    (tmp_path / "bad.py").write_text("import os\n\n\ndef net():\n    os._exit(5)\n")
    outcome = check_isolated("cifar10_net", f"{tmp_path}/bad.py:net", Request())

    assert f"{tmp_path}/bad.py:net ended its process with exit status 5" in outcome.report.error


@pytest.mark.slow
def test_the_report_is_the_one_of_a_check_in_one_process():
    """Both ways give the same report, apart from times."""
    from properties import check

    target = "cifar10_net(num_classes=7)"
    apart = check_isolated(target, "cifar10_net", Request(input_shape=(3, 32, 32))).report
    here = check(target, "cifar10_net", input_shape=(3, 32, 32))
    told = [{**report.to_dict(), "seconds": 0, "timings": []} for report in (apart, replace(here, notes=apart.notes))]

    assert told[0] == told[1]
