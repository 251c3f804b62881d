"""What is claimed of ``arches.alexnet``'s net: Krizhevsky 2014, arXiv:1404.5997, in torchvision's form."""

from __future__ import annotations

from arches._spec import Claim, Init, Spec, Stage

__all__ = ["SPECS"]

SPECS = (
    Spec(
        name="alexnet",
        family="alexnet",
        build="arches.alexnet",
        source="Krizhevsky 2014, arXiv:1404.5997, section 5",
        input_shape=(3, 224, 224),
        smallest_eval=63,
        smallest_train=63,
        num_params=Claim(61_100_840, why="torchvision's documentation of the net"),
        macs=Claim(0.714e9, rel_tol=7e-4, why="torchvision's documentation of the net, rounded to 3 decimals"),
        stages=(
            Stage("features.0", (64, 55, 55)),
            Stage("features.2", (64, 27, 27)),
            Stage("features.3", (192, 27, 27)),
            Stage("features.5", (192, 13, 13)),
            Stage("features.6", (384, 13, 13)),
            Stage("features.8", (256, 13, 13)),
            Stage("features.10", (256, 13, 13)),
            Stage("features.12", (256, 6, 6)),
            Stage("classifier.1", (4096,)),
            Stage("classifier.4", (4096,)),
            Stage("classifier.6", (1000,)),
        ),
        torchvision="alexnet",
        output_of="classifier.6",
        init=Init(why="torch.nn's defaults, as torchvision's alexnet"),
    ),
)
