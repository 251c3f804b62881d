"""The candidates of a project: the table ``[tool.archproof.candidates]`` of its pyproject.toml. Loads no torch.

One line for each, or a table of its own where there is more to say::

    [tool.archproof.candidates]
    "mypkg.models:resnet50" = "resnet50"

    [tool.archproof.candidates.resnet50-cifar]
    target = "mypkg.models:resnet50"          # by default the entry's name
    keywords = { num_classes = 10 }           # of the target's factory
    reference = "resnet50(num_classes=10)"
    input = [3, 64, 64]
    profile = "quick"
    seed = 1
    strict-init = true
    timeout = 600
    memory = 8
    expected-failures = "archproof-expected.toml"

Files are named relative to the folder of the pyproject.toml, and the checks run there.
"""

from __future__ import annotations

import contextlib
import shlex
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from properties.errors import TargetError, nearest, readable
from properties.isolation.limits import Limits
from properties.isolation.warm import Warm
from properties.oracle.candidates.expected import Expected, apply, read
from properties.oracle.candidates.keys import KEYS
from properties.oracle.remote.checked import Checked
from properties.oracle.remote.watch import check_isolated, warmed_up
from properties.profiles import PROFILES
from properties.report.timings import Clock
from properties.request import Request
from properties.targets.target import parse, require_there

__all__ = ["Candidate", "Mistake", "Table", "all_warm", "check_candidate", "find_table", "read_table"]

_PLACE = "[tool.archproof.candidates]"


@dataclass(frozen=True)
class Candidate:
    """One entry of the table.

    Args:
        name: the entry's.
        target: what is judged, with its keywords.
        reference: what it is held against, a target.
        input_shape: one input without its batch axis; None for the reference's own.
        profile: how much is tried.
        seed: of weights and images.
        strict_init: whether other initialisation is a deviation.
        timeout: seconds, or None for what the profile needs at most.
        memory: GiB for each process, or None for half of the machine's.
        expected: its expected failures.
    """

    name: str
    target: str
    reference: str
    input_shape: tuple[int, ...] | None = None
    profile: str = "default"
    seed: int = 0
    strict_init: bool = False
    timeout: float | None = None
    memory: float | None = None
    expected: tuple[Expected, ...] = ()


@dataclass(frozen=True)
class Mistake:
    """An entry that cannot be used.

    Args:
        name: the entry's.
        why: one line: what, where, what to do.
    """

    name: str
    why: str


@dataclass(frozen=True)
class Table:
    """The candidates of one project.

    Args:
        path: the pyproject.toml.
        candidates: those that can be checked, in the file's order.
        mistakes: the entries that cannot.
    """

    path: Path
    candidates: tuple[Candidate, ...] = ()
    mistakes: tuple[Mistake, ...] = field(default=())

    @property
    def folder(self) -> Path:
        """Where the checks run."""
        return self.path.parent


