"""What a dropout layer does to a tensor of ones."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from properties.runs.process import process_kept, seed_everything

__all__ = ["DROPOUTS", "Drawn", "drawn_by"]

_BY_CHANNEL = (nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)
DROPOUTS = (nn.Dropout, *_BY_CHANNEL)
_N, _CHANNELS = 128, 128


@dataclass(frozen=True)
class Drawn:
    """What was seen.

    Args:
        units: how many elements or channels were at stake.
        dropped: the share of them that became zero.
        scaled: whether all others became ``1 / (1 - p)``.
        silent: whether nothing changes in eval mode.
    """

    units: int
    dropped: float
    scaled: bool
    silent: bool


def drawn_by(module: nn.Module) -> Drawn:
    """Call the layer in both modes; its mode and the random numbers are afterwards as they were."""
    rate = float(module.p)  # type: ignore[arg-type]
    axes = next((i + 1 for i, kind in enumerate(_BY_CHANNEL) if isinstance(module, kind)), 0)
    training = module.training
    with process_kept(), torch.no_grad():
        seed_everything(17)
        try:
            module.train()
            result = module(torch.ones(_N, _CHANNELS, *[1] * axes))
            module.eval()
            silent = bool((module(torch.ones(_N, _CHANNELS, *[1] * axes)) == 1).all())
        finally:
            module.train(training)
    kept = result[result != 0]
    scaled = torch.allclose(kept, torch.full_like(kept, 1 / (1 - rate) if rate < 1 else 0.0))
    return Drawn(result.numel(), float((result == 0).double().mean()), scaled, silent)
