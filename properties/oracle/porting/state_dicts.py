"""Where in a loaded file the net's tensors stand: under which name, behind which prefix, beside what else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from properties.errors import CheckpointError

__all__ = ["StateDict", "the_state_dict"]

PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.", "backbone.", "encoder.")
USUAL = ("state_dict", "model_state_dict", "model", "net", "network", "params", "weights")
_DEPTH = 3  # containers within containers that are looked into
_SHARE = 0.5  # of a net's names that a state_dict has to have to be meant for it


@dataclass(frozen=True)
class StateDict:
    """The tensors of one net.

    Args:
        tensors: by the names that the net has for them.
        notes: what had to be done to find them: ``"found under 'state_dict'"``, ``"prefix 'module.' removed"``.
    """

    tensors: Mapping[str, Tensor]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Section:
    path: tuple[str, ...]
    tensors: Mapping[str, Tensor]
    others: tuple[str, ...]  # entries that are no tensors
    prefix: str = ""

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def is_average(self) -> bool:
        """Whether its name says that it is a running average of the weights, as training scripts save beside them."""
        words = "_".join(self.path).lower().replace("-", "_").split("_")
        return any(word in ("ema", "swa", "averaged", "avg") for word in words)


def the_state_dict(content: Any, keys: Collection[str], place: str) -> StateDict:
    """Find the tensors of the net with these keys.

    Args:
        content: what a file held.
        keys: the names in the net's own state_dict.
        place: the file, as errors call it.

    Raises:
        CheckpointError: if there are none, or several and nothing says which is meant.
    """
    sections = list(_sections(content))
    if not sections:
        raise CheckpointError(f"{place} holds no tensors by name{_what(content)}; save a net's state_dict() there")
    read = [_without_prefix(section, keys) for section in sections]
    fitting = [section for section in read if _overlap(section, keys) >= _SHARE]
    if not fitting:  # a complaint about single tensors says more than one about all
        fitting = sorted(read, key=lambda section: -_overlap(section, keys))[:1]
    chosen = _chosen(fitting, place)
    return StateDict(chosen.tensors, tuple(_notes(chosen, fitting)))


def _sections(content: Any, path: tuple[str, ...] = ()) -> Iterator[_Section]:
    """Every mapping from names to tensors, outermost first."""
    if not isinstance(content, Mapping):
        return
    named = {key: value for key, value in content.items() if isinstance(key, str)}
    tensors = {key: value for key, value in named.items() if isinstance(value, Tensor)}
    if tensors:
        yield _Section(path, tensors, tuple(key for key in named if key not in tensors))
    if len(path) < _DEPTH:
        for key, value in named.items():
            yield from _sections(value, (*path, key))


def _without_prefix(section: _Section, keys: Collection[str]) -> _Section:
    """Take off what wrappers put before every name, as long as that makes the names the net's own."""
    best = current = section
    while True:
        prefix = next((p for p in PREFIXES if all(key.startswith(p) for key in current.tensors)), None)
        if prefix is None:
            return best
        shorter = {key.removeprefix(prefix): tensor for key, tensor in current.tensors.items()}
        current = _Section(section.path, shorter, section.others, current.prefix + prefix)
        if _overlap(current, keys) > _overlap(best, keys):
            best = current


def _overlap(section: _Section, keys: Collection[str]) -> float:
    """Which share of the net's names it has."""
    return len(section.tensors.keys() & set(keys)) / max(1, len(keys))


def _chosen(fitting: list[_Section], place: str) -> _Section:
    """The net itself before its running averages, the usual names before others, else the only one."""
    for group in (
        [section for section in fitting if not section.is_average and (not section.path or section.path[-1] in USUAL)],
        [section for section in fitting if not section.is_average],
        fitting,
    ):
        if group and all(_equal(group[0].tensors, other.tensors) for other in group[1:]):
            return group[0]
        if group:
            names = ", ".join(repr(section.name) for section in group[:3])
            raise CheckpointError(
                f"{place} holds {len(group)} state_dicts that fit, {names}; save the one that is meant to a file alone"
            )
    raise ValueError("there must be a section to choose from")


def _equal(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(
        tensor.dtype == other[key].dtype and torch.equal(tensor, other[key]) for key, tensor in one.items()
    )


def _notes(chosen: _Section, fitting: list[_Section]) -> Iterator[str]:
    if chosen.path:
        yield f"found under {chosen.name!r}"
    if chosen.prefix:
        yield f"prefix {chosen.prefix!r} removed from {len(chosen.tensors)} names"
    if unused := [repr(section.name) for section in fitting if section is not chosen and section.name != chosen.name]:
        yield f"not used: {', '.join(unused)}"
    if chosen.others:
        rest = f", ... {len(chosen.others)} in all" if len(chosen.others) > 3 else ""
        yield f"no tensors, left out: {', '.join(chosen.others[:3])}{rest}"


def _what(content: Any) -> str:
    if isinstance(content, Mapping):
        names = ", ".join(str(key) for key in list(content)[:3])
        return f" but {names}" if names else ", it is an empty dictionary"
    return f" but a {type(content).__name__}"