def find_table(start: Path) -> Path | None:
    """The nearest pyproject.toml, in a folder or above it, that has a table for archproof; None if there is none.

    Raises:
        TargetError: if one on the way is no TOML.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        path = folder / "pyproject.toml"
        if path.is_file() and _section(path) is not None:
            return path
    return None


def read_table(path: Path) -> Table:
    """The table of a pyproject.toml. An entry with a mistake does not keep the others from being read.

    Raises:
        TargetError: if the file cannot be read or is no TOML.
    """
    section = _section(path)
    if section is None:
        return Table(path, (), (_whole(path, f"has no {_PLACE}"),))
    entries = section.get("candidates") if isinstance(section, dict) else None
    if not isinstance(section, dict) or any(key != "candidates" for key in section):
        wrong = next((key for key in section if key != "candidates"), "") if isinstance(section, dict) else section
        return Table(path, (), (_whole(path, f"[tool.archproof] may hold candidates alone, got {wrong!r}"),))
    if not isinstance(entries, dict) or not entries:
        what = f"must be a table of targets and references, got {entries!r}" if entries else "has no entries"
        return Table(path, (), (_whole(path, f"{_PLACE} {what}"),))
    candidates: list[Candidate] = []
    mistakes: list[Mistake] = []
    names: set[str] = set()
    for key, value in entries.items():
        name = readable(key)
        try:
            if name in names:
                raise TargetError("another entry has the same name; rename one and give it a target")
            names.add(name)
            candidates.append(_candidate(name, value, path.parent))
        except TargetError as error:
            mistakes.append(Mistake(name, f"{path.name}, {_PLACE}, {name!r}: {readable(error, limit=600)}"))
    return Table(path, tuple(candidates), tuple(mistakes))


def check_candidate(
    candidate: Candidate,
    folder: Path,
    *,
    side_by_side: bool = False,
    progress: Callable[[str], None] = lambda stage: None,
    by: Warm | None = None,
) -> Checked:
    """Check one entry in processes of its own, in the table's folder, and mark what is expected.

    Args:
        candidate: the entry.
        folder: the table's.
        side_by_side: whether the report has both nets whole, for a page.
        progress: called with the name of each stage as it begins.
        by: of ``all_warm``, where others are checked too.
    """
    request = Request(
        input_shape=candidate.input_shape,
        profile=PROFILES[candidate.profile],
        seed=candidate.seed,
        strict_init=candidate.strict_init,
        side_by_side=side_by_side,
        progress=Clock(progress),
    )
    limits = Limits.given(candidate.timeout, candidate.memory, usual=request.profile.timeout)
    with contextlib.chdir(folder):
        report, output = check_isolated(candidate.target, candidate.reference, request, limits, by)
    if candidate.expected:
        report = apply(report, candidate.expected)
    if folder.resolve() != Path.cwd():
        report = replace(report, reproduce=f"cd {shlex.quote(str(folder))} && {report.reproduce}")
    return Checked(report, output)


def all_warm(candidates: Sequence[Candidate]) -> AbstractContextManager[Warm | None]:
    """What several entries share while they are checked: a process that has imported what they need; None for one."""
    targets = [target for candidate in candidates for target in (candidate.target, candidate.reference)]
    return warmed_up(targets) if len(candidates) > 1 else contextlib.nullcontext()


def _section(path: Path) -> Any:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TargetError(f"{path} cannot be read: {error.strerror or type(error).__name__}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TargetError(f"{path} is not TOML: {readable(error)}") from error
    tool = content.get("tool")
    return tool.get("archproof") if isinstance(tool, dict) else None


def _whole(path: Path, why: str) -> Mistake:
    return Mistake(_PLACE, f'{path.name}: {why}; write "package.module:factory" = "resnet50"')


# ---------------------------------------------------------------------------------------------------------- one entry
def _candidate(name: str, value: Any, folder: Path) -> Candidate:
    table = {"reference": value} if isinstance(value, str) else value
    if not isinstance(table, dict):
        raise TargetError(f"must be a reference or a table with one, got {value!r}")
    unknown = [key for key in table if key not in KEYS]
    if unknown:
        dotted = "; a name with dots needs quotes" if isinstance(table[unknown[0]], dict) else ""
        raise TargetError(f"has the key {unknown[0]!r}{nearest(unknown[0], KEYS)}{dotted}")
    if "reference" not in table:
        raise TargetError('has no reference, as in reference = "resnet50"')
    found = {KEYS[key][0]: KEYS[key][1](key, given) for key, given in table.items()}
    keywords, expected = found.pop("keywords", {}), found.pop("expected", None)
    target = _with_keywords(found.pop("target", name), keywords)
    with contextlib.chdir(folder):
        for text in (target, found["reference"]):
            require_there(parse(text))
        failures = () if expected is None else read(expected)
    return Candidate(name, target, expected=failures, **found)


def _with_keywords(target: str, keywords: Mapping[str, Any]) -> str:
    if not keywords:
        return target
    if parse(target).keywords:
        raise TargetError(f"keywords must be given once, but {target!r} has some as well")
    return f"{target.removesuffix('()')}({', '.join(f'{key}={value!r}' for key, value in keywords.items())})"
