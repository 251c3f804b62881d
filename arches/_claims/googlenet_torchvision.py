"""What is claimed of ``arches.googlenet_torchvision``'s net: torchvision's figures."""

from __future__ import annotations

from arches._claims.googlenet import STAGES
from arches._spec import Claim, Init, Spec

__all__ = ["SPECS"]

SPECS = (
    Spec(
        name="googlenet_torchvision",
        family="googlenet",
        build="arches.googlenet_torchvision",
        source="torchvision's googlenet, after Szegedy et al. 2014, arXiv:1409.4842, Table 1",
        input_shape=(3, 224, 224),
        smallest_eval=15,
        smallest_train=15,
        num_params=Claim(13_004_888, why="torchvision's net with both heads"),
        macs=Claim(1.498e9, rel_tol=4e-4, why="torchvision's documentation of the net, rounded to 3 decimals"),
        stages=STAGES,
        torchvision="googlenet",
        outputs_train=3,
        init=Init(
            conv="truncated_normal(0.01)",
            conv_bias=None,
            linear="truncated_normal(0.01)",
            why="torchvision's googlenet with init_weights=True",
        ),
    ),
)
