"""What is claimed of ``arches.resnext``'s nets: Xie et al. 2016, arXiv:1611.05431."""

from __future__ import annotations

from arches._claims.resnet import BOTTLENECK_STAGES, INIT
from arches._spec import Claim, Spec

__all__ = ["SPECS"]

_WHY = "torchvision's documentation of the net"
_WHY_MACS = f"{_WHY}, rounded to 3 decimals"

SPECS = (
    Spec(
        name="resnext50_32x4d",
        family="resnext",
        build="arches.resnext",
        source="Xie et al. 2016, arXiv:1611.05431, Table 1",
        input_shape=(3, 224, 224),
        smallest_eval=1,
        smallest_train=1,
        num_params=Claim(25_028_904, why=_WHY),
        macs=Claim(4.230e9, rel_tol=3e-4, why=_WHY_MACS),
        stages=BOTTLENECK_STAGES,
        torchvision="resnext50_32x4d",
        residual_blocks=16,
        init=INIT,
    ),
    Spec(
        name="resnext101_32x8d",
        family="resnext",
        build="arches.resnext",
        source="Mahajan et al. 2018, arXiv:1805.00932, section 2.2",
        input_shape=(3, 224, 224),
        smallest_eval=1,
        smallest_train=1,
        num_params=Claim(88_791_336, why=_WHY),
        macs=Claim(16.414e9, rel_tol=3e-4, why=_WHY_MACS),
        stages=BOTTLENECK_STAGES,
        torchvision="resnext101_32x8d",
        residual_blocks=33,
        init=INIT,
    ),
    Spec(
        name="resnext101_64x4d",
        family="resnext",
        build="arches.resnext",
        source="Xie et al. 2016, arXiv:1611.05431, Table 3",
        input_shape=(3, 224, 224),
        smallest_eval=1,
        smallest_train=1,
        num_params=Claim(83_455_272, why=_WHY),
        macs=Claim(15.460e9, rel_tol=3e-4, why=_WHY_MACS),
        stages=BOTTLENECK_STAGES,
        torchvision="resnext101_64x4d",
        residual_blocks=33,
        init=INIT,
    ),
)
