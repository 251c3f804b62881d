"""What the checker costs: a capture beside a forward pass, a whole check beside the script that a user would write.

``pytest tests/benchmarks/test_check.py --benchmark-only --benchmark-json run.json`` measures, ``archproof bench-report
run.json`` makes tables of it: ratios of what took turns, A B B A, with the range of neighbouring turns and the noise.
A row of pytest-benchmark's own table is all turns together. Untimed, a small pair goes through all of it once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from support.contestants import PAIRS, SMALL, Pair, check_table, in_turns, looked_at, run, table_of

from properties.graph.alignment.align import isomorphism
from properties.graph.rules.canonical import canonicalise
from properties.graph.torch.capture import capture
from properties.targets.libraries import import_torchvision
from properties.targets.target import builder

pytestmark = [
    pytest.mark.skipif(find_spec("timm") is None, reason="timm is not installed"),
    pytest.mark.skipif(find_spec("torchvision") is None, reason="torchvision is not installed"),
    pytest.mark.filterwarnings("ignore:The default weight initialization"),
]

CAPTURED = ("resnet50", "vgg16", "densenet121", "googlenet", "vit_b_16", "swin_t", "maxvit_t")
CANDIDATES = 10
PROFILES = ("quick", "default")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """All of them where they are timed, else a small one; slow but for who names this file to have them timed."""
    timed = metafunc.config.getoption("benchmark_enable")
    found = {
        "pair": PAIRS if timed else [SMALL],
        "several": [(PAIRS[0], CANDIDATES) if timed else (SMALL, 1)],
        "name": CAPTURED if timed else CAPTURED[:1],
    }
    for argument in set(found) & set(metafunc.fixturenames):
        marks = [] if timed and _is_named(metafunc.config) else [pytest.mark.slow]
        metafunc.parametrize(argument, [pytest.param(value, marks=marks, id=_id(value)) for value in found[argument]])


def _is_named(config: pytest.Config) -> bool:
    return any(Path(argument.partition("::")[0]).name == Path(__file__).name for argument in config.args)


def _id(value: str | Pair | tuple[Pair, int]) -> str:
    return f"{value[1]}-{value[0].net}" if isinstance(value, tuple) else getattr(value, "net", str(value))


@pytest.fixture
def turns(benchmark, pytestconfig: pytest.Config) -> int:
    """How often everything is done there and back."""
    return pytestconfig.getoption("benchmark_turns") if benchmark.enabled else 0


@pytest.fixture
def one_thread():
    """What the meta device does keeps one thread busy; more would only disturb."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _processor(call: Callable[[], object]) -> float:
    """The processor's time of a call: on the meta device nothing is computed and nothing waits."""
    began = time.process_time()
    call()
    return time.process_time() - began


def test_a_capture_takes_a_few_forward_passes(benchmark, one_thread, turns, name):
    """The goal is 3 forward passes on the meta device; torch.export takes ten to twenty."""
    benchmark.group = "capture"
    with torch.device("meta"):
        net = import_torchvision().models.get_model(name, weights=None).eval()
        image = torch.empty(2, 3, 224, 224)
    graph = capture(net, input_shape=(2, 3, 224, 224))
    arms = {
        "forward": lambda: net(image),
        "capture": lambda: capture(net, input_shape=(2, 3, 224, 224)),
        "align": lambda: isomorphism(canonicalise(graph).graph, canonicalise(graph).graph),
    }
    if benchmark.enabled:
        for call in arms.values():
            call()  # what is made once is made now
        arms["export"] = lambda: torch.export.export(net, (image,), strict=False)
    found = benchmark.pedantic(in_turns, (arms, 2 * turns, _processor), rounds=1)
    benchmark.extra_info.update(measured="capture", net=name, arms=found)

    assert set(arms) == set(found)


@pytest.mark.parametrize("verdict", ["identical", "deviates"])
def test_a_check_takes_as_long_as_the_script(benchmark, turns, pair, verdict):
    """The goals are 0.9 of the script's time, 0.7 with the quick profile, and no more memory than it holds."""
    benchmark.group = "check"
    profiles = PROFILES if benchmark.enabled else PROFILES[:1]
    commands = {"script": pair.script(verdict)} | {profile: pair.check(verdict, profile) for profile in profiles}
    printed: dict[str, str] = {}

    def once(name: str) -> None:
        printed[name] = run(commands[name])

    arms = {name: (lambda name=name: once(name)) for name in commands}
    found = benchmark.pedantic(in_turns, (arms, turns), rounds=1)
    for name in commands if benchmark.enabled else ():
        found[name]["bytes"], found[name]["cpu_seconds"] = looked_at(commands[name])
    benchmark.extra_info.update(measured="check", net=pair.net, verdict=verdict, arms=found)

    assert printed["script"] in (["True\n"] if verdict == "identical" else ["True\n", "False\n"])  # it overlooks some
    assert {verdict} == {printed[profile].partition(":")[0] for profile in profiles}


def test_many_candidates_take_less_than_each_alone(benchmark, turns, several, tmp_path):
    """The goal is half the time for ten candidates of one reference."""
    benchmark.group = "many"
    pair, count = several
    (tmp_path / "pyproject.toml").write_text(table_of(pair, count, "default"), encoding="utf-8")
    printed: list[str] = []
    arms = {
        "together": lambda: printed.append(check_table(tmp_path)),
        "alone": lambda: [run(pair.check("identical", "default")) for _ in range(count)],
    }
    found = benchmark.pedantic(in_turns, (arms, turns), rounds=1)
    benchmark.extra_info.update(measured="many", net=f"{count} times {pair.candidate}", verdict="identical", arms=found)

    assert f"{count} of {count} candidates in pyproject.toml as they should be" == printed[0].splitlines()[-1]


@pytest.mark.slow
def test_every_deviating_net_takes_the_weights_of_the_right_one():
    """Else the script would fail where it should answer; the check itself is tested elsewhere."""
    with torch.device("meta"):
        for pair in (SMALL, *PAIRS):
            right, wrong = (builder(pair.target(verdict))() for verdict in ("identical", "deviates"))
            shapes = [[tuple(tensor.shape) for tensor in net.state_dict().values()] for net in (right, wrong)]

            assert shapes[0] == shapes[1]


@pytest.mark.slow
def test_a_tree_is_looked_at_as_a_whole():
    """Half of it is held by a child; what both share, as after a fork, counts once. A child's time counts."""
    hold = "import time; held = bytearray(2**26); held[::4096] = b'x' * len(held[::4096]); time.sleep(1)"
    apart = f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {hold!r}]); {hold}; child.wait()"
    forked = hold.replace("time.sleep", "__import__('os').fork(); time.sleep")
    work = "import time; [None for _ in iter(lambda: time.process_time() < 0.5, False)]; time.sleep(1)"
    working = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])"

    alone, both, shared = (looked_at([sys.executable, "-c", script])[0] for script in (hold, apart, forked))
    _, spent = looked_at([sys.executable, "-c", working])

    assert 64 <= alone / 2**20 < 96
    assert 128 <= both / 2**20 < 192
    assert 64 <= shared / 2**20 < 112
    assert 0.5 <= spent < 1.0
