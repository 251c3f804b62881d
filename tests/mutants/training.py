"""Nets with one mistake in how they train."""

from __future__ import annotations

from typing import Any

import torch
from mutants.behaviour import Small
from mutants.mutant import Mutant
from mutants.nets import cifar10, plain
from torch import Tensor, nn
from torch.nn import functional as F

from arches.cifar10 import Cifar10Net
from properties.themes import training

__all__ = ["MUTANTS"]


class DetachesTheImage(Cifar10Net):
    """No gradient comes back to the image."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        return super().forward(x.detach())


class FirstLayerWithoutGradient(Cifar10Net):
    """The first convolution runs under ``no_grad``."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        self.conv1.requires_grad_(False)
        return super().forward(x)


class Frozen(Small):
    """The first convolution is frozen."""

    def __init__(self) -> None:
        super().__init__()
        self.conv.requires_grad_(False)


class ThawsWhenTrained(Frozen):
    """``train`` asks for every gradient again."""

    def train(self, mode: bool = True) -> ThawsWhenTrained:
        """Set the mode, and thaw."""
        super().train(mode)
        if mode:
            self.requires_grad_(True)
        return self


class NormsAlwaysTraining(nn.BatchNorm2d):
    """The batch's statistics are used and kept in either mode."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised map."""
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, True, self.momentum)


class NormsWithBiasedVariance(nn.BatchNorm2d):
    """The running variance forgets that its mean was estimated."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised map."""
        if self.training:
            var, mean = torch.var_mean(x.detach(), (0, 2, 3), correction=0)
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(var, self.momentum)
            self.num_batches_tracked.add_(1)
            return F.batch_norm(x, None, None, self.weight, self.bias, True)
        return super().forward(x)


class NormsWithMomentumReversed(nn.BatchNorm2d):
    """The momentum is the weight of the old value."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised map."""
        if self.training:
            self.num_batches_tracked.add_(1)
        arguments = self.running_mean, self.running_var, self.weight, self.bias, self.training
        return F.batch_norm(x, *arguments, 1 - self.momentum)


class Drops(Small):
    """Ends in a dropout layer."""

    def __init__(self, layer: type[nn.Dropout] = nn.Dropout) -> None:
        super().__init__()
        self.dropout = layer(0.3)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        return self.dropout(super().forward(x))


class KeepsAtItsRate(nn.Dropout):
    """The probability is that of being kept."""

    def forward(self, x: Tensor) -> Tensor:
        """Return what is kept."""
        return F.dropout(x, 1 - self.p, self.training) * (self.p / (1 - self.p) if self.training else 1)


class ForgetsToScale(nn.Dropout):
    """What is kept keeps its size."""

    def forward(self, x: Tensor) -> Tensor:
        """Return what is kept."""
        return super().forward(x) * (1 - self.p if self.training else 1)


class RestoresItsWeights(Small):
    """Every forward pass starts from the weights that the net was built with."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        if self.kept is None:
            self.kept = self.fc.weight.detach().clone()
        with torch.no_grad():
            self.fc.weight.copy_(self.kept)
        return super().forward(x)


class ScalesTheGradient(Small):
    """A hook multiplies the gradient on its way back."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(N, 4)``."""
        x = self.bn(self.conv(x))
        if x.requires_grad:
            x.register_hook(lambda gradient: 0.1 * gradient)
        return self.fc(F.relu(x).mean((2, 3)))


def _norm(layer: type[nn.BatchNorm2d]) -> Any:
    def build() -> nn.Module:
        net = Small()
        net.bn = layer(6)
        return net

    return lambda: plain(build, 3, 8, 8)


def _small(net: Any = Small) -> Any:
    return lambda: plain(net, 3, 8, 8)


_formula = training.running_statistics_follow_the_formula
_rate = training.dropout_drops_at_its_rate

MUTANTS = (
    Mutant(
        training.gradient_reaches_what_the_graph_connects,
        cifar10(),
        cifar10(DetachesTheImage),
        "image detached",
    ),
    Mutant(
        training.gradient_reaches_what_the_graph_connects,
        cifar10(),
        cifar10(FirstLayerWithoutGradient),
        "layer frozen by the forward pass",
    ),
    Mutant(training.frozen_parameters_get_no_gradient, _small(Frozen), _small(ThawsWhenTrained), "thawed by train()"),
    Mutant(
        training.running_statistics_stay_in_eval_mode, _norm(nn.BatchNorm2d), _norm(NormsAlwaysTraining), "always on"
    ),
    Mutant(_formula, _norm(nn.BatchNorm2d), _norm(NormsWithBiasedVariance), "biased variance"),
    Mutant(_formula, _norm(nn.BatchNorm2d), _norm(NormsWithMomentumReversed), "momentum reversed"),
    Mutant(_rate, _small(Drops), _small(lambda: Drops(KeepsAtItsRate)), "p of being kept"),
    Mutant(_rate, _small(Drops), _small(lambda: Drops(ForgetsToScale)), "kept units not scaled"),
    Mutant(
        training.step_changes_every_weight_that_has_a_gradient, _small(), _small(RestoresItsWeights), "weights restored"
    ),
    Mutant(training.gradient_is_the_derivative, _small(), _small(ScalesTheGradient), "gradient scaled by a hook"),
)
