"""Running statistics after a forward pass in train mode, by the formula."""

from __future__ import annotations

import torch
from torch import Tensor

from properties.runs.train_run import TrainRun

__all__ = ["followed", "misses"]

_SLACK = 1e-5  # of the size of what is averaged: rounding in float32


def followed(run: TrainRun) -> dict[str, tuple[Tensor, Tensor]]:
    """The value and slack of each statistic of a norm that was called as a layer.

    ``running = (1 - momentum) * running + momentum * of the batch``, or the mean over all batches without a momentum:
    only then the counter of batches is read by anything, and has to be right.
    """
    expected = {key: value.double() for key, value in run.before.items()}
    slack = {key: torch.zeros_like(value, dtype=torch.float64) for key, value in run.before.items()}
    called = {
        f"{call.path}.{role}".lstrip(".")
        for call in run.calls
        for role in (_ROLES if call.momentum is None else _ROLES[1:])
    }
    for call in run.calls:
        if not call.moves:
            continue
        counter, mean, var = (f"{call.path}.{role}".lstrip(".") for role in _ROLES)
        if counter in expected:
            expected[counter] = expected[counter] + 1
        weight = call.momentum if call.momentum is not None else float(1 / expected[counter])
        for key, value in ((mean, call.mean), (var, call.var)):
            expected[key] = (1 - weight) * expected[key] + weight * value
        size = call.mean**2 + call.var
        slack[mean], slack[var] = slack[mean] + _SLACK * size.sqrt(), slack[var] + _SLACK * size
    slack = {key: value + _SLACK * expected[key].abs() for key, value in slack.items()}
    return {key: (expected[key], slack[key]) for key in expected if key in called}


_ROLES = ("num_batches_tracked", "running_mean", "running_var")


def misses(actual: Tensor, expected: Tensor, slack: Tensor) -> str:
    """By how much a statistic lies outside its slack, ``"1.2e-02"``; nothing if it lies inside."""
    gap = (actual.double() - expected).abs()
    return f"{float(gap.max()):.1e}" if bool((gap > slack).any()) else ""
