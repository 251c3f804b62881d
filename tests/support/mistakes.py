"""Pairs of nets that differ in one thing, with the modes in which they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from support.cases import Members, convs
from support.pairs import Forward, Net, conv
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["MISTAKES", "Mistake"]


def _with(**members: Callable[[], Any]) -> Members:
    return lambda: {**convs(), **{name: make() for name, make in members.items()}}


@dataclass(frozen=True)
class Mistake:
    """Two nets with one difference.

    Args:
        name: the difference in a few words.
        right: one forward pass.
        wrong: the other.
        mode: where they differ.
        members: makes the layers of both.
        instead: makes the layers of the wrong one, where those are the mistake.
    """

    name: str
    right: Forward
    wrong: Forward
    mode: str = "both"
    members: Members = field(default=convs)
    instead: Members | None = None

    def nets(self) -> tuple[Net, Net]:
        """The right one and the wrong one."""
        return Net(self.right, **self.members()), Net(self.wrong, **(self.instead or self.members)())

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def layer(name: str, right: Callable[[], Any], wrong: Callable[[], Any], mode: str = "both") -> Mistake:
    """The same forward pass over a layer made differently."""

    def run(n, x):
        return n.m(n.a(x))

    return Mistake(name, run, run, mode, _with(m=right), _with(m=wrong))


class Reversed(torch.autograd.Function):
    """The identity, whose gradient has the other sign."""

    @staticmethod
    def forward(ctx, x):
        """Return ``x``."""
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        """Return the gradient's negative."""
        return -gradient


def _writes_channel(channel):
    def run(n, x):
        y = n.a(x)
        y[:, channel].mul_(2)
        return y

    return run


def _writes_without_gradient(n, x):
    y = n.a(x)
    with torch.no_grad():
        y.mul_(2)
    return y.relu()


def _writes_with_gradient(n, x):
    y = n.a(x)
    y.mul_(2)
    return y.relu()


def _detached_after_a_write(n, x):
    y = n.a(x)
    y[:, 0].mul_(2)
    with torch.no_grad():
        z = y.relu()
    return z + y


def _attached_after_a_write(n, x):
    y = n.a(x)
    y[:, 0].mul_(2)
    return y.relu() + y


def _casts(n, x):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = n.a(x)
    return y.float()


def _infers(n, x):
    with torch.inference_mode():
        return n.a(x)


def _tied() -> dict[str, Any]:
    members = convs()
    members["b"].weight = members["a"].weight
    return members


def _frozen() -> dict[str, Any]:
    members = convs()
    members["a"].weight.requires_grad_(False)
    return members


def _filter(value: float) -> Callable[[], Tensor]:
    return lambda: nn.Buffer(torch.full((8, 1, 3, 3), value))


def _a(n, x):
    return n.a(x)


GRADIENTS = (
    Mistake("detached", _a, lambda n, x: n.a(x).detach()),
    Mistake("cloned without gradient", lambda n, x: n.a(x) + n.a(x).clone(), lambda n, x: n.a(x) + no_grad(n, x)),
    Mistake("written without gradient", _writes_with_gradient, _writes_without_gradient),
    Mistake("no_grad beside a write through a view", _attached_after_a_write, _detached_after_a_write),
    Mistake("inference_mode", _a, _infers),
    Mistake("a backward of its own", _a, lambda n, x: Reversed.apply(n.a(x)), "train"),
    Mistake("frozen weight", _a, _a, "both", convs, _frozen),
)


def no_grad(n, x):
    """The convolution, copied where autograd does not see it."""
    y = n.a(x)
    with torch.no_grad():
        return y.clone()


MEMORY = (
    Mistake("write through a view", _a, _writes_channel(0)),
    Mistake("write to the other channel", _writes_channel(0), _writes_channel(1)),
    Mistake("in-place ReLU changes the skip", lambda n, x: skip(F.relu, n, x), lambda n, x: skip(torch.relu_, n, x)),
    Mistake("in-place ReLU on a flattened skip", lambda n, x: flat(F.relu, n, x), lambda n, x: flat(torch.relu_, n, x)),
    Mistake("changes its input", lambda n, x: n.a(x.relu()), lambda n, x: n.a(x.relu_())),
    Mistake(
        "buffer changed before it is read",
        lambda n, x: (n.a(x) + n.t, n.t.add_(1.0))[0],
        lambda n, x: (n.t.add_(1.0), n.a(x) + n.t)[1],
        members=_with(t=lambda: nn.Buffer(torch.zeros(1))),
    ),
)


def skip(activation, n, x):
    """An activated branch beside the same tensor."""
    y = n.a(x)
    return n.b(activation(y)) + y


def flat(activation, n, x):
    """The same with a view of it."""
    y = n.a(x)
    return activation(y.flatten(1)) + y.flatten(1) * 3


CONTENT = (
    Mistake(
        "filter in a buffer",
        lambda n, x: F.conv2d(n.a(x), n.t, groups=8),
        lambda n, x: F.conv2d(n.a(x), n.t, groups=8),
        members=_with(t=_filter(1.0)),
        instead=_with(t=_filter(2.0)),
    ),
    Mistake("table in the forward", lambda n, x: n.a(x)[:, [2, 1, 0]], lambda n, x: n.a(x)[:, [0, 1, 2]]),
    Mistake("type of a constant", lambda n, x: n.a(x) + torch.zeros(1), lambda n, x: n.a(x) + torch.zeros(1).double()),
    Mistake("tied weight", lambda n, x: n.a(x) + n.b(x.relu()), lambda n, x: n.a(x) + n.b(x.relu()), instead=_tied),
    Mistake("one layer twice", lambda n, x: n.a(x) + n.b(x.relu()), lambda n, x: n.a(x) + n.a(x.relu())),
    Mistake("computes in bfloat16", _a, _casts),
)

