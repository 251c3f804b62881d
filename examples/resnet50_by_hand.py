"""A ResNet-50 written by hand, with names, order and style of its own. It is one all the same.

archproof check examples/resnet50_by_hand.py:build --against resnet50
"""

import torch
from torch import nn


class Normed(nn.Module):
    """A convolution, its norm, and an activation where one belongs."""

    def __init__(self, inputs, outputs, side, *, step=1, active=True):
        super().__init__()
        self.norm = nn.BatchNorm2d(outputs)  # defined before the convolution, and run after it
        self.filter = nn.Conv2d(inputs, outputs, (side, side), stride=step, padding=(side - 1) // 2, bias=False)
        self.active = active

    def forward(self, maps):
        maps = self.norm(self.filter(maps))
        return maps.clamp(min=0) if self.active else maps


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1, and the way around them."""

    def __init__(self, inputs, width, step):
        outputs = 4 * width
        super().__init__()
        self.residual = nn.Sequential(
            Normed(inputs, width, 1),
            Normed(width, width, 3, step=step),
            Normed(width, outputs, 1, active=False),
        )
        same = inputs == outputs and step == 1
        self.around = nn.Identity() if same else Normed(inputs, outputs, 1, step=step, active=False)

    def forward(self, maps):
        return torch.relu(self.around(maps) + self.residual(maps))


def stage(inputs, width, depth, step):
    blocks = [Bottleneck(inputs, width, step)]
    blocks += [Bottleneck(4 * width, width, 1) for _ in range(depth - 1)]
    return nn.Sequential(*blocks)


class HandMade(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.classes = nn.Linear(2048, classes)
        self.low = nn.Sequential(Normed(3, 64, 7, step=2), nn.MaxPool2d(3, 2, padding=1))
        self.high = nn.ModuleDict(
            {
                "56": stage(64, 64, 3, 1),
                "28": stage(256, 128, 4, 2),
                "14": stage(512, 256, 6, 2),
                "7": stage(1024, 512, 3, 2),
            }
        )

    def forward(self, images):
        maps = self.low(images)
        for blocks in self.high.values():
            maps = blocks(maps)
        return self.classes(maps.mean((-2, -1)))


def build(classes=1000):
    return HandMade(classes)
