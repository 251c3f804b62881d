"""One process that imports what both processes of a check need, then forks them: the import is paid, and held, once.

It imports and forks, and neither builds nor runs a net. What happens in one of them therefore never reaches the other.
Afterwards it waits: it tells how each of them ends, is given what they leave behind, and ends all when the check's own
process is gone.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import shutil
import threading
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from properties.errors import TargetError
from properties.isolation.child import main
from properties.isolation.processes import MARK, end_all, outlive_nobody, take_orphans
from properties.targets.libraries import import_timm, import_torchvision
from properties.targets.target import parse

__all__ = ["prepare", "run"]

_BOTH = (
    "torch",
    "torch.fx.experimental.symbolic_shapes",  # torch itself does so as soon as a convolution is recorded
    "properties.oracle.remote.party",
    "properties.oracle.remote.server",
    "properties.oracle.check",
)
_COMPILER = "torch._dynamo"  # which torchvision imports, and some operators without kernels for the meta device
_PROPERTIES = "properties.oracle.parties.properties"  # and with it Hypothesis
_LIBRARIES = {"torchvision": import_torchvision, "timm": import_timm}  # by the prefix of a target

_CUDA = "PYTORCH_NVML_BASED_CUDA_CHECK"  # whoever asks for a GPU then does not start its driver, which outlives no fork


def run(setup: Mapping[str, Any]) -> NoReturn:
    """Start both processes and wait until nobody needs them.

    Args:
        setup: ``processes``, each as ``Pair.start`` gets it; ``ends``, where to write ``NAME PID`` at their start and
            ``PID STATUS`` at their end; ``lifeline``, ``folder`` and ``mark``.
    """
    processes: Mapping[str, Mapping[str, Any]] = setup["processes"]
    prepare({"targets": [processes["judge"][role] for role in ("candidate", "reference")]})
    take_orphans()
    for name, one in processes.items():
        _tell(setup["ends"], f"{name} {_forked(setup, name, one)}")
    for descriptor in _of(processes.values()):
        os.close(descriptor)
    threading.Thread(target=_guard, args=(setup,), daemon=True).start()
    with contextlib.suppress(ChildProcessError):  # no child is left
        while True:
            pid, status = os.wait()
            _tell(setup["ends"], f"{pid} {os.waitstatus_to_exitcode(status)}")
    threading.Event().wait()
    os._exit(0)


def prepare(setup: Mapping[str, Any]) -> None:
    """Import what both processes of a check need; what fails here is imported, and blamed, where it is needed.

    Args:
        setup: ``targets``; a library that two of them name is imported here, too. For more than one check, also what
            only some checks come to need.
    """
    named = [place for target in setup["targets"] if (place := parse(target).place) in _LIBRARIES]
    asked = os.environ.get(_CUDA)
    os.environ[_CUDA] = "1"
    gc.disable()
    many = len(setup["targets"]) > 2
    for name in (*_BOTH, *([_COMPILER] if named or many else []), *([_PROPERTIES] if many else [])):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    for place in sorted({place for place in named if named.count(place) > 1}):
        with contextlib.suppress(TargetError):
            _LIBRARIES[place]()
    os.environ.pop(_CUDA)
    if asked is not None:
        os.environ[_CUDA] = asked
    gc.freeze()  # collections would write to every page that both share
    gc.enable()


def _forked(setup: Mapping[str, Any], name: str, one: Mapping[str, Any]) -> int:
    """The pid of a new process, which runs ``isolation.child.main`` and never returns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about threads: numpy's own end before a fork
        pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        outlive_nobody()
        os.environ[MARK] = f"{setup['mark']}:{name}"
        for standard in (1, 2):
            os.dup2(one["output"], standard)
        for descriptor in {*_of(setup["processes"].values()), setup["ends"], setup["lifeline"]} - set(one["keeps"]):
            os.close(descriptor)
        main(one)
    finally:
        os._exit(1)


def _of(processes: Iterable[Mapping[str, Any]]) -> set[int]:
    """The descriptors that are the two processes' alone."""
    return {descriptor for one in processes for descriptor in (*one["keeps"], one["output"])}


def _tell(descriptor: int, line: str) -> None:
    with contextlib.suppress(OSError):
        os.write(descriptor, f"{line}\n".encode())


def _guard(setup: Mapping[str, Any]) -> None:
    """When the process that started all this is gone, however it ended: end both and clean up."""
    os.read(setup["lifeline"], 1)  # returns when nobody holds the other end any more
    end_all([], setup["mark"], adopted_by=os.getpid())
    shutil.rmtree(setup["folder"], ignore_errors=True)
    os._exit(1)
