"""Two nets for CIFAR-10: the tutorial's, and one that differs on purpose."""

from itertools import pairwise

import torch.nn as nn
import torch.nn.functional as F


class PlainNet(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        widths = [3, 32, 32, 64]
        self.convs = nn.ModuleList(nn.Conv2d(i, o, 5, padding="same") for i, o in pairwise(widths))
        self.hidden = nn.Linear(64 * 4 * 4, 64)
        self.classify = nn.Linear(64, classes)

    def forward(self, image):
        for conv in self.convs:
            image = self.activate(F.max_pool2d(conv(image), 2))
        return self.classify(self.hidden(image.reshape(image.shape[0], -1)))

    def activate(self, x):
        return x


class ReluNet(PlainNet):
    def activate(self, x):
        return F.relu(x)


def plain_net(classes=10):
    return PlainNet(classes)


def relu_net(classes=10):
    return ReluNet(classes)
