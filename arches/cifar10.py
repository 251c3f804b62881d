"""The CIFAR-10 network of PyTorch tutorials: three 5x5 convolutions, three pools, two linear layers, no activation.

A teaching net with the sizes of the "quick" CIFAR-10 model (Krizhevsky's cuda-convnet). It is written twice, attribute
by attribute and as one ``Sequential``; both compute the same function of the same parameters, in the same order.

Deviations from the model it resembles:

- No activation anywhere, so between the max pools it is linear; the quick model has ReLU and average pools.
- Weights keep PyTorch's default initialisation.
"""

from __future__ import annotations

from torch import Tensor, nn

from arches._arguments import require_at_least_one

__all__ = ["Cifar10Net", "cifar10_net", "cifar10_net_sequential"]

# The tutorial's figure. Solving 32 = (32 - 5 + 2 * padding) / 1 + 1 for the padding gives 2.
# fmt: off
#         out  kernel padding pool
CONV1 =  (32,  5,     2,      2)
CONV2 =  (32,  5,     2,      2)
CONV3 =  (64,  5,     2,      2)
#         in           out
LINEAR1 = (64 * 4 * 4, 64)
# fmt: on


class Cifar10Net(nn.Module):
    """The net, attribute by attribute.

    Args:
        num_classes: number of logits.
        in_channels: channels of the image.

    Shape: ``(N, in_channels, H, W)`` with ``H`` and ``W`` from 32 to 39, to ``(N, num_classes)``.

    Raises:
        TypeError: if an argument is not an int.
        ValueError: if an argument is smaller than 1.
    """

    def __init__(self, *, num_classes: int = 10, in_channels: int = 3) -> None:
        super().__init__()
        require_at_least_one("num_classes", num_classes)
        require_at_least_one("in_channels", in_channels)
        self.conv1, self.maxpool1 = _conv_and_pool(in_channels, *CONV1)
        self.conv2, self.maxpool2 = _conv_and_pool(CONV1[0], *CONV2)
        self.conv3, self.maxpool3 = _conv_and_pool(CONV2[0], *CONV3)
        self.flatten = nn.Flatten()
        self.linear1 = nn.Linear(*LINEAR1)
        self.linear2 = nn.Linear(LINEAR1[1], num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        x = self.conv1(x)  # (N, 32, 32, 32)
        x = self.maxpool1(x)  # (N, 32, 16, 16)
        x = self.conv2(x)  # (N, 32, 16, 16)
        x = self.maxpool2(x)  # (N, 32, 8, 8)
        x = self.conv3(x)  # (N, 64, 8, 8)
        x = self.maxpool3(x)  # (N, 64, 4, 4)
        x = self.flatten(x)  # (N, 1024)
        x = self.linear1(x)  # (N, 64)
        x = self.linear2(x)  # (N, num_classes)
        return x


def _conv_and_pool(
    in_channels: int, out_channels: int, kernel: int, padding: int, pool: int
) -> tuple[nn.Conv2d, nn.MaxPool2d]:
    return nn.Conv2d(in_channels, out_channels, kernel, padding=padding), nn.MaxPool2d(pool)


def cifar10_net(*, num_classes: int = 10, in_channels: int = 3) -> Cifar10Net:
    """The net, attribute by attribute. Arguments, shapes and errors as ``Cifar10Net``."""
    return Cifar10Net(num_classes=num_classes, in_channels=in_channels)


def cifar10_net_sequential(*, num_classes: int = 10, in_channels: int = 3) -> nn.Sequential:
    """The net as one ``Sequential``. Arguments, shapes and errors as ``Cifar10Net``."""
    require_at_least_one("num_classes", num_classes)
    require_at_least_one("in_channels", in_channels)
    return nn.Sequential(
        *_conv_and_pool(in_channels, *CONV1),  # (N, 32, 32, 32), (N, 32, 16, 16)
        *_conv_and_pool(CONV1[0], *CONV2),  # (N, 32, 16, 16), (N, 32, 8, 8)
        *_conv_and_pool(CONV2[0], *CONV3),  # (N, 64, 8, 8), (N, 64, 4, 4)
        nn.Flatten(),  # (N, 1024)
        nn.Linear(*LINEAR1),  # (N, 64)
        nn.Linear(LINEAR1[1], num_classes),  # (N, num_classes)
    )
