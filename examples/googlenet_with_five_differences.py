"""A GoogLeNet as it might be found anywhere. It runs, it trains, and it differs in five ways from the published one.

archproof check examples/googlenet_with_five_differences.py:GoogLeNet --against googlenet
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


def unit(inputs, outputs, k, **options):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, k, bias=False, **options),
        nn.BatchNorm2d(outputs, eps=0.001),  # 1: the epsilon of TensorFlow
        nn.ReLU(),
    )


class Mixed(nn.Module):
    def __init__(self, inputs, one, three_in, three, five_in, five, pool):
        super().__init__()
        self.one = unit(inputs, one, 1)
        self.three = nn.Sequential(unit(inputs, three_in, 1), unit(three_in, three, 3, padding=1))
        self.five = nn.Sequential(unit(inputs, five_in, 1), unit(five_in, five, 3, padding=1))  # 2: a 3x3 kernel
        self.pool = unit(inputs, pool, 1)

    def forward(self, x):
        pooled = F.max_pool2d(x, 3, stride=1, padding=1)
        return torch.cat((self.one(x), self.three(x), self.five(x), self.pool(pooled)), dim=1)


class Head(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.squeeze = unit(inputs, 128, 1)
        self.hidden = nn.Linear(2048, 1024)
        self.drop = nn.Dropout(0.7)
        self.out = nn.Linear(1024, classes)

    def forward(self, x):
        x = self.squeeze(F.avg_pool2d(x, 5, 3))
        return self.out(self.drop(self.hidden(x.flatten(1))))  # 3: no activation after the hidden layer


class GoogLeNet(nn.Module):
    def __init__(self, classes=1000):
        super().__init__()
        self.stem = nn.Sequential(
            unit(3, 64, 7, stride=2, padding=3),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            unit(64, 64, 1),
            unit(64, 192, 3, padding=1),
            nn.MaxPool2d(3, 2, ceil_mode=True),
        )
        self.a3 = Mixed(192, 64, 96, 128, 16, 32, 32)
        self.b3 = Mixed(256, 128, 128, 192, 32, 96, 64)
        self.a4 = Mixed(480, 192, 96, 208, 16, 48, 64)
        self.b4 = Mixed(512, 160, 112, 224, 24, 64, 64)
        self.c4 = Mixed(512, 128, 128, 256, 24, 64, 64)
        self.d4 = Mixed(512, 112, 144, 288, 32, 64, 64)
        self.e4 = Mixed(528, 256, 160, 320, 32, 128, 128)
        self.a5 = Mixed(832, 256, 160, 320, 32, 128, 128)
        self.b5 = Mixed(832, 384, 192, 384, 48, 128, 128)
        self.early, self.late = Head(512, classes), Head(528, classes)
        self.drop = nn.Dropout(0.2)  # 4: the paper drops 40 %
        self.out = nn.Linear(1024, classes)

    def forward(self, x):
        x = self.b3(self.a3(self.stem(x)))
        x = self.a4(F.max_pool2d(x, 3, 2, ceil_mode=True))
        early = self.early(x)
        x = self.d4(self.c4(self.b4(x)))
        late = self.late(x)
        x = self.e4(x)
        x = self.b5(self.a5(F.max_pool2d(x, 2, 2, ceil_mode=True)))  # 5: a 2x2 window
        return self.out(self.drop(x.mean((2, 3)))), early, late
