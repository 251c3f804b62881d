"""A whole ``archproof check`` of timm's ResNet-50, beside the script that a user would write instead.

The script builds both nets, copies the weights by their order and compares one forward pass of each in float64. The
targets are 1.5 times its time and twice its memory; ``extra_info`` has both sides' figures and their ratios.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from importlib.util import find_spec

import psutil
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("timm") is None, reason="timm is not installed"),
]

SCRIPT = """
from properties.targets.libraries import import_torchvision

import_torchvision()  # declares its operators where its own do not load
import timm
import torch

from arches import resnet50

theirs = timm.create_model("resnet50").double().eval()
ours = resnet50().double().eval()
ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
image = torch.randn(2, 3, 224, 224, dtype=torch.float64)
with torch.no_grad():
    assert torch.allclose(theirs(image), ours(image))
"""
BY_HAND = [sys.executable, "-c", SCRIPT]
CHECK = [
    sys.executable,
    "-c",
    "from properties.cli import main; raise SystemExit(main())",
    *("check", "timm:resnet50", "--against", "resnet50"),
]


def _seconds(command: list[str]) -> float:
    """How long a process takes from its start to its end."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _peak(command: list[str]) -> int:
    """The most bytes that a process and all below it hold at a time; what they share counts once."""
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, _held(process.pid))
            time.sleep(0.05)
    assert 0 == process.returncode
    return peak


def _held(pid: int) -> int:
    held = 0
    try:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            full = process.memory_full_info()
            held += getattr(full, "pss", full.uss)
    except psutil.Error:  # one of them has just ended
        return 0
    return held


def test_a_check_takes_as_long_as_the_script(benchmark):
    """In turns, so that both meet the same machine; medians."""
    rounds = 3 if benchmark.enabled else 1
    by_hand: list[float] = []
    checked: list[float] = []
    benchmark.pedantic(
        lambda: checked.append(_seconds(CHECK)), setup=lambda: by_hand.append(_seconds(BY_HAND)), rounds=rounds
    )
    script, check = statistics.median(by_hand), statistics.median(checked)
    benchmark.extra_info.update(script_seconds=script, check_seconds=check, ratio=check / script)

    assert rounds == len(by_hand) == len(checked)


def test_a_check_takes_as_much_memory_as_the_script(benchmark):
    """The sum over the command and its processes, at its highest."""
    script = _peak(BY_HAND)
    check = benchmark.pedantic(_peak, (CHECK,), rounds=1)
    benchmark.extra_info.update(script_bytes=script, check_bytes=check, ratio=check / script)

    assert 0 < check < 3 * script
