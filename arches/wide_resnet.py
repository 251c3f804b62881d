"""Wide ResNet-50-2 and 101-2: Zagoruyko, Komodakis 2016, "Wide Residual Networks", arXiv:1605.07146.

Section 3.5 and Table 8 give "WRN-50-2-bottleneck": ResNet-50 whose inner 3x3 convolutions are twice as wide.

Deviations from the paper:

- The stride is on the 3x3 convolution, as in ``arches.resnet``'s v1.5 form and torchvision's.
- No dropout inside a block (https://github.com/pytorch/vision/issues/2196): the paper's ImageNet nets have none.
- ``wide_resnet101_2`` is torchvision's; the paper stops at 50 layers with bottlenecks.
- Initialisation is ``arches.resnet``'s.
"""

from __future__ import annotations

from arches._blocks import Bottleneck
from arches._spec import Claim, Spec
from arches.resnet import BOTTLENECK_STAGES, DEPTHS, INIT, ResNet

__all__ = ["SPECS", "wide_resnet50_2", "wide_resnet101_2"]

# Zagoruyko & Komodakis 2016, section 3.5: the widening factor k = 2 multiplies the 64 channels of the inner 3x3.
WIDTH = 2 * 64


def wide_resnet50_2(*, num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """Wide ResNet-50-2."""
    return ResNet(Bottleneck, DEPTHS[50], num_classes=num_classes, in_channels=in_channels, width_per_group=WIDTH)


def wide_resnet101_2(*, num_classes: int = 1000, in_channels: int = 3) -> ResNet:
    """Wide ResNet-101-2."""
    return ResNet(Bottleneck, DEPTHS[101], num_classes=num_classes, in_channels=in_channels, width_per_group=WIDTH)


_WHY = "torchvision's documentation of the net"
_WHY_MACS = f"{_WHY}, rounded to 3 decimals"

SPECS = (
    Spec(
        name="wide_resnet50_2",
        family="wide_resnet",
        build=wide_resnet50_2,
        source="Zagoruyko & Komodakis 2016, arXiv:1605.07146, Table 8",
        input_shape=(3, 224, 224),
        smallest_eval=1,
        smallest_train=1,
        num_params=Claim(68_883_240, why=_WHY),
        macs=Claim(11.398e9, rel_tol=3e-4, why=_WHY_MACS),
        stages=BOTTLENECK_STAGES,
        torchvision="wide_resnet50_2",
        residual_blocks=16,
        init=INIT,
    ),
    Spec(
        name="wide_resnet101_2",
        family="wide_resnet",
        build=wide_resnet101_2,
        source="torchvision's wide_resnet101_2, after Zagoruyko & Komodakis 2016, arXiv:1605.07146",
        input_shape=(3, 224, 224),
        smallest_eval=1,
        smallest_train=1,
        num_params=Claim(126_886_696, why=_WHY),
        macs=Claim(22.753e9, rel_tol=3e-4, why=_WHY_MACS),
        stages=BOTTLENECK_STAGES,
        torchvision="wide_resnet101_2",
        residual_blocks=33,
        init=INIT,
    ),
)
