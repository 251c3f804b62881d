"""What is claimed of ``arches.resnet``'s nets: He et al. 2015, arXiv:1512.03385, Table 1."""

from __future__ import annotations

from arches._spec import Claim, Init, Spec, Stage

__all__ = ["BASIC_STAGES", "BOTTLENECK_STAGES", "INIT", "SPECS"]

# He et al. 2015, Table 1, column "output size", for an image of 224x224.
BASIC_STAGES = (
    Stage("conv1", (64, 112, 112)),
    Stage("maxpool", (64, 56, 56)),
    Stage("layer1", (64, 56, 56)),
    Stage("layer2", (128, 28, 28)),
    Stage("layer3", (256, 14, 14)),
    Stage("layer4", (512, 7, 7)),
    Stage("avgpool", (512, 1, 1)),
    Stage("fc", (1000,)),
)
BOTTLENECK_STAGES = (
    Stage("conv1", (64, 112, 112)),
    Stage("maxpool", (64, 56, 56)),
    Stage("layer1", (256, 56, 56)),
    Stage("layer2", (512, 28, 28)),
    Stage("layer3", (1024, 14, 14)),
    Stage("layer4", (2048, 7, 7)),
    Stage("avgpool", (2048, 1, 1)),
    Stage("fc", (1000,)),
)
INIT = Init(conv="kaiming_normal_fan_out", conv_bias=None, why="arXiv:1502.01852, section 2.2; torchvision's resnet")


def _spec(
    name: str,
    num_params: int,
    macs: Claim,
    stages: tuple[Stage, ...],
    residual_blocks: int,
    torchvision: str | None,
) -> Spec:
    return Spec(
        name=name,
        family="resnet",
        build="arches.resnet",
        source="He et al. 2015, arXiv:1512.03385, Table 1",
        input_shape=(3, 224, 224),
        smallest_eval=1,
        smallest_train=1,
        num_params=Claim(num_params, why="torchvision's documentation of the net; v1 moves a stride and no parameter"),
        macs=macs,
        stages=stages,
        torchvision=torchvision,
        residual_blocks=residual_blocks,
        init=INIT,
    )


def _giga(macs: float, why: str = "torchvision's documentation of the net, rounded to 3 decimals") -> Claim:
    return Claim(macs * 1e9, rel_tol=3e-4, why=why)


_V1 = "the paper's Table 1 prints 3.8, 7.6 and 11.3 x10^9; counted to 3 decimals"

# fmt: off
SPECS = (
    _spec("resnet18",     11_689_512, _giga(1.814),       BASIC_STAGES,      8,  "resnet18"),
    _spec("resnet34",     21_797_672, _giga(3.664),       BASIC_STAGES,      16, "resnet34"),
    _spec("resnet50",     25_557_032, _giga(4.089),       BOTTLENECK_STAGES, 16, "resnet50"),
    _spec("resnet101",    44_549_160, _giga(7.801),       BOTTLENECK_STAGES, 33, "resnet101"),
    _spec("resnet152",    60_192_808, _giga(11.514),      BOTTLENECK_STAGES, 50, "resnet152"),
    _spec("resnet50_v1",  25_557_032, _giga(3.858, _V1),  BOTTLENECK_STAGES, 16, None),
    _spec("resnet101_v1", 44_549_160, _giga(7.570, _V1),  BOTTLENECK_STAGES, 33, None),
    _spec("resnet152_v1", 60_192_808, _giga(11.282, _V1), BOTTLENECK_STAGES, 50, None),
)
# fmt: on
