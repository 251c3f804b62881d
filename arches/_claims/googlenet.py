"""What is claimed of ``arches.googlenet``'s net: Szegedy et al. 2014, arXiv:1409.4842, Table 1."""

from __future__ import annotations

from arches._spec import Claim, Init, Spec, Stage

__all__ = ["SPECS", "STAGES"]

# Szegedy et al. 2014, Table 1, column "output size".
STAGES = (
    Stage("conv1", (64, 112, 112)),
    Stage("maxpool1", (64, 56, 56)),
    Stage("conv3", (192, 56, 56)),
    Stage("maxpool2", (192, 28, 28)),
    Stage("inception3a", (256, 28, 28)),
    Stage("inception3b", (480, 28, 28)),
    Stage("maxpool3", (480, 14, 14)),
    Stage("inception4a", (512, 14, 14)),
    Stage("inception4b", (512, 14, 14)),
    Stage("inception4c", (512, 14, 14)),
    Stage("inception4d", (528, 14, 14)),
    Stage("inception4e", (832, 14, 14)),
    Stage("maxpool4", (832, 7, 7)),
    Stage("inception5a", (832, 7, 7)),
    Stage("inception5b", (1024, 7, 7)),
    Stage("avgpool", (1024, 1, 1)),
    Stage("dropout", (1024,)),
    Stage("fc", (1000,)),
)

SPECS = (
    Spec(
        name="googlenet",
        family="googlenet",
        build="arches.googlenet",
        source="Szegedy et al. 2014, arXiv:1409.4842, Table 1, with batch norm",
        input_shape=(3, 224, 224),
        smallest_eval=223,
        smallest_train=223,
        largest=270,
        num_params=Claim(13_385_816, why="the published torchinfo table of this net"),
        macs=Claim(31.82e9 / 20, rel_tol=3e-4, why="the same table, for a batch of 20; it counts batch norm as well"),
        stages=STAGES,
        outputs_eval=3,
        outputs_train=3,
        init=Init(why="torch.nn's defaults; the paper gives none"),
    ),
)
