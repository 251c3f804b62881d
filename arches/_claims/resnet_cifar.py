"""What is claimed of ``arches.resnet_cifar``'s net: a tutorial's stem on arXiv:1512.03385, Table 1."""

from __future__ import annotations

from arches._claims.resnet import INIT
from arches._spec import Claim, Spec, Stage

__all__ = ["SPECS"]

SPECS = (
    Spec(
        name="resnet18_cifar",
        family="resnet",
        build="arches.resnet_cifar",
        source="tutorials' ResNet-18 with a 3x3 stem, after He et al. 2015, arXiv:1512.03385, Table 1",
        input_shape=(3, 32, 32),
        smallest_eval=1,
        smallest_train=1,
        num_params=Claim(11_173_962, why="https://github.com/kuangliu/pytorch-cifar, whose stem has the same weights"),
        stages=(
            Stage("conv1", (64, 32, 32)),
            Stage("maxpool", (64, 16, 16)),
            Stage("layer1", (64, 16, 16)),
            Stage("layer2", (128, 8, 8)),
            Stage("layer3", (256, 4, 4)),
            Stage("layer4", (512, 2, 2)),
            Stage("avgpool", (512, 1, 1)),
            Stage("fc", (10,)),
        ),
        residual_blocks=8,
        init=INIT,
    ),
)
