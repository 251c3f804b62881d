"""A ResNet-50 as people write it: own names, own order, plain PyTorch. Its stride is in the wrong place.

archproof check examples/resnet50_stride_on_1x1.py:resnet50 --against resnet50
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


def conv_bn(cin, cout, k, s=1):
    return nn.Sequential(nn.Conv2d(cin, cout, k, s, k // 2, bias=False), nn.BatchNorm2d(cout))


class Unit(nn.Module):
    def __init__(self, cin, mid, s):
        super().__init__()
        cout = 4 * mid
        self.skip = conv_bn(cin, cout, 1, s) if s != 1 or cin != cout else None
        self.squeeze = conv_bn(cin, mid, 1, s)  # torchvision has the stride on the 3x3 below
        self.spatial = conv_bn(mid, mid, 3)
        self.expand = conv_bn(mid, cout, 1)

    def forward(self, x):
        y = F.relu(self.squeeze(x))
        y = F.relu(self.spatial(y))
        y = self.expand(y)
        return F.relu(y + (x if self.skip is None else self.skip(x)))


class ResNet50(nn.Module):
    def __init__(self, classes=1000):
        super().__init__()
        self.stem = conv_bn(3, 64, 7, 2)
        units, cin = [], 64
        for mid, repeats, s in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
            for i in range(repeats):
                units.append(Unit(cin, mid, s if i == 0 else 1))
                cin = 4 * mid
        self.body = nn.ModuleList(units)
        self.classify = nn.Linear(cin, classes)

    def forward(self, image):
        x = F.max_pool2d(F.relu(self.stem(image)), 3, 2, 1)
        for unit in self.body:
            x = unit(x)
        return self.classify(torch.mean(x, dim=(2, 3)))


def resnet50(num_classes=1000):
    return ResNet50(num_classes)
