"""What is published about each net, as data: no torch, and nothing of the files that build the nets.

One file for each paper, of the name of the file that builds its nets. A builder reads no claim and a claim no builder,
so that neither can make the other true.
"""

from arches._claims.alexnet import SPECS as _ALEXNET
from arches._claims.cifar10 import SPECS as _CIFAR10
from arches._claims.googlenet import SPECS as _GOOGLENET
from arches._claims.googlenet_torchvision import SPECS as _GOOGLENET_TORCHVISION
from arches._claims.resnet import SPECS as _RESNET
from arches._claims.resnet_cifar import SPECS as _RESNET_CIFAR
from arches._claims.resnet_d2l import SPECS as _RESNET_D2L
from arches._claims.resnext import SPECS as _RESNEXT
from arches._claims.vgg import SPECS as _VGG
from arches._claims.wide_resnet import SPECS as _WIDE_RESNET
from arches._spec import Spec

__all__ = ["SPECS"]

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
