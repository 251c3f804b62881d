"""A check, and the script that a user would write instead: as commands, timed in turns, with the memory of their trees.

The script builds both nets, copies the weights by their order, and compares one forward pass of each in float64.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

__all__ = ["PAIRS", "SMALL", "Pair", "check_table", "in_turns", "looked_at", "run", "table_of"]

DEVIATING = Path(__file__).with_name("deviating.py")
_COMMAND = (sys.executable, "-c", "from properties.cli import main; raise SystemExit(main())")
_SCRIPT = """
from properties.targets.libraries import import_torchvision

{imports}
import torch

theirs = {candidate}.double().eval()
ours = {reference}.double().eval()
ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
image = torch.randn(2, *{size}, dtype=torch.float64)
with torch.no_grad():
    first, second = theirs(image), ours(image)
print(torch.allclose(first, second))
"""
_VISION = "models = import_torchvision().models"
_TIMM = "import_torchvision()  # declares its operators where its own do not load\nimport timm"
_GLANCE = 0.05  # seconds between two looks at memory


@dataclass(frozen=True)
class Pair:
    """A candidate that is its reference, and one that is not.

    Args:
        net: what both are called.
        candidate: a target.
        reference: a target.
        imports: what the script imports to build them.
        builds: the expressions that do, the candidate's first.
        size: of one image.
    """

    net: str
    candidate: str
    reference: str
    imports: str
    builds: tuple[str, str]
    size: tuple[int, ...] = (3, 224, 224)

    def target(self, verdict: str) -> str:
        """The candidate that comes to a verdict, ``identical`` or ``deviates``."""
        return self.candidate if verdict == "identical" else f"{DEVIATING}:{self.net}"

    def check(self, verdict: str, profile: str) -> tuple[str, ...]:
        """The command line of its check."""
        return (*_COMMAND, "check", self.target(verdict), "--against", self.reference, "--profile", profile)

    def script(self, verdict: str) -> tuple[str, ...]:
        """The command line of the script."""
        candidate, reference = self.builds
        imports = self.imports
        if verdict != "identical":
            imports += f"\nimport runpy\ncandidate = runpy.run_path({str(DEVIATING)!r})[{self.net!r}]"
            candidate = "candidate()"
        text = _SCRIPT.format(imports=imports, candidate=candidate, reference=reference, size=self.size)
        return (sys.executable, "-c", text)


SMALL = Pair(
    "cifar10_net",
    "cifar10_net_sequential",
    "cifar10_net",
    "import arches",
    ("arches.cifar10_net_sequential()", "arches.cifar10_net()"),
    (3, 32, 32),
)
PAIRS = (
    Pair(
        "resnet50",
        "timm:resnet50",
        "resnet50",
        f"{_TIMM}\nimport arches",
        ("timm.create_model('resnet50')", "arches.resnet50()"),
    ),
    Pair("vgg16", "torchvision:vgg16", "vgg16", f"{_VISION}\nimport arches", ("models.vgg16()", "arches.vgg16()")),
    Pair(
        "densenet121",
        "timm:densenet121",
        "torchvision:densenet121",
        f"{_VISION}\n{_TIMM}",
        ("timm.create_model('densenet121')", "models.densenet121()"),
    ),
    Pair(
        "googlenet",
        "torchvision:googlenet",
        "googlenet_torchvision",
        f"{_VISION}\nimport arches",
        ("models.googlenet(init_weights=False)", "arches.googlenet_torchvision()"),
    ),
    Pair("vit_b_16", "torchvision:vit_b_16", "torchvision:vit_b_16", _VISION, ("models.vit_b_16()",) * 2),
)


def run(command: Sequence[str], *, folder: Path | None = None) -> str:
    """Let a command run to its end.

    Args:
        command: exits with 0, or 1 for a net that deviates.
        folder: where.

    Returns:
        what it printed.
    """
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def wall(call: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def in_turns(
    arms: Mapping[str, Callable[[], object]], turns: int, measure: Callable[[Callable[[], object]], float] = wall
) -> dict[str, dict[str, Any]]:
    """Time several things there and back again, A B C C B A, so that all of them meet the same machine.

    Args:
        arms: what to do, by name.
        turns: how often there and back; 0 for once there.
        measure: the seconds of a call.

    Returns:
        ``seconds`` of each arm, in the order of its turns.
    """
    found: dict[str, dict[str, Any]] = {name: {"seconds": []} for name in arms}
    order: Iterable[str] = [*arms, *reversed(arms)] * turns or [*arms]
    for name in order:
        found[name]["seconds"].append(measure(arms[name]))
    return found


def looked_at(command: Sequence[str]) -> tuple[int, float]:
    """Run a command and look at all of its processes again and again.

    What a process says of its children misses those that were ended before anybody waited for them, so each is asked.

    Returns:
        the most bytes that they hold at a time, what they share counted once; and the processor's time of them all.
    """
    most, spent = 0, dict[int, float]()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            most = max(most, _held(process.pid, spent))
            time.sleep(_GLANCE)
    assert process.returncode in (0, 1)
    return most, sum(spent.values())


def _held(pid: int, spent: dict[int, float]) -> int:
    """What a tree holds now; the processor's time of each process so far is left in ``spent``."""
    held = 0
    try:
        root = psutil.Process(pid)
        tree = (root, *root.children(recursive=True))
    except psutil.Error:  # it has just ended
        return 0
    for process in tree:
        try:
            full, times = process.memory_full_info(), process.cpu_times()
        except psutil.Error:  # likewise
            continue
        held += getattr(full, "pss", full.uss)
        spent[process.pid] = times.user + times.system
    return held


def table_of(pair: Pair, count: int, profile: str) -> str:
    """The text of a pyproject.toml with so many candidates of one reference, all of them the pair's."""
    lines = ["[tool.archproof.candidates]"]
    entry = f"target = {json.dumps(pair.candidate)}, reference = {json.dumps(pair.reference)}"
    lines += [f'net{number} = {{ {entry}, profile = "{profile}" }}' for number in range(count)]
    return "\n".join(lines) + "\n"


def check_table(folder: Path) -> str:
    """Check the candidates of a folder's pyproject.toml."""
    return run([*_COMMAND, "check"], folder=folder)
