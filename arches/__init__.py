"""What the papers say, as code: reference architectures whose claims ``properties`` checks.

Every name in ``SPECS`` is a builder here; ``in_channels`` and ``num_classes`` are keywords everywhere. Claims are data
and always there; the first builder that is asked for imports torch.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from arches._claims import SPECS as SPECS
from arches._spec import Claim as Claim
from arches._spec import Family as Family
from arches._spec import Init as Init
from arches._spec import Spec as Spec
from arches._spec import Stage as Stage
from arches._spec import Waiver as Waiver

if TYPE_CHECKING:
    from arches.alexnet import alexnet as alexnet
    from arches.cifar10 import cifar10_net as cifar10_net
    from arches.cifar10 import cifar10_net_sequential as cifar10_net_sequential
    from arches.googlenet import googlenet as googlenet
    from arches.googlenet_torchvision import googlenet_torchvision as googlenet_torchvision
    from arches.resnet import resnet18 as resnet18
    from arches.resnet import resnet34 as resnet34
    from arches.resnet import resnet50 as resnet50
    from arches.resnet import resnet50_v1 as resnet50_v1
    from arches.resnet import resnet101 as resnet101
    from arches.resnet import resnet101_v1 as resnet101_v1
    from arches.resnet import resnet152 as resnet152
    from arches.resnet import resnet152_v1 as resnet152_v1
    from arches.resnet_cifar import resnet18_cifar as resnet18_cifar
    from arches.resnet_d2l import resnet18_d2l as resnet18_d2l
    from arches.resnext import resnext50_32x4d as resnext50_32x4d
    from arches.resnext import resnext101_32x8d as resnext101_32x8d
    from arches.resnext import resnext101_64x4d as resnext101_64x4d
    from arches.vgg import vgg11 as vgg11
    from arches.vgg import vgg11_bn as vgg11_bn
    from arches.vgg import vgg13 as vgg13
    from arches.vgg import vgg13_bn as vgg13_bn
    from arches.vgg import vgg16 as vgg16
    from arches.vgg import vgg16_bn as vgg16_bn
    from arches.vgg import vgg19 as vgg19
    from arches.vgg import vgg19_bn as vgg19_bn
    from arches.wide_resnet import wide_resnet50_2 as wide_resnet50_2
    from arches.wide_resnet import wide_resnet101_2 as wide_resnet101_2

    FAMILIES: tuple[Family, ...]

_BUILDERS = {spec.name: spec for spec in SPECS}
_WITH_FAMILIES = ("resnet", "vgg")  # papers whose table builds nets without a name, too

__all__ = ["FAMILIES", "SPECS", "Claim", "Family", "Init", "Spec", "Stage", "Waiver", *_BUILDERS]


def __getattr__(name: str) -> Any:
    if name in _BUILDERS:
        return _BUILDERS[name].build
    if name == "FAMILIES":
        papers = [importlib.import_module(f"arches.{paper}") for paper in _WITH_FAMILIES]
        return tuple(family for paper in papers for family in paper.FAMILIES)
    raise AttributeError(f"module 'arches' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """Some papers are called what their net is called: importing the file does not put it in the builder's place."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and name in _BUILDERS):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
