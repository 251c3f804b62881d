"""What is claimed of ``arches.vgg``'s nets: Simonyan, Zisserman 2014, arXiv:1409.1556, Table 1."""

from __future__ import annotations

from arches._spec import Claim, Init, Spec, Stage, Waiver

__all__ = ["SPECS"]

_INIT = Init(
    conv="kaiming_normal_fan_out",
    conv_bias="zeros",
    linear="normal(0.01)",
    linear_bias="zeros",
    why="arXiv:1502.01852, section 2.2; torchvision's vgg",
)

_BIASES = Waiver("convolution_has_a_bias_exactly_when_no_norm_follows", why="torchvision's vgg_bn keeps every bias")


# The layer that ends each block, and the classifier's: Table 1's maxpool and FC rows at 224x224.
def _stages(pools: tuple[int, int, int, int, int]) -> tuple[Stage, ...]:
    sizes = ((64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7))
    blocks = (Stage(f"features.{pool}", size) for pool, size in zip(pools, sizes, strict=True))
    return (*blocks, Stage("classifier.0", (4096,)), Stage("classifier.3", (4096,)), Stage("classifier.6", (1000,)))


def _spec(
    name: str,
    num_params: int,
    giga_macs: float,
    pools: tuple[int, int, int, int, int],
    *waives: Waiver,
) -> Spec:
    return Spec(
        name=name,
        family="vgg",
        build="arches.vgg",
        source="Simonyan & Zisserman 2014, arXiv:1409.1556, Table 1",
        input_shape=(3, 224, 224),
        smallest_eval=32,
        smallest_train=32,
        num_params=Claim(num_params, why="torchvision's documentation of the net"),
        macs=Claim(giga_macs * 1e9, rel_tol=1e-4, why="torchvision's documentation of the net, rounded to 3 decimals"),
        stages=_stages(pools),
        torchvision=name,
        output_of="classifier.6",
        init=_INIT,
        waives=waives,
    )


# fmt: off
SPECS = (
    _spec("vgg11",    132_863_336, 7.609,  (2, 5, 10, 15, 20)),
    _spec("vgg13",    133_047_848, 11.308, (4, 9, 14, 19, 24)),
    _spec("vgg16",    138_357_544, 15.470, (4, 9, 16, 23, 30)),
    _spec("vgg19",    143_667_240, 19.632, (4, 9, 18, 27, 36)),
    _spec("vgg11_bn", 132_868_840, 7.609,  (3, 7, 14, 21, 28), _BIASES),
    _spec("vgg13_bn", 133_053_736, 11.308, (6, 13, 20, 27, 34), _BIASES),
    _spec("vgg16_bn", 138_365_992, 15.470, (6, 13, 23, 33, 43), _BIASES),
    _spec("vgg19_bn", 143_678_248, 19.632, (6, 13, 26, 39, 52), _BIASES),
)
# fmt: on
