"""What shows a rewrite rule: two spellings of one thing, and a near miss; and what several files of them share.

The cases themselves stand in ``tests/graph/rules``, a file for each file of rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from support.pairs import Forward, Net, conv
from torch import Tensor, nn

from properties.graph.rewriting.rule import AnyRule

__all__ = [
    "AT_12",
    "SEVERAL",
    "SQUARE",
    "Case",
    "Members",
    "OnADomain",
    "Rewrite",
    "Sizes",
    "Weighted",
    "both",
    "convs",
    "parameters",
    "rows",
]

Members = Callable[[], dict[str, Any]]  # makes layers, parameters and buffers, by name
Side = tuple[Forward, Members]


@dataclass(frozen=True)
class Sizes:
    """The images that a case's spellings take, of which the tests draw some.

    Args:
        batch: how many.
        height: in pixels.
        width: in pixels; None for images as wide as high.
    """

    batch: Sequence[int] = range(1, 4)
    height: Sequence[int] = range(5, 14)
    width: Sequence[int] | None = range(5, 14)


AT_12 = Sizes(height=(12,), width=(12,))  # where a spelling or a layer is made for one size
SQUARE = Sizes(width=None)
SEVERAL = Sizes(batch=(2, 3))  # a batch of one image has an axis less to be told apart


@dataclass(frozen=True)
class Rewrite:
    """Spellings of one function, and one that only looks alike.

    Args:
        rule: the rule that brings them together; None where reading the trace is enough.
        one: a spelling.
        other: another one.
        near: equal in neither numbers nor graph.
        members: makes the layers.
        what: which of the rule's cases.
        sizes: of the images that they take.
        mode: ``"eval"`` where they are one in that mode alone, in which gradients do not count.
    """

    rule: AnyRule | None
    one: Forward
    other: Forward
    near: Forward
    members: Members = lambda: convs()
    what: str = ""
    sizes: Sizes = Sizes()
    mode: Literal["eval"] | None = None
    tier = "A"

    def __str__(self) -> str:
        return _title("trace" if self.rule is None else self.rule.name, self.what)

    def nets(self) -> tuple[Net, Net, Net]:
        """The three of them, each with layers of its own."""
        return tuple(Net(run, **self.members()) for run in (self.one, self.other, self.near))  # type: ignore[return-value]


@dataclass(frozen=True)
class Weighted:
    """Two spellings with weights of their own, and a near miss.

    Args:
        rule: the rule that brings them together.
        one: a forward pass and its members.
        other: likewise.
        near: likewise; no weights make it the first.
        what: which of the rule's cases.
        sizes: of the images that they take.
        mode: ``"train"`` where the rule has something to do in that mode alone.
    """

    rule: AnyRule
    one: Side
    other: Side
    near: Side
    what: str = ""
    sizes: Sizes = Sizes()
    mode: Literal["train"] | None = None
    tier = "B"

    def __str__(self) -> str:
        return _title(self.rule.name, self.what)

    def nets(self) -> tuple[Net, Net, Net]:
        """The three of them, with weights of their own."""
        one, other, near = (Net(run, **members()) for run, members in (self.one, self.other, self.near))
        return one, other, near


@dataclass(frozen=True)
class OnADomain:
    """Two spellings that are one at 12x12 in train mode, and not in general.

    Args:
        rule: the rule that brings them together.
        one: a spelling.
        other: another one.
        near: another one that differs at 12x12 too.
        elsewhere: a size at which the two spellings differ, or None where the mode decides.
        words: what the condition must speak of.
        members: makes the layers.
        what: which of the rule's cases.
        sizes: of images at which they are one.
        mode: in which they are one; in eval mode as values, and not in their gradients.
    """

    rule: AnyRule
    one: Forward
    other: Forward
    near: Forward
    elsewhere: tuple[int, ...] | None
    words: str
    members: Members = lambda: convs()
    what: str = ""
    sizes: Sizes = AT_12
    mode: Literal["eval", "train"] = "train"
    tier = "C"

    def __str__(self) -> str:
        return _title(self.rule.name, self.what)

    def nets(self) -> tuple[Net, Net, Net]:
        """The three of them, each with layers of its own."""
        return tuple(Net(run, **self.members()) for run in (self.one, self.other, self.near))  # type: ignore[return-value]


Case = Rewrite | Weighted | OnADomain


def _title(name: str, what: str) -> str:
    return f"{name}{'-' * bool(what)}{what}".replace(" ", "-")


def convs() -> dict[str, nn.Module]:
    """Two convolutions."""
    return {"a": conv(), "b": conv()}


def parameters(*shapes: int | tuple[int, ...]) -> Members:
    """Members ``v`` and ``w``, or ``w`` alone, that are parameters of these sizes, besides two convolutions."""
    names = ("v", "w")[-len(shapes) :]
    return lambda: {
        **convs(),
        **{name: nn.Parameter(torch.zeros(shape)) for name, shape in zip(names, shapes, strict=True)},
    }


def both(run: Callable[[Tensor, Tensor], Tensor]) -> Forward:
    """A forward pass that is given the images of two convolutions."""
    return lambda n, x: run(n.a(x), n.b(x))


def rows(n: Net, x: Tensor) -> Tensor:
    """The image of a convolution with its channels last: a row for each pixel."""
    return n.a(x).permute(0, 2, 3, 1)
