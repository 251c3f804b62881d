"""What is claimed of ``arches.resnet_d2l``'s net: Dive into Deep Learning, section 8.6."""

from __future__ import annotations

from arches._spec import Claim, Init, Spec, Stage, Waiver

__all__ = ["SPECS"]

SPECS = (
    Spec(
        name="resnet18_d2l",
        family="resnet",
        build="arches.resnet_d2l",
        source="Dive into Deep Learning, section 8.6",
        input_shape=(1, 224, 224),
        smallest_eval=1,
        smallest_train=1,
        num_params=Claim(11_178_378, why="not published; the layout's rows added up by hand"),
        stages=(
            Stage("0", (64, 56, 56)),
            Stage("1", (64, 56, 56)),
            Stage("2", (128, 28, 28)),
            Stage("3", (256, 14, 14)),
            Stage("4", (512, 7, 7)),
            Stage("5", (512, 1, 1)),
            Stage("6", (512,)),
            Stage("7", (10,)),
        ),
        output_of="7",
        residual_blocks=8,
        init=Init(why="torch.nn's defaults, until the book's training loop overwrites them"),
        waives=(
            Waiver("projection_ends_in_a_norm", why="the book's projection is a convolution with bias and no norm"),
            Waiver("convolution_has_a_bias_exactly_when_no_norm_follows", why="the book keeps every bias"),
        ),
    ),
)
