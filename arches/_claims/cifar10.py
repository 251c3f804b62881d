"""What is claimed of ``arches.cifar10``'s nets: the figures of PyTorch tutorials."""

from __future__ import annotations

from arches._spec import Claim, Init, Spec, Stage

__all__ = ["SPECS"]

_SIZES = ((32, 32, 32), (32, 16, 16), (32, 16, 16), (32, 8, 8), (64, 8, 8), (64, 4, 4), (1024,), (64,), (10,))
_NAMES = ("conv1", "maxpool1", "conv2", "maxpool2", "conv3", "maxpool3", "flatten", "linear1", "linear2")
_NUM_PARAMS = Claim(145_578, why="the tutorial's figure")
_INIT = Init(why="torch.nn's defaults")

SPECS = (
    Spec(
        name="cifar10_net",
        family="cifar10",
        build="arches.cifar10",
        source="PyTorch tutorial net for CIFAR-10, attribute by attribute",
        input_shape=(3, 32, 32),
        smallest_eval=32,
        smallest_train=32,
        largest=39,
        num_params=_NUM_PARAMS,
        stages=tuple(Stage(name, size) for name, size in zip(_NAMES, _SIZES, strict=True)),
        output_of="linear2",
        same_as="cifar10_net_sequential",
        init=_INIT,
    ),
    Spec(
        name="cifar10_net_sequential",
        family="cifar10",
        build="arches.cifar10",
        source="PyTorch tutorial net for CIFAR-10, as one Sequential",
        input_shape=(3, 32, 32),
        smallest_eval=32,
        smallest_train=32,
        largest=39,
        num_params=_NUM_PARAMS,
        stages=tuple(Stage(str(index), size) for index, size in enumerate(_SIZES)),
        output_of="8",
        same_as="cifar10_net",
        init=_INIT,
    ),
)
