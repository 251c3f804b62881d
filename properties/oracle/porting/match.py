"""One forward pass of two nets on the same drawn images: what a person would do to see that a port went well."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from properties.errors import CandidateError, last_line
from properties.graph.torch.outputs import flatten_output
from properties.oracle.parties.local import LocalParty
from properties.report.words import by
from properties.targets.build import build_net, strangers_code

__all__ = ["Match", "match", "own_net"]

BATCH = 2
_LIMITS = {torch.float64: 1e-9, torch.float32: 1e-4}  # of the largest output; rounding alone stays far below


@dataclass(frozen=True)
class Match:
    """How far the outputs of two nets lie apart.

    Args:
        difference: the largest one, relative to the reference's largest output.
        limit: what rounding can explain.
        dtype: in which both computed.
        shape: of the drawn batch.
        finite: whether all outputs are finite numbers; where they are not, both nets have the same ones.
    """

    difference: float
    limit: float
    dtype: str
    shape: tuple[int, ...]
    finite: bool = True

    @property
    def holds(self) -> bool:
        """Whether they agree."""
        return self.difference <= self.limit

    def __str__(self) -> str:
        size = by(self.shape[1:])
        far = "bit for bit" if self.difference == 0 else f"to {self.difference:.1g} of the largest output"
        rest = "" if self.finite else "; some outputs are not finite, in both"
        return f"outputs on {self.shape[0]} drawn inputs of {size} agree {far}, in {self.dtype}{rest}"


def own_net(subject: LocalParty) -> nn.Module:
    """A net with real tensors that may be changed: newly built, or a copy of one that belongs to somebody.

    Raises:
        CandidateError: if it cannot be built or copied.
    """
    net = build_net(subject.build, subject.name, real=True)
    if net is not subject.net:
        return net
    try:
        with strangers_code():
            return copy.deepcopy(net)
    except Exception as error:
        raise CandidateError(f"{subject.name} cannot be copied: {last_line(error)}; give what builds it") from error


def match(
    reference: tuple[nn.Module, Mapping[str, Tensor], str],
    candidate: tuple[nn.Module, Mapping[str, Tensor], str],
    shape: tuple[int, ...],
) -> Match:
    """Load both nets, run both once in eval mode, and compare every output.

    Args:
        reference: the net, its state_dict and its name. The net is changed.
        candidate: likewise.
        shape: one input without its batch axis.

    Raises:
        CandidateError: if one of them does not load its state_dict or raises.
    """
    try:
        return _agreement(reference, candidate, (BATCH, *shape), torch.float64)
    except CandidateError:  # a net may insist on its own type
        return _agreement(reference, candidate, (BATCH, *shape), torch.float32)


def _agreement(
    reference: tuple[nn.Module, Mapping[str, Tensor], str],
    candidate: tuple[nn.Module, Mapping[str, Tensor], str],
    size: tuple[int, ...],
    dtype: torch.dtype,
) -> Match:
    images = torch.randn(size, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)
    ours, theirs = _outputs(*reference, images), _outputs(*candidate, images)
    name = str(dtype).removeprefix("torch.")
    if [tensor.shape for tensor in ours] != [tensor.shape for tensor in theirs]:
        return Match(float("inf"), _LIMITS[dtype], name, size)
    finite = all(bool(tensor.isfinite().all()) for tensor in (*ours, *theirs))
    pairs = [(_finite(a), _finite(b)) for a, b in zip(ours, theirs, strict=True)]
    same = all(torch.equal(a.isfinite(), b.isfinite()) for a, b in zip(ours, theirs, strict=True))
    largest = max((float(a.abs().max()) for a, _ in pairs if a.numel()), default=0.0)
    apart = max((float((a - b).abs().max()) for a, b in pairs if a.numel()), default=0.0)
    difference = (apart / largest if largest else apart) if same else float("inf")
    return Match(difference, _LIMITS[dtype], name, size, finite)


def _outputs(net: nn.Module, tensors: Mapping[str, Tensor], name: str, images: Tensor) -> list[Tensor]:
    try:
        with strangers_code(), torch.no_grad():
            net.to(images.dtype).eval().load_state_dict(tensors, strict=True)
            torch.manual_seed(0)
            return [tensor for _, tensor in flatten_output(net(images.clone()))]
    except (Exception, SystemExit) as error:
        raise CandidateError(f"{name} raised after the move: {last_line(error)}") from error


def _finite(tensor: Tensor) -> Tensor:
    return tensor.double().nan_to_num(0.0, 0.0, 0.0)
