"""Two nets, captured, transplanted and ready to be compared by numbers: what the tests of the numbers share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from properties.graph.alignment.align import align
from properties.graph.ir import OpGraph
from properties.graph.rules.canonical import canonicalise
from properties.oracle.parties.local import LocalParty
from properties.oracle.transplant.transplant import Transplant, transplant
from properties.oracle.trials.images import Images, images

__all__ = ["Detached", "Matched", "Residual", "hooked", "matched"]


class Residual(nn.Module):
    """A small residual net with dropout, each of whose settings can be gotten wrong."""

    def __init__(
        self,
        *,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        rate: float = 0.5,
        stride: int = 2,
        inplace: bool = False,
        bias: bool = False,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=stride, padding=1, bias=bias)
        self.norm = nn.BatchNorm2d(8, eps=eps, momentum=momentum)
        self.second = nn.Conv2d(8, 8, 3, padding=1)
        self.drop = nn.Dropout(rate)
        self.fc = nn.Linear(8, 10)
        self.inplace = inplace

    def forward(self, x: torch.Tensor) -> Any:
        """Logits."""
        y = self.norm(self.conv(x))
        z = F.relu(y, inplace=self.inplace)
        z = F.relu(self.second(z) + y)
        return self.fc(self.drop(z.mean((2, 3))))


@dataclass(frozen=True)
class Matched:
    """Two nets, with the same weights and images for both."""

    reference: LocalParty
    candidate: LocalParty
    transplant: Transplant
    images: Images
    pairs: dict[int, int]

    @property
    def sides(self) -> tuple[LocalParty, LocalParty, Transplant]:
        """What a comparison is called with."""
        return self.reference, self.candidate, self.transplant


@cache
def matched(
    reference: Callable[[], nn.Module] | str,
    candidate: Callable[[], nn.Module] | nn.Module | str,
    shape: tuple[int, ...] = (3, 16, 16),
    *,
    seed: int = 0,
) -> Matched:
    """Capture both in both modes, align them, and draw weights and images; once for the same builders."""
    sides = _side(reference, shape, True), _side(candidate, shape, False)
    graphs = list(zip(sides[0][1], sides[1][1], strict=True))
    found = [align(*pair) for pair in graphs]
    ours, theirs = sides[0][0], sides[1][0]
    moved = transplant(graphs, (ours.params, theirs.params), found=found, seed=seed)
    drawn = images(graphs[0][0], seed=seed, accepts=lambda size, mode: ours.accepts(size, mode) is True)
    return Matched(ours, theirs, moved, drawn, dict(found[0].pairs))


@cache
def _side(
    net: Callable[[], nn.Module] | nn.Module | str, shape: tuple[int, ...], is_reference: bool
) -> tuple[LocalParty, tuple[OpGraph, ...]]:
    side = LocalParty.of(net, "net", is_reference=is_reference)
    return side, tuple(canonicalise(side.capture(mode, (2, *shape))).graph for mode in ("eval", "train"))


class Detached(Residual):
    """No gradient flows through the branch."""

    def forward(self, x):
        """Logits."""
        y = self.norm(self.conv(x))
        return self.fc(self.drop(F.relu(self.second(F.relu(y).detach()) + y).mean((2, 3))))


def hooked() -> Residual:
    """A hook scales a result."""
    net = Residual()
    net.second.register_forward_hook(lambda module, inputs, output: output * 1.01)
    return net
