"""The CIFAR-10 net of PyTorch tutorials, written as functions of its weights.

archproof check examples/cifar_net.py:CifarNet --against cifar10_net
"""

import torch.nn.functional as F
from torch import nn


class CifarNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.filters = nn.ModuleDict(
            {"small": nn.Conv2d(32, 64, 5), "large": nn.Conv2d(3, 32, 5), "middle": nn.Conv2d(32, 32, 5)}
        )
        self.answer = nn.Linear(64, num_classes)
        self.hidden = nn.Linear(1024, 64)

    def forward(self, images):
        maps = images
        for name in ("large", "middle", "small"):
            filters = self.filters[name]
            maps = F.conv2d(F.pad(maps, (2, 2, 2, 2)), filters.weight, filters.bias)
            maps = F.max_pool2d(maps, kernel_size=2)
        return self.answer(self.hidden(maps.flatten(start_dim=1)))
