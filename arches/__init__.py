"""What the papers say, as code: reference architectures whose claims ``properties`` checks.

Every name in ``SPECS`` is a builder here; ``in_channels`` and ``num_classes`` are keywords everywhere.
"""

from arches._spec import Claim as Claim
from arches._spec import Family as Family
from arches._spec import Init as Init
from arches._spec import Spec as Spec
from arches._spec import Stage as Stage
from arches._spec import Waiver as Waiver
from arches.alexnet import SPECS as _ALEXNET
from arches.alexnet import alexnet as alexnet
from arches.cifar10 import SPECS as _CIFAR10
from arches.cifar10 import cifar10_net as cifar10_net
from arches.cifar10 import cifar10_net_sequential as cifar10_net_sequential
from arches.googlenet import SPECS as _GOOGLENET
from arches.googlenet import googlenet as googlenet
from arches.googlenet_torchvision import SPECS as _GOOGLENET_TORCHVISION
from arches.googlenet_torchvision import googlenet_torchvision as googlenet_torchvision
from arches.resnet import FAMILIES as _RESNET_FAMILIES
from arches.resnet import SPECS as _RESNET
from arches.resnet import resnet18 as resnet18
from arches.resnet import resnet34 as resnet34
from arches.resnet import resnet50 as resnet50
from arches.resnet import resnet50_v1 as resnet50_v1
from arches.resnet import resnet101 as resnet101
from arches.resnet import resnet101_v1 as resnet101_v1
from arches.resnet import resnet152 as resnet152
from arches.resnet import resnet152_v1 as resnet152_v1
from arches.resnet_cifar import SPECS as _RESNET_CIFAR
from arches.resnet_cifar import resnet18_cifar as resnet18_cifar
from arches.resnet_d2l import SPECS as _RESNET_D2L
from arches.resnet_d2l import resnet18_d2l as resnet18_d2l
from arches.resnext import SPECS as _RESNEXT
from arches.resnext import resnext50_32x4d as resnext50_32x4d
from arches.resnext import resnext101_32x8d as resnext101_32x8d
from arches.resnext import resnext101_64x4d as resnext101_64x4d
from arches.vgg import FAMILIES as _VGG_FAMILIES
from arches.vgg import SPECS as _VGG
from arches.vgg import vgg11 as vgg11
from arches.vgg import vgg11_bn as vgg11_bn
from arches.vgg import vgg13 as vgg13
from arches.vgg import vgg13_bn as vgg13_bn
from arches.vgg import vgg16 as vgg16
from arches.vgg import vgg16_bn as vgg16_bn
from arches.vgg import vgg19 as vgg19
from arches.vgg import vgg19_bn as vgg19_bn
from arches.wide_resnet import SPECS as _WIDE_RESNET
from arches.wide_resnet import wide_resnet50_2 as wide_resnet50_2
from arches.wide_resnet import wide_resnet101_2 as wide_resnet101_2

SPECS: tuple[Spec, ...] = (
    *_RESNET,
    *_RESNEXT,
    *_WIDE_RESNET,
    *_RESNET_D2L,
    *_RESNET_CIFAR,
    *_GOOGLENET,
    *_GOOGLENET_TORCHVISION,
    *_CIFAR10,
    *_ALEXNET,
    *_VGG,
)

FAMILIES: tuple[Family, ...] = (*_RESNET_FAMILIES, *_VGG_FAMILIES)
