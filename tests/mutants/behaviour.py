"""Nets with one mistake in what they compute from one call to the next, or in what they leave behind."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from mutants.mutant import Mutant
from mutants.nets import cifar10, plain
from torch import Tensor, nn
from torch.nn import functional as F

from arches.cifar10 import Cifar10Net
from properties.themes import behaviour

__all__ = ["MUTANTS", "Small"]


class Small(nn.Module):
    """A convolution, a norm, a ReLU and a linear layer; what is wrong, if anything, is said by the subclass."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.bn = nn.BatchNorm2d(6)
        self.fc = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)`` for images ``(N, 3, H, W)``."""
        return self.fc(F.relu(self.bn(self.conv(x))).mean((2, 3)))


class DropsInEvalMode(Small):
    """The dropout is a function that was not told the mode."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        return F.dropout(super().forward(x))


class CountsItsCalls(Small):
    """Something is kept from one forward pass to the next."""

    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        self.calls += 1
        return super().forward(x) * self.calls


class ScalesTheFirstImage(Small):
    """``x[0]`` where ``x[:, 0]`` was meant: an image in place of a channel."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        x = x.clone()
        x[0] = x[0] * 0.458
        return super().forward(x)


class CentresTheBatch(Small):
    """The mean is taken over the images too."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        return super().forward(x - x.mean(0, keepdim=True))


class SqueezesAll(Small):
    """``squeeze()`` without an axis takes the batch's along."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``, or ``(4,)`` for one image."""
        return super().forward(x).squeeze()


class RectifiesTheImage(Small):
    """The first layer writes to its input, which is the image."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        return super().forward(F.relu(x, inplace=True))


class RectifiesTheImageInTraining(Small):
    """The same in train mode alone."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        return super().forward(F.relu(x, inplace=self.training))


class SilencesWarnings(Small):
    """A filter is added for the whole process."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        warnings.filterwarnings("ignore", message=f"call {id(x)}")
        return super().forward(x)


class SetsThreads(Small):
    """torch's number of threads is changed for the whole process."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        if not x.is_meta:
            torch.set_num_threads(torch.get_num_threads() % 2 + 1)
        return super().forward(x)


class SeedsWhenTraining(Small):
    """The random numbers of everybody start anew at each step."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        if self.training:
            torch.manual_seed(0)
        return F.dropout(super().forward(x), training=self.training)


class IgnoresEval(Small):
    """``eval`` was overridden and sets no layer's mode."""

    def eval(self) -> IgnoresEval:
        """Return the net as it is."""
        return self


class TrainsForGood(Small):
    """``train`` remembers what ``eval`` should undo."""

    scale = 1.0

    def train(self, mode: bool = True) -> TrainsForGood:
        """Set the mode."""
        self.scale = 2.0 if mode else self.scale
        super().train(mode)
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        return super().forward(x) * self.scale


class AlwaysHasTwoHeads(Cifar10Net):
    """A second head speaks, in eval mode too."""

    def forward(self, x: Tensor) -> Any:
        """Return the logits twice."""
        return super().forward(x), super().forward(x)


def _small(net: type[nn.Module] = Small) -> Any:
    return lambda: plain(net, 3, 8, 8)


def _mutant(caught_by: Any, net: type[nn.Module], mistake: str) -> Mutant:
    return Mutant(caught_by, _small(), _small(net), mistake)


MUTANTS = (
    _mutant(behaviour.bits_are_the_same_each_time, DropsInEvalMode, "functional dropout without the mode"),
    _mutant(behaviour.bits_are_the_same_each_time, CountsItsCalls, "state between forward passes"),
    _mutant(behaviour.permuted_batch_gives_permuted_outputs, ScalesTheFirstImage, "x[0] for x[:, 0]"),
    _mutant(behaviour.outputs_do_not_depend_on_the_rest_of_the_batch, CentresTheBatch, "mean over the batch"),
    _mutant(behaviour.outputs_do_not_depend_on_the_rest_of_the_batch, SqueezesAll, "squeeze without an axis"),
    _mutant(behaviour.image_is_left_untouched, RectifiesTheImage, "ReLU in place on the image"),
    _mutant(behaviour.image_is_left_untouched, RectifiesTheImageInTraining, "ReLU in place in train mode"),
    _mutant(behaviour.process_is_left_untouched, SilencesWarnings, "warnings filter added"),
    _mutant(behaviour.process_is_left_untouched, SetsThreads, "number of threads set"),
    _mutant(behaviour.process_is_left_untouched, SeedsWhenTraining, "seed set in train mode"),
    _mutant(behaviour.mode_is_what_was_asked_for, IgnoresEval, "eval overridden"),
    _mutant(behaviour.mode_is_what_was_asked_for, TrainsForGood, "train not undone"),
    Mutant(
        behaviour.auxiliary_outputs_are_the_documented_ones,
        cifar10(),
        cifar10(AlwaysHasTwoHeads),
        "second head",
    ),
)
