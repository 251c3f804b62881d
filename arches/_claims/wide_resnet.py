"""What is claimed of ``arches.wide_resnet``'s nets: Zagoruyko, Komodakis 2016, arXiv:1605.07146."""

from __future__ import annotations

from arches._claims.resnet import BOTTLENECK_STAGES, INIT
from arches._spec import Claim, Spec

__all__ = ["SPECS"]

_WHY = "torchvision's documentation of the net"
_WHY_MACS = f"{_WHY}, rounded to 3 decimals"

SPECS = (
    Spec(
        name="wide_resnet50_2",
        family="wide_resnet",
        build="arches.wide_resnet",
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
        build="arches.wide_resnet",
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