OPERANDS = (
    Mistake("subtracted the other way", lambda n, x: n.a(x) - n.b(x).relu(), lambda n, x: n.b(x).relu() - n.a(x)),
    Mistake(
        "scaled the other operand",
        lambda n, x: torch.add(n.a(x), x.sigmoid(), alpha=2),
        lambda n, x: torch.add(x.sigmoid(), n.a(x), alpha=2),
    ),
    Mistake(
        "bounded on the other side", lambda n, x: torch.clamp(n.a(x), min=x), lambda n, x: torch.clamp(n.a(x), max=x)
    ),
    Mistake(
        "halves exchanged",
        lambda n, x: (lambda u, v: u * v.sigmoid())(*n.a(x).chunk(2, 1)),
        lambda n, x: (lambda u, v: v * u.sigmoid())(*n.a(x).chunk(2, 1)),
    ),
    Mistake(
        "concatenated the other way", lambda n, x: torch.cat([x, n.a(x)], 1), lambda n, x: torch.cat([n.a(x), x], 1)
    ),
    Mistake("outputs exchanged", lambda n, x: (n.a(x), x.relu()), lambda n, x: (x.relu(), n.a(x))),
    Mistake(
        "indices for values",
        lambda n, x: F.max_pool2d(n.a(x), 2, return_indices=True)[0] * 1.0,
        lambda n, x: F.max_pool2d(n.a(x), 2, return_indices=True)[1] * 1.0,
    ),
)

AXES = (
    Mistake("softmax over the wrong axis", lambda n, x: n.a(x).softmax(1), lambda n, x: n.a(x).softmax(-1)),
    Mistake("mean over the wrong axes", lambda n, x: n.a(x).mean((2, 3)), lambda n, x: n.a(x).mean((1, 2))),
    Mistake("batch mixed", lambda n, x: n.a(x).view(2, -1), lambda n, x: n.a(x).view(-1, 2)),
    Mistake(
        "reshaped for transposed",
        lambda n, x: n.a(x).flatten(2).transpose(1, 2),
        lambda n, x: n.a(x).flatten(2).reshape(2, 144, 8),
    ),
    Mistake("padded on the other side", lambda n, x: F.pad(n.a(x), (1, 0)), lambda n, x: F.pad(n.a(x), (0, 1))),
    Mistake("equation", lambda n, x: torch.einsum("nchw->nhc", n.a(x)), lambda n, x: torch.einsum("nchw->nwc", n.a(x))),
)

LAYERS = (
    layer("eps", lambda: nn.BatchNorm2d(8), lambda: nn.BatchNorm2d(8, eps=1e-3)),
    layer("momentum", lambda: nn.BatchNorm2d(8), lambda: nn.BatchNorm2d(8, momentum=0.2), "train"),
    layer("affine", lambda: nn.BatchNorm2d(8), lambda: nn.BatchNorm2d(8, affine=False)),
    layer("statistics", lambda: nn.BatchNorm2d(8), lambda: nn.BatchNorm2d(8, track_running_stats=False)),
    layer("bias", conv, lambda: conv(bias=False)),
    layer("padding mode", conv, lambda: conv(padding_mode="circular")),
    layer("dilation", conv, lambda: conv(padding=2, dilation=2)),
    layer("groups", conv, lambda: conv(groups=2)),
    layer("same with an even kernel", lambda: nn.Conv2d(8, 8, 4, padding="same"), lambda: conv(size=4)),
    layer("dropout rate", lambda: nn.Dropout(0.1), lambda: nn.Dropout(0.2), "train"),
    layer("dropout of channels", lambda: nn.Dropout(0.1), lambda: nn.Dropout2d(0.1), "train"),
    layer("border counted", lambda: nn.AvgPool2d(3, 2, 1), lambda: nn.AvgPool2d(3, 2, 1, count_include_pad=False)),
    layer("divisor", lambda: nn.AvgPool2d(2), lambda: nn.AvgPool2d(2, divisor_override=3)),
    layer("ceil mode", lambda: nn.MaxPool2d(3, 2), lambda: nn.MaxPool2d(3, 2, ceil_mode=True)),
    layer("GELU", lambda: nn.GELU(), lambda: nn.GELU("tanh")),
    layer("slope", lambda: nn.LeakyReLU(0.1), lambda: nn.LeakyReLU(0.2)),
    layer("groups of a norm", lambda: nn.GroupNorm(2, 8), lambda: nn.GroupNorm(4, 8)),
    layer(
        "corners", lambda: nn.UpsamplingBilinear2d(scale_factor=2), lambda: nn.Upsample(scale_factor=2, mode="bilinear")
    ),
    layer("weight normalised", conv, lambda: nn.utils.parametrizations.weight_norm(conv())),
)

MISTAKES = (*GRADIENTS, *MEMORY, *CONTENT, *OPERANDS, *AXES, *LAYERS)
